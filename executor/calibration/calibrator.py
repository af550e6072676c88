"""Measures the machine's speed a little after the start and then every hour, in a slot that has nothing to do."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Flag
from threading import Lock
from typing import Final

from executor.calibration.measure import LANGUAGE, CalibrationFailed, measure
from executor.compile_cache import CompileCache
from executor.sandbox.errors import SandboxFault
from executor.sandbox.port import Sandbox
from executor.toolchains import Toolchain
from schemas.log import EventLogger
from schemas.values import Calibration

FIRST_AFTER_S: Final = 20.0
"""When the rest of a machine has started, too, and whoever waited for the first verdict has it."""

EVERY_S: Final = 3_600.0
AGAIN_AFTER_S: Final = 60.0
"""After a failure, or where no slot came free."""

SLOT_PATIENCE_S: Final = 60.0
"""On an executor that always has work, the measuring waits for the end of a job; the next job waits then, briefly."""

log = EventLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bench:
    """A slot's sandbox, to be used by whoever holds its turn."""

    sandbox: Sandbox
    turn: Lock


class Calibrator:
    """Knows the newest calibration; `run` is for a thread of its own."""

    def __init__(
        self,
        *,
        benches: Sequence[Bench],
        toolchain: Toolchain | None,
        cache: CompileCache,
        clock: Callable[[], datetime],
        first_after_s: float = FIRST_AFTER_S,
        slot_patience_s: float = SLOT_PATIENCE_S,
    ) -> None:
        """`benches` has one per slot; without the toolchain of `measure.LANGUAGE` nothing is ever measured."""
        self._benches = benches
        self._toolchain = toolchain
        self._cache = cache
        self._clock = clock
        self._first_after_s = first_after_s
        self._slot_patience_s = slot_patience_s
        self._newest: Calibration | None = None

    def newest(self) -> Calibration | None:
        """None before the first."""
        return self._newest

    def run(self, stopping: Flag) -> None:
        """Measures when it is due, until `stopping`."""
        if self._toolchain is None:
            log.warning("not_calibrated", why=f"no language {LANGUAGE}")
            return
        pause_s = self._first_after_s
        while not stopping.wait(pause_s):
            pause_s = EVERY_S if self.measure_once(self._toolchain) else AGAIN_AFTER_S

    def measure_once(self, toolchain: Toolchain) -> bool:
        """Measures now; False where that was not possible, which is no reason to stop judging."""
        try:
            with self._idle_bench() as bench:
                if bench is None:
                    log.info("calibration_put_off", why="every slot is at work")
                    return False
                self._newest = measure(bench.sandbox, toolchain, self._cache, self._clock())
        except (SandboxFault, CalibrationFailed, OSError) as fault:
            log.warning("calibration_failed", why=fault)
            return False
        log.info(
            "calibrated",
            arithmetic_ns=self._newest.arithmetic_ns,
            memory_access_ns=self._newest.memory_access_ns,
        )
        return True

    @contextmanager
    def _idle_bench(self) -> Iterator[Bench | None]:
        """A slot that has nothing to do, or else the first one as soon as it has done what it does."""
        bench = next((bench for bench in self._benches if bench.turn.acquire(blocking=False)), None)
        if bench is None and self._benches[0].turn.acquire(timeout=self._slot_patience_s):
            bench = self._benches[0]
        try:
            yield bench
        finally:
            if bench is not None:
                bench.turn.release()
