"""Patience: what to do while Cassandra, the broker or a blob is away, which is to wait, and to say so once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from schemas.blobs.port import BlobError
from schemas.cassandra import CassandraUnavailable
from schemas.eventlog.errors import AppendRefused, AppendRejected, AppendUncertain, LogUnavailable
from schemas.heartbeats import Beat, unwatched
from schemas.log import EventLogger

log = EventLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 2.0
"""What comes back is noticed within this; work goes on well within the 15 s that we promise."""

PASSING: Final = (CassandraUnavailable, LogUnavailable, AppendRefused, AppendUncertain, BlobError)


class Stopping(Exception):
    """The service is asked to stop while it waits for something that is away."""


class Patience:
    """Does a thing again until it is done. There is no last try: without its store a projector has no other work.

    Before every try it calls `beat`: who waits is not dead.
    """

    def __init__(self, stopping: asyncio.Event, *, beat: Beat = unwatched, **ids: object) -> None:
        self._stopping = stopping
        self._beat = beat
        self._ids = ids
        self._waits: dict[str, str] = {}

    @property
    def waiting_for(self) -> str | None:
        """What is away and why, or None."""
        return "; ".join(f"{what}: {why}" for what, why in self._waits.items()) or None

    async def until_done(self, what: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of the first attempt that succeeds; `Stopping` where the service is to stop before."""
        pause_s = FIRST_PAUSE_S
        while True:
            self._beat()
            try:
                result = await attempt()
            except AppendRejected:
                raise  # no trying again will help
            except PASSING as error:
                self._note(what, error)
            else:
                self._forget(what)
                return result
            if await self._stopped_within(pause_s):
                raise Stopping(what)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _stopped_within(self, pause_s: float) -> bool:
        try:
            async with asyncio.timeout(pause_s):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    def _note(self, what: str, error: Exception) -> None:
        if what not in self._waits:
            log.warning("waiting", what=what, why=str(error)[:300], **self._ids)
        self._waits[what] = str(error)[:300]

    def _forget(self, what: str) -> None:
        if self._waits.pop(what, None) is not None:
            log.info("goes_on", what=what, **self._ids)
