"""Reading, writing and removing what stands under /sys/fs/cgroup; what fails is an `AccountingFault`."""

from functools import partial
from pathlib import Path
from typing import Final

from executor.sandbox.errors import AccountingFault
from executor.sandbox.waiting import until

ROOT: Final = Path("/sys/fs/cgroup")
FAMILY: Final = "judgestream"
"""The group above all groups of ours."""

PRECEDENCE: Final = 4
"""A run's share of a core that it has to share, over that of any one process or group of the host: what is measured
should be interrupted seldom, and everybody else should still get on."""

REMOVAL_PATIENCE_S: Final = 2.0
"""A group is busy for a moment after its last process has died."""


def make_group(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AccountingFault(f"cannot make {folder}: {error.strerror}") from error


def prefer(file: Path, usual: int) -> None:
    """Gives what runs below this file's group precedence where cores are short; `usual` is what others have."""
    if file.exists():
        write_to(file, str(usual * PRECEDENCE))


def remove_groups(folders: list[Path]) -> None:
    for folder in folders:
        for inner in sorted(folder.glob("**/"), reverse=True):
            if not until(partial(_removed, inner), patience_s=REMOVAL_PATIENCE_S):
                raise AccountingFault(f"{inner} cannot be removed")


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def write_to(path: Path, text: str) -> None:
    try:
        path.write_text(text)
    except OSError as error:
        raise AccountingFault(f"cannot write {path}: {error.strerror}") from error


def number_in(path: Path) -> int:
    try:
        return int(path.read_text())
    except OSError as error:
        raise AccountingFault(f"cannot read {path}: {error.strerror}") from error


def keyed_number_in(path: Path, key: str) -> int:
    try:
        fields = dict(line.split() for line in path.read_text().splitlines())
    except OSError as error:
        raise AccountingFault(f"cannot read {path}: {error.strerror}") from error
    return int(fields.get(key, 0))
