"""A folder of caches that stays within a bound: where there is too much, the oldest files go. Anyone may share it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

KEPT_SHARE: Final = 0.8
"""How much of the bound a sweep leaves, so that the next one is not due at once."""

BLOCK_BYTES: Final = 4096
"""A small file takes no less of a disk."""


def sweep(root: Path, max_bytes: int) -> None:
    """Removes the oldest files below `root` until what is left is well within the bound."""
    files = sorted(_files(root))
    total = sum(size for _, size, _ in files)
    if total <= max_bytes:
        return
    for _, size, path in files:
        if total <= max_bytes * KEPT_SHARE:
            break
        Path(path).unlink(missing_ok=True)
        total -= size


def on_disk(size_bytes: int) -> int:
    """What a file of that size takes: whole blocks."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES


def _files(folder: Path | str) -> Iterator[tuple[int, int, str]]:
    """Age, size and path of every file; others may be removing them."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield found.st_mtime_ns, on_disk(found.st_size), entry.path
