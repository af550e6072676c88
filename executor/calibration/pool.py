"""Watches the calibrations of a pool, and says when this executor should leave its work to the others."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event as Flag
from typing import Final

from executor.calibration.band import why_off
from executor.reporter import REPORT_EVERY_S
from schemas.eventlog.errors import LogError
from schemas.eventlog.port import EventLog, Partition, Reader
from schemas.events import ExecutorReported
from schemas.ids import ExecutorId
from schemas.log import EventLogger
from schemas.topics import EXECUTORS
from schemas.values import Calibration

COUNTS_FOR: Final = timedelta(seconds=60)
"""An executor that has not reported for so long is gone, and no reason to leave it anything."""

MOST_RECORDS: Final = 1_000

log = EventLogger(__name__)


class PoolWatch:
    """Reads what the executors report; `run` is for a thread of its own."""

    def __init__(
        self,
        *,
        event_log: EventLog,
        executor_id: ExecutorId,
        pool: str,
        own: Callable[[], Calibration | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._event_log = event_log
        self._executor_id = executor_id
        self._pool = pool
        self._own = own
        self._clock = clock
        self._reader: Reader | None = None
        self._heard: dict[ExecutorId, tuple[datetime, Calibration]] = {}
        self._why_aside: str | None = None

    def why_aside(self) -> str | None:
        """Why this executor should take no jobs; None where it should."""
        return self._why_aside

    def run(self, stopping: Flag) -> None:
        """Looks every few seconds, until `stopping`; without the log nothing changes."""
        while not stopping.wait(REPORT_EVERY_S):
            try:
                self.look()
            except LogError as fault:
                log.warning("pool_not_seen", why=fault)

    def look(self) -> None:
        """Reads what has been reported and decides anew; `LogUnavailable`."""
        self._hear()
        now = self._clock()
        others = [calibration for at, calibration in self._heard.values() if now - at < COUNTS_FOR]
        found = why_off(self._own(), others)
        if found != self._why_aside:
            log.warning("stands_aside", why=found) if found else log.info("takes_jobs_again")
        self._why_aside = found

    def _hear(self) -> None:
        if self._reader is None:
            begins = self._event_log.begin_offsets(EXECUTORS)
            self._reader = self._event_log.reader(
                {Partition(EXECUTORS.name, number): offset for number, offset in begins.items()}
            )
        while records := self._reader.poll(MOST_RECORDS, 0.1):
            for record in records:
                match record.event:
                    case ExecutorReported(executor_id=other, pool=self._pool, calibration=calibration):
                        self._note(other, record.appended_at, calibration)

    def _note(self, other: ExecutorId, at: datetime, calibration: Calibration | None) -> None:
        if other == self._executor_id:
            return
        if calibration is None:
            self._heard.pop(other, None)
        else:
            self._heard[other] = (at, calibration)
