"""What stands on the machine because of one owner's sandboxes, seen from outside: the kernel's and Docker's own lists.

A state is a count of descriptions without ids (a recycled container is still "a container"), so that what is more in
a later state than in an earlier one was left behind in between.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from executor.sandbox.engine import Engine
from executor.sandbox.waiting import until
from tests.hostile.sysv import objects_here, objects_of
from tests.machine import SLOWNESS

PATIENCE_S: Final = 5.0 + 0.5 * SLOWNESS
"""The kernel and Docker take things away a moment after the last process has gone."""

CALM_S: Final = 0.4 * SLOWNESS
"""A state that has not changed for so long is taken for the last one."""

GROUPS: Final = Path("/sys/fs/cgroup")
PROCESSES: Final = Path("/proc")
SHARED_MEMORY: Final = Path("/dev/shm")

MEMORY_STEP_BYTES: Final = 4 * 1024 * 1024
TMPFS_STEP_BYTES: Final = 64 * 1024
STATUS_LINES: Final = 10
LOG_LINES: Final = 100
"""The kernel's own rate limit lets some lines of a crash loop pass."""

_IDS: Final = re.compile(r"[0-9a-f]{12,}|\d+")

State = Counter[str]


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a sandbox."""

    pid: int
    name: str
    user: int
    zombie: bool

    @property
    def root(self) -> Path:
        """Its own view of the file system."""
        return PROCESSES / str(self.pid) / "root"

    def namespace(self, kind: str) -> str:
        """Which namespace of that kind it is in; empty where it is gone."""
        try:
            return os.readlink(PROCESSES / str(self.pid) / "ns" / kind)
        except OSError:
            return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Looks for one owner; `users` are the ids that its sandboxes' programs have, and nobody else."""

    engine: Engine
    owner: str
    work: Path
    users: range

    def state(self) -> State:
        """All that is there now."""
        processes = list(self.processes())
        groups = list(self._groups())
        found: list[str] = [f"container {state}" for state in self._containers()]
        found += [f"{'zombie' if process.zombie else 'process'} {process.name}" for process in processes]
        found += [f"group {_IDS.sub('*', str(group.relative_to(GROUPS)))}" for group in groups]
        found += [f"file {_IDS.sub('*', path)}" for path in self._files()]
        found += [f"mount {_IDS.sub('*', line)}" for line in self._mounts(processes)]
        found += [f"ipc {line}" for line in self._ipc(processes)]
        found += [f"keys {line}" for line in self._keys()]
        state = Counter(found)
        state["4 MiB of memory"] = sum(map(_memory_bytes, groups)) // MEMORY_STEP_BYTES
        state["64 KiB of tmpfs"] = self._tmpfs_bytes(processes) // TMPFS_STEP_BYTES
        return state

    def settled(self) -> State:
        """The state once it does not change any more: a slot may still be making itself ready for its next run."""
        last, since = self.state(), time.monotonic()

        def is_settled() -> bool:
            nonlocal last, since
            state = self.state()
            if state != last:
                last, since = state, time.monotonic()
            return time.monotonic() - since > CALM_S

        until(is_settled, patience_s=PATIENCE_S)
        return last

    def left_since(self, before: State) -> list[str]:
        """What is more than before, once nothing more goes away by itself."""
        after = before

        def as_before() -> bool:
            nonlocal after
            after = self.state()
            return not after - before

        until(as_before, patience_s=PATIENCE_S)
        return sorted(f"{count} x {what}" for what, count in (after - before).items())

    def processes(self) -> Iterator[Process]:
        """Whoever is in a group of the owner's, or is one of the users."""
        owner = self.owner.encode()
        for pid in filter(str.isdigit, os.listdir(PROCESSES)):
            with suppress(OSError):
                fields = _status(pid)
                user = int(fields["Uid"].split()[0])
                if user in self.users or owner in _content(f"{PROCESSES}/{pid}/cgroup"):
                    yield Process(int(pid), fields["Name"], user, fields["State"].startswith("Z"))

    def ancestors(self, process: Process) -> list[int]:
        """Its parent, and so on, up to process 1 of its container."""
        inside, line = {other.pid for other in self.processes()}, [_parent(process.pid)]
        while (above := _parent(line[-1])) in inside:
            line.append(above)
        return line

    def _containers(self) -> list[str]:
        return ["of the owner"] * len(self.engine.owned(self.owner))

    def _groups(self) -> Iterator[Path]:
        for folder, inner, _ in os.walk(GROUPS):
            if self.owner in folder:
                yield Path(folder)
            elif folder.count("/") > 6:  # nobody's group is that deep above ours
                inner.clear()

    def _files(self) -> Iterator[str]:
        if self.work.exists():
            yield from (str(path.relative_to(self.work)) for path in self.work.rglob("*"))
        for folder in (SHARED_MEMORY, Path("/tmp"), Path("/dev/mqueue")):
            for path in folder.iterdir() if folder.is_dir() else ():
                with suppress(OSError):
                    if path.lstat().st_uid in self.users:
                        yield str(path)

    def _mounts(self, processes: list[Process]) -> Iterator[str]:
        """Mounts of the sandboxes' own namespaces, and in the others those that lead to our work folder."""
        for process in _one_for_each(processes, "mnt"):
            with suppress(OSError):
                yield from (_mount(line) for line in _lines(PROCESSES / str(process.pid) / "mounts"))
        for pid in ("self", *_pids_of("dockerd")):
            with suppress(OSError):
                lines = _lines(PROCESSES / pid / "mounts")
                yield from (_mount(line) for line in lines if str(self.work) in line or self.owner in line)

    def _ipc(self, processes: list[Process]) -> Iterator[str]:
        for process in _one_for_each(processes, "ipc"):
            if process.namespace("ipc") == os.readlink("/proc/self/ns/ipc"):
                continue
            with suppress(OSError):
                yield from (f"{table} in the container" for table, _ in objects_of(process.pid))
        yield from (f"{table} of the host" for table, user in objects_here() if user in self.users)

    def _keys(self) -> Iterator[str]:
        with suppress(OSError):
            for line in _lines(Path("/proc/key-users")):
                if int(line.split(":")[0]) in self.users:
                    yield line.split()[1]

    def _tmpfs_bytes(self, processes: list[Process]) -> int:
        used = 0
        for process in _one_for_each(processes, "mnt"):
            with suppress(OSError):
                for line in _lines(PROCESSES / str(process.pid) / "mounts"):
                    _, place, kind, *_ = line.split()
                    if kind == "tmpfs" and not place.endswith("/box"):  # whose files are ours
                        about = os.statvfs(process.root / place.lstrip("/"))
                        used += (about.f_blocks - about.f_bfree) * about.f_frsize
        return used


class KernelLog:
    """How many lines the kernel has written since `mark`; 0 for ever where it cannot be read."""

    def __init__(self) -> None:
        self._log = -1
        with suppress(OSError):
            self._log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self._log, 0, os.SEEK_END)

    def new_lines(self) -> int:
        """The lines since the last call."""
        lines = 0
        with suppress(OSError):
            while self._log != -1 and os.read(self._log, 8192):
                lines += 1
        return lines

    def close(self) -> None:
        """Lets go of it."""
        if self._log != -1:
            os.close(self._log)


def _memory_bytes(group: Path) -> int:
    """Memory that no reclaim gives back: of the processes, and of their tmpfs and shared memory."""
    with suppress(OSError, ValueError):
        told = dict(line.split() for line in _lines(group / "memory.stat"))
        keys = ("rss", "shmem") if "rss" in told else ("anon", "shmem")
        own = sum(int(told.get(key, 0)) for key in keys)
        return own if "rss" in told or not any(group.glob("*/memory.stat")) else 0
    return 0


def _status(pid: int | str) -> dict[str, str]:
    """The beginning of what the kernel tells of a process: name, state, parent and users are there."""
    head = _content(f"{PROCESSES}/{pid}/status").decode(errors="replace").split("\n", STATUS_LINES)[:STATUS_LINES]
    return dict(line.split(":\t", 1) for line in head if ":\t" in line)


def _parent(pid: int) -> int:
    return int(_status(pid)["PPid"])


def _one_for_each(processes: list[Process], kind: str) -> list[Process]:
    """A process of each namespace of that kind."""
    return list(
        {process.namespace(kind): process for process in reversed(processes) if process.namespace(kind)}.values()
    )


def _pids_of(name: str) -> Iterator[str]:
    for pid in filter(str.isdigit, os.listdir(PROCESSES)):
        with suppress(OSError):
            if _content(f"{PROCESSES}/{pid}/comm").strip() == name.encode():
                yield pid


def _mount(line: str) -> str:
    """What is mounted where, without the options that say how."""
    return " ".join(line.split()[1:3])


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines()


def _content(path: str) -> bytes:
    """Of a small file; without the conveniences that cost more than the reading, for there are hundreds of them."""
    with open(path, "rb", buffering=0) as file:
        return file.read()
