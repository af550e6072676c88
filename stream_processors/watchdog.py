"""Watches from outside whether the agents get on, and whether the broker answers."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition
from schemas.log import EventLogger
from schemas.topics import Topic
from stream_processors import metrics
from stream_processors.watch_lag import Standing, observe, standstill

LOOK_EVERY_S: Final = 1.0
SILENT_AFTER_S: Final = 5.0
"""When a broker that has not answered counts as away."""

log: Final = EventLogger(__name__)


class Standstill(Exception):
    """Records wait, the broker answers, and nothing is read: this process must be started anew."""


class _Offsets(NamedTuple):
    ends: dict[Partition, int]
    committed: dict[Partition, int]


class Watchdog:
    """Looks at a group's committed offsets in these topics."""

    def __init__(
        self,
        event_log: EventLog,
        group: str,
        topics: Sequence[Topic],
        *,
        clock_s: Callable[[], float] = time.monotonic,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._log = event_log
        self._group = group
        self._topics = topics
        self._clock_s = clock_s
        self._look_every_s = look_every_s
        self._answered_at = float("-inf")
        self._is_away = False

    def broker_silent(self) -> str | None:
        """What is wrong with the broker, for the health check."""
        silent_s = self._clock_s() - self._answered_at
        return f"no answer for {SILENT_AFTER_S:g} s or more" if silent_s > SILENT_AFTER_S else None

    async def watch(self) -> None:
        """Raises `Standstill` when one is seen. While the broker is away nothing can be told, and all begins anew."""
        standing = Standing()
        while True:
            offsets = await self._look()
            now_s = self._clock_s()
            standing = Standing() if offsets is None else observe(standing, offsets.ends, offsets.committed, now_s)
            stuck = standstill(standing, now_s)
            if stuck is not None:
                raise Standstill(f"{stuck.topic}:{stuck.number} stands at {standing.committed.get(stuck, 0)}")
            await asyncio.sleep(self._look_every_s)

    async def _look(self) -> _Offsets | None:
        """The offsets as the broker tells them; None while it is away, which is said once."""
        try:
            offsets = await asyncio.to_thread(self._offsets)
        except LogUnavailable as error:
            if not self._is_away:
                log.warning("broker_away", why=error)
            self._is_away = True
            return None
        if self._is_away:
            log.info("broker_back")
        self._is_away = False
        self._answered_at = self._clock_s()
        return offsets

    def _offsets(self) -> _Offsets:
        ends: dict[Partition, int] = {}
        committed: dict[Partition, int] = {}
        for topic in self._topics:
            ends |= {Partition(topic.name, number): end for number, end in self._log.end_offsets(topic).items()}
            done = self._log.committed(self._group, topic).items()
            committed |= {Partition(topic.name, number): known.offset for number, known in done}
        for topic in self._topics:
            behind = sum(end - committed.get(at, 0) for at, end in ends.items() if at.topic == topic.name)
            metrics.LAG.labels(topic.name).set(max(0, behind))
        return _Offsets(ends, committed)
