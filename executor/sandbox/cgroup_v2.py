"""Accounting by cgroup v2: one hierarchy, made by Docker itself or, as slices, by systemd."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from executor.sandbox.cgroup_files import FAMILY, ROOT, keyed_number_in, make_group, prefer, remove_groups, write_to
from executor.sandbox.errors import AccountingFault
from executor.sandbox.slices import stop_slice

USUAL_WEIGHT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountingV2:
    """See `Accounting`; with `slices` the groups are made by systemd."""

    owner: str
    slices: bool

    def group(self, run: str) -> "GroupV2":
        """See `Accounting.group`."""
        family, owner = FAMILY, f"{FAMILY}-{self.owner}"
        if self.slices:
            name = f"{owner}-{run}.slice"
            folder = ROOT / f"{family}.slice" / f"{owner}.slice" / name
            return GroupV2(name, folder, is_slice=True)
        return GroupV2(f"/{family}/{self.owner}/{run}", ROOT / family / self.owner / run, is_slice=False)

    def sweep(self) -> int:
        """See `Accounting.sweep`."""
        owner = self.group("any").folder.parent
        left = list(owner.glob("*/"))
        if self.slices and owner.exists():
            stop_slice(owner.name)
        remove_groups([owner])
        return len(left)


class GroupV2:
    """One hierarchy; under systemd the group is a slice."""

    def __init__(self, parent: str, folder: Path, *, is_slice: bool) -> None:
        self.parent = parent
        self.folder = folder
        self._is_slice = is_slice
        self._cpu_before_ns = 0
        self._peak = -1

    def delegate(self) -> dict[str, Path]:
        """See `RunGroup.delegate`."""
        make_group(self.folder)
        prefer(self.folder.parent.parent / "cpu.weight", USUAL_WEIGHT)
        return {"": self.folder}

    def arm(self, memory_bytes: int) -> None:
        """See `RunGroup.arm`."""
        write_to(self.folder / "memory.max", str(memory_bytes))
        with_swap = self.folder / "memory.swap.max"
        if with_swap.exists():
            write_to(with_swap, "0")
        self._peak = _open_peak(self.folder / "memory.peak")
        self._cpu_before_ns = self._cpu_ns()

    def cpu_time_ns(self) -> int:
        """See `RunGroup.cpu_time_ns`."""
        return self._cpu_ns() - self._cpu_before_ns

    def memory_peak_bytes(self) -> int:
        """See `RunGroup.memory_peak_bytes`."""
        return int(os.pread(self._peak, 64, 0))

    def out_of_memory(self) -> bool:
        """See `RunGroup.out_of_memory`."""
        return keyed_number_in(self.folder / "memory.events", "oom_kill") > 0

    def remove(self) -> None:
        """See `RunGroup.remove`."""
        if self._is_slice:
            stop_slice(self.parent)
        remove_groups([self.folder])
        if self._peak >= 0:
            os.close(self._peak)
            self._peak = -1

    def _cpu_ns(self) -> int:
        return keyed_number_in(self.folder / "cpu.stat", "usage_usec") * 1000


def _open_peak(path: Path) -> int:
    """Opens the peak; from Linux 6.12 a write begins it anew for this descriptor, before that it cannot be reset."""
    try:
        peak = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise AccountingFault(f"{path}: {error.strerror} (memory.peak needs Linux 5.19)") from error
    with suppress(OSError):
        os.pwrite(peak, b"0", 0)
    return peak
