"""Reads the archive that a compiling box sends. Whoever wrote it may be hostile, so nothing of it touches a disk."""

import io
import tarfile
from pathlib import PurePosixPath
from typing import Final

from executor.sandbox.port import COLLECTED_MAX_FILES, BoxFile

NAME_MAX_BYTES: Final = 1_024
PART_MAX_BYTES: Final = 255
"""What a file system takes (NAME_MAX), and a path that stays possible below any folder of ours."""


class BadArchive(Exception):
    """What arrived is no archive of plain files within the limits."""


def read_archive(archive: bytes) -> tuple[BoxFile, ...]:
    """The regular files of a tar archive; links, devices, sparse files and paths that lead out are refused."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as opened:
            return tuple(_file(opened, member) for member in opened if not member.isdir())
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise BadArchive(str(error)) from error


def _file(opened: tarfile.TarFile, member: tarfile.TarInfo) -> BoxFile:
    path = PurePosixPath(member.name)
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise BadArchive(f"{member.name} is not a regular file")
    if path.is_absolute() or ".." in path.parts or "\0" in member.name:
        raise BadArchive(f"{member.name} leads out of the folder")
    if len(member.name.encode()) > NAME_MAX_BYTES or any(len(part.encode()) > PART_MAX_BYTES for part in path.parts):
        raise BadArchive("a name is too long")
    if len(opened.getmembers()) > COLLECTED_MAX_FILES:
        raise BadArchive(f"more than {COLLECTED_MAX_FILES} files")
    content = opened.extractfile(member)
    if content is None:
        raise BadArchive(f"{member.name} has no content")
    return BoxFile(name=str(path), content=content.read(), executable=bool(member.mode & 0o100))
