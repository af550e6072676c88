"""The folder on the host from which a box's files are bound, read-only, into containers. Only we write in it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from executor.sandbox.port import BoxFile


@contextmanager
def folder_of(files: Sequence[BoxFile], path: Path) -> Iterator[Path]:
    """Writes the files into the new folder `path`, readable by every user, and removes it afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _make(path)
    try:
        for file in files:
            _write(file, path)
        yield path
    finally:
        shutil.rmtree(path)


def _make(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)  # whatever our umask says: the program is another user


def _write(file: BoxFile, folder: Path) -> None:
    name = PurePosixPath(file.name)
    if name.is_absolute() or ".." in name.parts or not name.parts:
        raise ValueError(f"no name for a file in a box: {file.name!r}")
    for inner in reversed(name.parents[:-1]):
        if not (folder / inner).exists():
            _make(folder / inner)
    path = folder / name
    path.write_bytes(file.content)
    path.chmod(0o555 if file.executable else 0o444)
