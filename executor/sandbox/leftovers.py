"""What an earlier process of this executor left behind by a kill: found by its label, removed before work begins."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from executor.sandbox.cgroup import Accounting
from executor.sandbox.engine import Engine

OWNER_LENGTH: Final = 12


class AlreadyRunning(Exception):
    """Another process is this executor; its containers must not be swept away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How much was removed."""

    containers: int
    groups: int
    folders: int


def owner_name(executor_id: str, work: Path) -> str:
    """What containers and groups are labelled with: differs between executors, also between two of the same id."""
    return sha256(f"{executor_id} {work.resolve()}".encode()).hexdigest()[:OWNER_LENGTH]


@contextmanager
def sole_owner(work: Path, owner: str) -> Iterator[Path]:
    """Holds the executor's own work folder for this process; `AlreadyRunning` where another one does."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / f"{owner}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"another executor of the same id works in {work}") from error
        yield work / owner


def sweep(engine: Engine, accounting: Accounting, owner: str, folder: Path) -> Swept:
    """Removes containers, then their groups, then work folders."""
    containers = engine.owned(owner)
    for container in containers:
        engine.remove(container)
    groups = accounting.sweep()
    folders = len(list(folder.iterdir())) if folder.exists() else 0
    shutil.rmtree(folder, ignore_errors=True)
    return Swept(containers=len(containers), groups=groups, folders=folders)
