"""Accounting by cgroup v1, where every controller has a hierarchy of its own."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from executor.sandbox.cgroup_files import FAMILY, ROOT, make_group, number_in, prefer, remove_groups, write_to

USUAL_SHARES: Final = 1024

DELEGATED: Final = ("memory", "cpuacct", "pids")
"""The hierarchies that limit and count a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountingV1:
    """See `Accounting`."""

    owner: str

    def group(self, run: str) -> "GroupV1":
        """See `Accounting.group`."""
        return GroupV1(f"/{FAMILY}/{self.owner}/{run}")

    def sweep(self) -> int:
        """See `Accounting.sweep`."""
        owners = [hierarchy / FAMILY / self.owner for hierarchy in ROOT.iterdir()]
        left = {path.name for owner in owners for path in owner.glob("*/")}
        remove_groups(owners)
        return len(left)


class GroupV1:
    """Memory and CPU time are in hierarchies of their own, and every other hierarchy has the group's folder too."""

    def __init__(self, parent: str) -> None:
        self.parent = parent
        self._memory = ROOT / "memory" / parent[1:]
        self._usage = ROOT / "cpuacct" / parent[1:] / "cpuacct.usage"
        self._cpu_before_ns = 0
        self._kills = -1

    def delegate(self) -> dict[str, Path]:
        """See `RunGroup.delegate`."""
        folders = {f"/{controller}": ROOT / controller / self.parent[1:] for controller in DELEGATED}
        for folder in folders.values():
            make_group(folder)
        make_group(ROOT / "cpu" / FAMILY)
        prefer(ROOT / "cpu" / FAMILY / "cpu.shares", USUAL_SHARES)
        return folders

    def arm(self, memory_bytes: int) -> None:
        """See `RunGroup.arm`."""
        self._watch_kills()
        write_to(self._memory / "memory.max_usage_in_bytes", "0")
        write_to(self._memory / "memory.limit_in_bytes", str(memory_bytes))
        with_swap = self._memory / "memory.memsw.limit_in_bytes"
        if with_swap.exists():
            write_to(with_swap, str(memory_bytes))
        self._cpu_before_ns = number_in(self._usage)

    def _watch_kills(self) -> None:
        """v1 counts a kill in the container's own group, which is gone too soon; an event reaches us for certain."""
        self._kills = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        with (self._memory / "memory.oom_control").open("rb") as watched:
            write_to(self._memory / "cgroup.event_control", f"{self._kills} {watched.fileno()}")

    def cpu_time_ns(self) -> int:
        """See `RunGroup.cpu_time_ns`."""
        return number_in(self._usage) - self._cpu_before_ns

    def memory_peak_bytes(self) -> int:
        """See `RunGroup.memory_peak_bytes`."""
        return number_in(self._memory / "memory.max_usage_in_bytes")

    def out_of_memory(self) -> bool:
        """See `RunGroup.out_of_memory`."""
        try:
            return os.eventfd_read(self._kills) > 0
        except BlockingIOError:
            return False

    def remove(self) -> None:
        """See `RunGroup.remove`."""
        remove_groups([hierarchy / self.parent[1:] for hierarchy in ROOT.iterdir()])
        if self._kills >= 0:
            os.close(self._kills)
            self._kills = -1
