"""The first file system of a Linux kernel: a gzipped cpio archive in the `newc` format, written by hand."""

import gzip
import stat
from dataclasses import dataclass
from pathlib import Path

TRAILER = "TRAILER!!!"


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder (without content) or a file of the archive; all may be executed."""

    name: str
    content: bytes | None = None


def write_initramfs(entries: list[Entry], path: Path) -> None:
    """Writes the entries in their order; a folder comes before what is in it."""
    parts = [_packed(number, entry) for number, entry in enumerate([*entries, Entry(TRAILER, b"")], start=1)]
    path.write_bytes(gzip.compress(b"".join(parts), compresslevel=1))


def _packed(number: int, entry: Entry) -> bytes:
    """A header of thirteen hexadecimal numbers, the name, the content; both end at a multiple of four bytes."""
    content = entry.content or b""
    mode = 0o755 | (stat.S_IFDIR if entry.content is None else stat.S_IFREG)
    name = entry.name.encode() + b"\0"
    numbers = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
    header = b"070701" + b"".join(b"%08x" % field for field in numbers)
    return _padded(header + name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
