"""Tells the log every few seconds that this executor is there and what it offers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Flag
from typing import Final

from executor.toolchains import Toolchains
from schemas.eventlog.errors import LogError
from schemas.eventlog.port import EventLog
from schemas.events import ExecutorReported
from schemas.ids import ExecutorId, derived_event_id
from schemas.log import EventLogger
from schemas.topics import EXECUTORS
from schemas.values import Calibration

REPORT_EVERY_S: Final = 10.0
"""A report counts for 60 s, so that a few lost ones do no harm."""

log = EventLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Reports until `stopping`; a report that is lost is made good by the next."""

    event_log: EventLog
    executor_id: ExecutorId
    pool: str
    slots: int
    sandbox_kind: str
    software_version: str
    toolchains: Toolchains
    busy: Callable[[], int]
    clock: Callable[[], datetime]
    calibration: Callable[[], Calibration | None] = lambda: None
    why_aside: Callable[[], str | None] = lambda: None

    def run(self, stopping: Flag) -> None:
        """Reports at once and then regularly."""
        while True:
            try:
                self.event_log.append(EXECUTORS, self.report())
            except LogError as fault:
                log.warning("report_lost", why=fault)
            if stopping.wait(REPORT_EVERY_S):
                return

    def report(self) -> ExecutorReported:
        """The executor as it is now."""
        now = self.clock()
        return ExecutorReported(
            event_id=derived_event_id("ExecutorReported", f"{self.executor_id}:{now.isoformat()}"),
            occurred_at=now,
            caused_by=None,
            executor_id=self.executor_id,
            pool=self.pool,
            slots=self.slots,
            busy=self.busy(),
            sandbox=self.sandbox_kind,
            software_version=self.software_version,
            languages=tuple(toolchain.info for toolchain in self.toolchains.values()),
            calibration=self.calibration(),
            why_aside=self.why_aside(),
        )
