"""The blob store in a directory: `ROOT/ab/abcdef…`, each file written beside its place, fsynced and renamed into it.

A blob is therefore there whole or not at all, whatever is killed. Files left over by a killed writer stand in
`ROOT/incoming` under names of their own; they are harmless and removed at the next start after a day.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, Final

from schemas.blobs.port import BlobMismatch, BlobMissing
from schemas.ids import SHA256_HEX, Sha256

INCOMING: Final = "incoming"
LEFTOVER_S: Final = 24 * 3600


class DirectoryBlobStore:
    """Implements `BlobStore`; safe for any number of processes and threads on one file system."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / INCOMING
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._remove_leftovers()

    def put(self, content: bytes) -> Sha256:
        """See the port."""
        name = Sha256(hashlib.sha256(content).hexdigest())
        if not self.has(name):
            self.put_stream(name, [content], max_bytes=len(content))
        return name

    def put_stream(self, expected: Sha256, chunks: Iterable[bytes], *, max_bytes: int) -> int:
        """See the port."""
        place = self._place(expected)
        with NamedTemporaryFile(dir=self._incoming, delete=False) as file:
            try:
                size = _write(file, expected, chunks, max_bytes)
                place.parent.mkdir(exist_ok=True)
                os.replace(file.name, place)
            except BaseException:
                os.unlink(file.name)
                raise
        _sync_directory(place.parent)
        _sync_directory(self._root)
        return size

    def get(self, name: Sha256) -> bytes:
        """See the port."""
        with self.open(name) as file:
            content = file.read()
        found = hashlib.sha256(content).hexdigest()
        if found != name:
            raise BlobMismatch(f"the blob {name} holds {len(content)} bytes whose sha256 is {found}")
        return content

    def open(self, name: Sha256) -> BinaryIO:
        """See the port."""
        try:
            return self._place(name).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing(f"there is no blob {name}") from error

    def has(self, name: Sha256) -> bool:
        """See the port."""
        return SHA256_HEX.fullmatch(name) is not None and self._place(name).is_file()

    def _place(self, name: Sha256) -> Path:
        if not SHA256_HEX.fullmatch(name):
            raise BlobMissing(f"a blob's name is 64 hex digits, not {name[:80]!r}")
        return self._root / name[:2] / name

    def _remove_leftovers(self) -> None:
        for file in self._incoming.iterdir():
            try:
                if file.stat().st_mtime < time.time() - LEFTOVER_S:
                    file.unlink()
            except FileNotFoundError:
                continue  # another process starts too and was faster


def _write(file: IO[bytes], expected: Sha256, chunks: Iterable[bytes], max_bytes: int) -> int:
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise BlobMismatch(f"the blob {expected} is longer than {max_bytes} bytes")
        digest.update(chunk)
        file.write(chunk)
    if digest.hexdigest() != expected:
        raise BlobMismatch(f"{size} bytes sent as {expected} have the sha256 {digest.hexdigest()}")
    os.fchmod(file.fileno(), 0o644)
    file.flush()
    os.fsync(file.fileno())
    return size


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
