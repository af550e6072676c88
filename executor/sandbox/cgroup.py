"""CPU time and peak memory of a run, from the cgroup that holds all of its processes.

Docker makes a container's cgroup and takes it away when the container ends, with every figure in it. So each run gets
a parent of its own (`cgroup_parent`): accounting is hierarchical, and the parent stays readable until we remove it.
The parent also carries the memory limit, set by `arm` once the runtime's own start-up has left the group; before
that, and beside it, the container has a wider limit of Docker's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from executor.sandbox.cgroup_v1 import AccountingV1
from executor.sandbox.cgroup_v2 import AccountingV2
from executor.sandbox.errors import AccountingFault


class RunGroup(Protocol):
    """The group of one run."""

    @property
    def parent(self) -> str:
        """What Docker is told as `cgroup_parent`."""

    def delegate(self) -> Mapping[str, Path]:
        """Makes the group before Docker does, for a container that makes groups for its runs in its own.

        The folders to bind, by their names (`/memory`; empty where there is only one) below one folder.
        """

    def arm(self, memory_bytes: int) -> None:
        """Sets the memory limit and begins to count, just before the program starts; needs the container's start."""

    def cpu_time_ns(self) -> int:
        """CPU time since `arm`."""

    def memory_peak_bytes(self) -> int:
        """The most memory in use at once since `arm` (cgroup v2 before Linux 6.12: since the container's start)."""

    def out_of_memory(self) -> bool:
        """Whether the kernel has killed for the memory limit since `arm`."""

    def remove(self) -> None:
        """Takes the group away; its container must be gone."""


class Accounting(Protocol):
    """Makes the groups of one executor."""

    def group(self, run: str) -> RunGroup:
        """The group for a run of that name (letters and digits)."""

    def sweep(self) -> int:
        """Removes every group of this executor, and answers how many runs had left theirs; nothing may be running."""


def accounting(*, version: str, driver: str, owner: str) -> Accounting:
    """The accounting that fits the engine's cgroup version and driver; `AccountingFault` where none does."""
    match version, driver:
        case "1", "cgroupfs":
            return AccountingV1(owner=owner)
        case "2", "cgroupfs":
            return AccountingV2(owner=owner, slices=False)
        case "2", "systemd":
            return AccountingV2(owner=owner, slices=True)
    raise AccountingFault(f"Docker uses cgroup v{version} by {driver}, which is not supported")
