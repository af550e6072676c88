"""Keeps the catalog: a thread reads the four topics from their beginning and hands records to the event loop.

The catalog is touched by the loop's thread only, so that decisions need no lock.
"""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest_api.catalog import Catalog
from ingest_api.limits import CATCH_UP_WITHIN_S
from schemas.eventlog.errors import LogError, LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Reader, Record, Undecodable
from schemas.events import Event
from schemas.log import EventLogger
from schemas.topics import CONTESTS, EXECUTORS, PROBLEMS, REJUDGING_REQUESTS
from schemas.values import Position

TOPICS_READ: Final = (PROBLEMS, CONTESTS, EXECUTORS, REJUDGING_REQUESTS)
RECORDS_AT_ONCE: Final = 500
START_WITHIN_S: Final = 10.0
POLL_S: Final = 0.5
PAUSE_AFTER_FAULT_S: Final = 0.5
STOPPED_WITHIN_S: Final = 2.0

log = EventLogger(__name__)

Offsets = dict[Partition, int]


@dataclass(eq=False, slots=True)
class _Waiter:
    """Someone who wants the catalog to have read up to these offsets."""

    until: Offsets
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class CatalogReader:
    """Used from one event loop; `start` before anything else, `stop` at the end."""

    def __init__(self, event_log: EventLog, catalog: Catalog) -> None:
        self.catalog: Final = catalog
        self._log = event_log
        self._read: Offsets = {}
        self._begun_with: Offsets | None = None
        self._waiters: list[_Waiter] = []
        self._next_look: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._stopping = threading.Event()
        self._reader: Reader | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Begins to read; `LogUnavailable` where the log cannot be asked for its ends."""
        self._loop = asyncio.get_running_loop()
        self._read = await asyncio.to_thread(self._begins)
        self._begun_with = await asyncio.to_thread(self._ends, START_WITHIN_S)
        self._reader = await asyncio.to_thread(self._log.reader, dict(self._read))
        self._thread = threading.Thread(target=self._follow, args=(self._reader,), name="catalog", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        if self._reader is not None and self._thread is not None:
            self._reader.close()
            await asyncio.to_thread(self._thread.join, STOPPED_WITHIN_S)

    def trouble(self) -> str | None:
        """What readiness waits for: all that stood in the log when we began."""
        if self._begun_with is None:
            return "the catalog has not begun to read"
        behind = [partition for partition, end in self._begun_with.items() if self._lacks(partition, end)]
        return f"the catalog reads {', '.join(sorted({partition.topic for partition in behind}))}" if behind else None

    def fault(self) -> str | None:
        """What liveness asks: a reader whose thread has ended unasked never catches up again."""
        ended = self._thread is not None and not self._thread.is_alive()
        return "the catalog's thread has ended" if ended else None

    async def catch_up(self) -> None:
        """Returns once all that was in the log when this was called is in the catalog; `LogUnavailable` if not in time.

        Callers share a look at the log's ends, but only one that began after they came.
        """
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look(self._looking))
        try:
            async with asyncio.timeout(CATCH_UP_WITHIN_S):
                await asyncio.shield(self._next_look)
        except TimeoutError:
            raise LogUnavailable(f"the catalog did not catch up within {CATCH_UP_WITHIN_S} s") from None

    async def seen(self, position: Position, within_s: float) -> bool:
        """Whether the record at that position is in the catalog within that time."""
        waiter = self._wait_until({Partition(position.topic, position.partition): position.offset + 1})
        done, _ = await asyncio.wait({waiter.done}, timeout=within_s)
        waiter.done.cancel()  # no effect where it is done; else nobody waits any more
        return bool(done)

    async def _look(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        self._looking, self._next_look = self._next_look, None
        ends = await asyncio.to_thread(self._ends, CATCH_UP_WITHIN_S)
        await self._wait_until(ends).done

    def _begins(self) -> Offsets:
        return {
            Partition(topic.name, number): begin
            for topic in TOPICS_READ
            for number, begin in self._log.begin_offsets(topic, timeout_s=START_WITHIN_S).items()
        }

    def _ends(self, within_s: float) -> Offsets:
        return {
            Partition(topic.name, number): end
            for topic in TOPICS_READ
            for number, end in self._log.end_offsets(topic, timeout_s=within_s).items()
        }

    def _wait_until(self, until: Offsets) -> _Waiter:
        waiter = _Waiter(until=until)
        self._waiters.append(waiter)
        self._wake()
        return waiter

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done.done() and not any(
                self._lacks(partition, end) for partition, end in waiter.until.items()
            ):
                waiter.done.set_result(None)
        self._waiters = [waiter for waiter in self._waiters if not waiter.done.done()]

    def _lacks(self, partition: Partition, end: int) -> bool:
        return self._read.get(partition, 0) < end

    def _follow(self, reader: Reader) -> None:
        """The thread: reads until it is stopped; a broker that is away is waited for."""
        assert self._loop is not None
        while not self._stopping.is_set():
            try:
                records = reader.poll(RECORDS_AT_ONCE, POLL_S)
            except LogError as error:
                log.warning("catalog_cannot_read", why=error)
                self._stopping.wait(PAUSE_AFTER_FAULT_S)
                continue
            if records:
                self._loop.call_soon_threadsafe(self._take_in, records)

    def _take_in(self, records: Sequence[Record]) -> None:
        for record in records:
            position = record.position
            if isinstance(record.event, Undecodable):
                log.error("catalog_record_undecodable", position=position, why=record.event.why)
            else:
                self._evolve(record.event, record)
            self._read[Partition(position.topic, position.partition)] = position.offset + 1
        self._wake()

    def _evolve(self, event: Event, record: Record) -> None:
        """One record that cannot be folded must not hide those behind it."""
        try:
            self.catalog.evolve(event, record.position, record.appended_at)
        except Exception as error:  # noqa: BLE001  # whatever it is, the records behind it count
            log.error("catalog_record_not_folded", error=error, position=record.position)
