"""Reading all of `live` in a thread, and handing it to the event loop.

Every process that follows `live` reads all of its partitions; there is no group, so that all of them agree.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Reader, Record
from schemas.log import EventLogger
from schemas.topics import LIVE

log = EventLogger(__name__)

BATCH: Final = 500
POLL_S: Final = 0.5
PAUSE_S: Final = 0.5
STOPPED_WITHIN_S: Final = 2.0

Receive = Callable[[list[Record]], None]
Fail = Callable[[BaseException], None]


def starts_before_end(event_log: EventLog, back: int) -> dict[int, int]:
    """Per partition the offset that is `back` records before its end, or the first that is still kept."""
    kept = event_log.begin_offsets(LIVE)
    return {number: max(kept[number], end - back) for number, end in event_log.end_offsets(LIVE).items()}


class Feed:
    """Reads from the given offsets on until it is stopped. `receive` and `fail` are called in the event loop.

    While the broker is away it goes on trying. Anything unexpected goes to `fail`, once, and ends it.
    """

    def __init__(self, event_log: EventLog, starts: Mapping[int, int], receive: Receive, fail: Fail) -> None:
        self._log = event_log
        self._starts = {Partition(LIVE.name, number): start for number, start in starts.items()}
        self._receive = receive
        self._fail = fail
        self._stopped = threading.Event()
        self._reader: Reader | None = None
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Begins."""
        loop = asyncio.get_running_loop()
        self._reader = await asyncio.to_thread(self._log.reader, self._starts)
        self._thread = threading.Thread(target=self._run, args=(self._reader, loop), name="live-feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it, and waits for that; blocks for a moment."""
        self._stopped.set()
        if self._reader is not None:
            self._reader.close()
        if self._thread is not None:
            self._thread.join(STOPPED_WITHIN_S)

    def _run(self, reader: Reader, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while not self._stopped.is_set():
                self._poll(reader, loop)
        except BaseException as error:  # noqa: BLE001  # whoever waits for the feed has to learn of its end, whatever it is
            loop.call_soon_threadsafe(self._fail, error)

    def _poll(self, reader: Reader, loop: asyncio.AbstractEventLoop) -> None:
        try:
            records = reader.poll(BATCH, POLL_S)
        except LogUnavailable as error:
            log.warning("live_feed_waits", error=error)
            self._stopped.wait(PAUSE_S)
            return
        if records and not self._stopped.is_set():
            loop.call_soon_threadsafe(self._receive, records)
