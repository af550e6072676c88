"""One model's way through the log: out of the windows that all models share, or by itself where it is behind them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from projections.projector.window import Chunk, Window, offset_of
from schemas.eventlog.port import EventLog, Partition, Reader, Record

ALONE_S: Final = 0.05
"""How long what a follower reads by itself is waited for, while there may be news in the windows."""

Assigned = Callable[[frozenset[Partition]], Awaitable[Mapping[Partition, int]]]
"""Called with newly assigned partitions; answers where to begin each. One that it leaves out is left alone."""

Revoked = Callable[[frozenset[Partition]], None]
"""Called with partitions that are no longer ours."""

Windows = Mapping[Partition, Window]


@dataclass(slots=True)
class Cursor:
    """The next record of a partition; the window says for which assignment that holds."""

    window: Window
    offset: int

    @property
    def is_behind(self) -> bool:
        """Whether what is next is in the window no more."""
        return self.offset < self.window.begin


class Follower:
    """Delivers all records of the partitions that it is given, each partition's in order, from where it begins."""

    def __init__(
        self,
        event_log: EventLog,
        windows: Callable[[], Windows],
        *,
        assigned: Assigned,
        revoked: Revoked,
        moved: Callable[[], None],
    ) -> None:
        """`windows` are those of its topics now; `moved` is called whenever it took records out of one."""
        self._log = event_log
        self._windows = windows
        self._assigned = assigned
        self._revoked = revoked
        self._moved = moved
        self._cursors: dict[Partition, Cursor] = {}
        self._left_alone: dict[Partition, Window] = {}
        self._to_look_at: dict[Partition, None] = {}
        self._news = asyncio.Event()
        self._alone: OwnReader | None = None
        self._wants_more_since: float | None = None

    async def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """What has arrived, at most so many; empty after the time, or before where there may be something to do.

        Raises `LogUnavailable` where it reads by itself and what it reads cannot be decoded now; nothing is lost.
        """
        await self._follow_assignments()
        records = await self._read_alone(max_records)
        records += self._from_windows(max_records - len(records))
        if not records and self._alone is None:
            await self._wait(timeout_s)
            await self._follow_assignments()
            records = self._from_windows(max_records)
        if records:
            self._wants_more_since = None
        return records

    async def close(self) -> None:
        """Follows no more."""
        self._to_look_at.clear()
        self._cursors.clear()
        await self._end_alone()

    def hear(self, partition: Partition | None = None) -> None:
        """There is something new in that partition's window, or about which partitions are ours."""
        if partition is not None:
            self._to_look_at[partition] = None
        self._news.set()

    def needs(self, partition: Partition, chunk: Chunk) -> bool:
        """Whether it has records of that chunk still before it."""
        cursor = self._cursors.get(partition)
        return cursor is not None and cursor.window is chunk.window and chunk.window.begin <= cursor.offset < chunk.end

    def wants_more_than(self, partition: Partition, chunk: Chunk, for_s: float) -> bool:
        """Whether it has passed that chunk and waited for more so long."""
        cursor = self._cursors.get(partition)
        if cursor is None or cursor.window is not chunk.window or cursor.offset < chunk.end:
            return False
        return self._wants_more_since is not None and time.monotonic() - self._wants_more_since > for_s

    def is_at(self, partition: Partition) -> int | None:
        """The next offset of a partition that it does not read by itself."""
        cursor = self._cursors.get(partition)
        return None if cursor is None or cursor.is_behind else cursor.offset

    async def _wait(self, timeout_s: float) -> None:
        if self._wants_more_since is None:
            self._wants_more_since = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._news.wait()

    async def _follow_assignments(self) -> None:
        self._news.clear()
        windows = self._windows()
        lost = frozenset(at for at, cursor in self._cursors.items() if windows.get(at) is not cursor.window)
        if lost:
            for partition in lost:
                del self._cursors[partition]
                self._reads_no_more_alone(partition)
            self._revoked(lost)
        known = self._left_alone | {at: cursor.window for at, cursor in self._cursors.items()}
        gained = {at: window for at, window in windows.items() if known.get(at) is not window}
        if gained:
            starts = await self._assigned(frozenset(gained))
            self._left_alone.update({at: window for at, window in gained.items() if at not in starts})
            self._cursors.update({at: Cursor(gained[at], start) for at, start in starts.items()})
            self._to_look_at.update(dict.fromkeys(starts))

    def _from_windows(self, at_most: int) -> list[Record]:
        records: list[Record] = []
        for partition in list(self._to_look_at):
            if len(records) >= at_most:
                break
            del self._to_look_at[partition]
            cursor = self._cursors.get(partition)
            if cursor is None or cursor.is_behind:
                continue
            found = cursor.window.after(cursor.offset, at_most - len(records))
            if found:
                cursor.offset = offset_of(found[-1]) + 1
                records += found
            if cursor.offset < cursor.window.end:
                self._to_look_at[partition] = None  # after the others
        if records:
            self._moved()
        return records

    async def _read_alone(self, at_most: int) -> list[Record]:
        """The next of what is behind the windows; nothing where nothing is."""
        behind = {at: cursor.offset for at, cursor in self._cursors.items() if cursor.is_behind}
        if self._alone is None or not self._alone.serves(behind) or self._alone.is_mostly_in_vain:
            await self._end_alone()
            if not behind:
                return []
            self._alone = OwnReader(self._log, behind)
        records: list[Record] = []
        for record in await self._alone.poll(at_most, ALONE_S):
            partition = Partition(record.position.topic, record.position.partition)
            cursor = self._cursors.get(partition)
            if cursor is not None and self._alone.serves([partition]):
                cursor.offset = offset_of(record) + 1
                records.append(record)
                if cursor.offset >= cursor.window.begin:
                    self._reads_no_more_alone(partition)
                    self._to_look_at[partition] = None
        return records

    def _reads_no_more_alone(self, partition: Partition) -> None:
        if self._alone is not None:
            self._alone.leave(partition)

    async def _end_alone(self) -> None:
        alone, self._alone = self._alone, None
        if alone is not None:
            await alone.close()


class OwnReader:
    """Reads some partitions in no group, beside what the process reads for all."""

    def __init__(self, event_log: EventLog, starts: Mapping[Partition, int]) -> None:
        self._opened_with = len(starts)
        self._serves = set(starts)
        self._reader: Reader = event_log.reader(starts)

    def leave(self, partition: Partition) -> None:
        """What still comes of that partition is not for us. Behind again, it needs another reader: this one went on."""
        self._serves.discard(partition)

    def serves(self, partitions: Iterable[Partition]) -> bool:
        """Whether it delivers what is next of all these."""
        return self._serves.issuperset(partitions)

    @property
    def is_mostly_in_vain(self) -> bool:
        """Whether most of what it reads is not for us any more."""
        return 2 * len(self._serves) <= self._opened_with

    async def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """See `Reader.poll`; records of partitions that it left are in it."""
        return await asyncio.to_thread(self._reader.poll, max_records, timeout_s)

    async def close(self) -> None:
        """Ends it."""
        await asyncio.to_thread(self._reader.close)
