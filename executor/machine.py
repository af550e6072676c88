"""What the machine is under, as the kernel counts it: time stolen by a hypervisor, and time lost by waiting (PSI)."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from executor.policy import Strain

PROC: Final = Path("/proc")
CORE: Final = "cpu"
STEAL_COLUMN: Final = 8
TICK_NS: Final = 1_000_000_000 // os.sysconf("SC_CLK_TCK")

FRESH_FOR_NS: Final = 50_000_000
"""Runs are often shorter than it takes to look; one that fails for its time is seldom shorter than this."""


WatchStrain = Callable[[], Callable[[], Strain]]
"""Begins to watch; what it answers tells, whenever it is called, what has come on top since then."""


class Machine:
    """Looks at the kernel's counts for one slot, whose core is `cpu`; without one, theft is the mean of all cores."""

    def __init__(self, cpu: int | None, proc: Path = PROC) -> None:
        self._core = CORE if cpu is None else f"cpu{cpu} "
        self._proc = proc
        self._seen = Strain()
        self._seen_ns = -FRESH_FOR_NS

    def watch(self) -> Callable[[], Strain]:
        """A `WatchStrain`; it may count from `FRESH_FOR_NS` earlier."""
        now_ns = time.monotonic_ns()
        if now_ns - self._seen_ns >= FRESH_FOR_NS:
            self._seen, self._seen_ns = self._counts(), now_ns
        return partial(self._since, self._seen)

    def _since(self, before: Strain) -> Strain:
        now = self._counts()
        return Strain(
            stolen_ns=now.stolen_ns - before.stolen_ns,
            cpu_waited_ns=now.cpu_waited_ns - before.cpu_waited_ns,
            memory_waited_ns=now.memory_waited_ns - before.memory_waited_ns,
        )

    def _counts(self) -> Strain:
        return Strain(
            stolen_ns=self._stolen_ns(),
            cpu_waited_ns=self._waited_ns("cpu"),
            memory_waited_ns=self._waited_ns("memory"),
        )

    def _stolen_ns(self) -> int:
        """A line for each core, `cpuN user nice system idle iowait irq softirq steal …`, in ticks."""
        with (self._proc / "stat").open() as file:
            ticks = [int(line.split()[STEAL_COLUMN]) for line in file if line.startswith(self._core) and line[3] != " "]
        return sum(ticks) * TICK_NS // max(1, len(ticks))

    def _waited_ns(self, resource: str) -> int:
        """`some avg10=… avg60=… avg300=… total=MICROSECONDS`; 0 where the kernel has no PSI or keeps it off."""
        try:
            with (self._proc / "pressure" / resource).open() as file:
                return int(file.readline().rpartition("total=")[2]) * 1_000
        except (OSError, ValueError):
            return 0
