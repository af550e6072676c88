"""The lanes' backlogs as this process sees them, read from the broker again and again."""

import asyncio
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.log import EventLogger
from schemas.topics import EXECUTOR_POOL, JOBS, executor_group
from schemas.values import Lane
from stream_processors import metrics
from stream_processors.backlog import Backlog, waiting

READ_EVERY_S: Final = 0.5
"""Between readings; what is sent meanwhile is counted here."""

FILLED: Final = (Lane.CONTEST, Lane.PRACTICE)
"""The lanes into which submissions go."""

log: Final = EventLogger(__name__)


class Lanes:
    """Knows how much waits where; never fails, at worst it goes by what was sent."""

    def __init__(self, event_log: EventLog) -> None:
        self._log = event_log
        self._backlogs = {lane: Backlog.empty(JOBS[lane].partitions) for lane in FILLED}

    def outstanding(self, lane: Lane) -> dict[int, int]:
        """Per partition of the lane, the jobs that wait or run."""
        return self._backlogs[lane].outstanding()

    def sent(self, lane: Lane, partition: int) -> None:
        """A job is on its way into that partition; of lanes that are not filled here nothing is known."""
        if lane not in self._backlogs:
            return
        self._backlogs[lane] = self._backlogs[lane].with_sent(partition)

    async def read_for_ever(self) -> None:
        """Reads the lanes that are in use; those in which nothing waits are not asked about."""
        while True:
            for lane in FILLED:
                if any(self.outstanding(lane).values()):
                    await self.read(lane)
            await asyncio.sleep(READ_EVERY_S)

    async def read(self, lane: Lane) -> None:
        """Reads a lane once, if the broker answers."""
        sent_before = self._backlogs[lane].sent
        try:
            found = await asyncio.to_thread(self._waiting, lane)
        except LogUnavailable as error:
            metrics.RETRIES.labels("backlog").inc()
            log.debug("backlog_unread", lane=lane, why=error)
            return
        self._backlogs[lane] = self._backlogs[lane].with_reading(found, sent_before)
        metrics.OUTSTANDING.labels(lane).set(sum(self.outstanding(lane).values()))

    def _waiting(self, lane: Lane) -> dict[int, int]:
        # The end first: a job that is finished in between is then counted as waiting, never as less than nothing.
        ends = self._log.end_offsets(JOBS[lane])
        return waiting(ends, self._log.committed(executor_group(EXECUTOR_POOL), JOBS[lane]))
