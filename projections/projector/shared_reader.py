"""Reads the log once for all models of a process.

Theory of operation
-------------------
Models read mostly the same topics. A consumer for each would have every record fetched, delivered and decoded as often
as there are models. So one member of one group reads what any of them wants and keeps the last records of each
partition: its window. A follower for each model walks through the windows at the model's own pace, from the model's own
checkpoint (`follower.py`).

Who is behind the windows reads by itself until it is in them: a model that begins earlier than others, since it is new,
was paused or has a memory to bring back. The windows wait for the slowest of those within, so that an outage, which all
wait for, does not drive them apart; but where somebody has waited long enough for more, the slowest is left behind.

The group's committed offset says where a window begins, no more: where a model stands, its checkpoint knows. Processes
with the same models share a group, others do not; so a new version of a model, or of judgestream, comes up to date
beside the old one.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from projections.models.model import Model
from projections.projector.follower import Assigned, Follower, Revoked
from projections.projector.patience import Patience, Stopping
from projections.projector.window import Chunk, Window
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import Committed, EventLog, GroupReader, Partition, Record
from schemas.heartbeats import Beat, unwatched
from schemas.log import EventLogger
from schemas.topics import Topic

log = EventLogger(__name__)

MAX_POLL: Final = 500
LOOK_EVERY_S: Final = 0.1
POLL_S: Final = 0.5
"""A poll returns as soon as anything is there, and when the reader is closed; this only bounds an idle wait."""

COMMIT_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What all windows together may hold, but for what one poll brings; and how long others wait for the slowest."""

    records: int = 4_000
    bytes: int = 16 * 1024 * 1024
    slowest_s: float = 1.0


class SharedReader:
    """The topics of these models, read once. `run` does the reading; `follow` may be called at any time."""

    def __init__(
        self,
        models: Collection[Model],
        event_log: EventLog,
        *,
        stopping: asyncio.Event,
        beat: Beat = unwatched,
        bounds: Bounds = Bounds(),
    ) -> None:
        self._topics: Final = tuple({topic.name: topic for model in models for topic in model.topics}.values())
        self.group: Final = group_of(models)
        self._log = event_log
        self._stopping = stopping
        self._beat = beat
        self._patience = Patience(stopping, beat=beat)
        self._bounds = bounds
        self._has_joined = False
        self._windows: Mapping[Partition, Window] = {}
        self._followers: dict[Follower, frozenset[str]] = {}
        self._chunks: deque[tuple[Partition, Chunk]] = deque()
        self._records_kept = 0
        self._bytes_kept = 0
        self._moved = asyncio.Event()
        self._committed: dict[Partition, int] = {}
        self._committed_at = 0.0

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What is read."""
        return self._topics

    def waiting_for(self) -> str | None:
        """None while it reads."""
        return self._patience.waiting_for if self._has_joined else "to join the group"

    async def run(self) -> None:
        """Reads until `stopping` is set."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="read") as thread:

            def tell() -> None:
                loop.call_soon_threadsafe(self._tell_all)

            reader = self._log.group_reader(
                self._topics,
                self.group,
                assigned=lambda committed: self._assigned(committed, tell),
                revoked=lambda partitions: self._revoked(partitions, tell),
            )
            reading = asyncio.create_task(self._read(reader, thread))
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait((reading, stopping), return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                if not self._stopping.is_set():
                    reading.cancel()
                await asyncio.to_thread(reader.close)  # a poll under way returns, so that we stop at once
                self._tell_all()
            try:
                await reading
            except Stopping:
                log.info("stopped_before_done")

    def follow(self, topics: Sequence[Topic], *, assigned: Assigned, revoked: Revoked) -> Follower:
        """Begins to follow these topics; to be ended by `leave`."""
        names = frozenset(topic.name for topic in topics)
        follower = Follower(
            self._log,
            lambda: {at: window for at, window in self._windows.items() if at.topic in names},
            assigned=assigned,
            revoked=revoked,
            moved=self._moved.set,
        )
        self._followers[follower] = names
        return follower

    async def leave(self, follower: Follower) -> None:
        """Ends what `follow` began; nobody waits for it any more."""
        self._followers.pop(follower, None)
        self._moved.set()
        await follower.close()

    async def _read(self, reader: GroupReader, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            records = await self._patience.until_done(
                "records", lambda: loop.run_in_executor(thread, reader.poll, MAX_POLL, POLL_S)
            )
            self._has_joined = True
            self._take_in(records)
            if time.monotonic() - self._committed_at > COMMIT_EVERY_S:
                await loop.run_in_executor(thread, self._commit, reader, self._lowest())
            await self._make_room()

    def _assigned(
        self, committed: Mapping[Partition, Committed | None], tell: Callable[[], None]
    ) -> dict[Partition, int]:
        """Runs in the reading thread, as `_revoked` does; what the loop sees is exchanged as a whole."""
        starts = {at: known.offset if known else 0 for at, known in committed.items()}
        self._windows = {**self._windows, **{at: Window(start) for at, start in starts.items()}}
        log.info("assigned", partitions=len(starts))
        tell()
        return starts

    def _revoked(self, partitions: frozenset[Partition], tell: Callable[[], None]) -> None:
        self._windows = {at: window for at, window in self._windows.items() if at not in partitions}
        tell()

    def _tell_all(self) -> None:
        self._moved.set()
        for follower in self._followers:
            follower.hear()

    def _take_in(self, records: Sequence[Record]) -> None:
        of_partition: dict[Partition, list[Record]] = {}
        for record in records:
            of_partition.setdefault(Partition(record.position.topic, record.position.partition), []).append(record)
        for partition, its_records in of_partition.items():
            window = self._windows.get(partition)
            if window is not None:
                chunk = window.add(its_records)
                self._chunks.append((partition, chunk))
                self._records_kept += chunk.records
                self._bytes_kept += chunk.bytes
                for follower, topics in self._followers.items():
                    if partition.topic in topics:
                        follower.hear(partition)

    async def _make_room(self) -> None:
        """Forgets the oldest records; first waits for those who still need them, unless others wait for more."""
        while self._records_kept > self._bounds.records or self._bytes_kept > self._bounds.bytes:
            partition, chunk = self._chunks[0]
            if self._windows.get(partition) is chunk.window and self._has_to_wait(partition, chunk):
                await self._wait_for_moves()
                if self._stopping.is_set():
                    return
            else:
                chunk.window.drop(chunk)
                self._chunks.popleft()
                self._records_kept -= chunk.records
                self._bytes_kept -= chunk.bytes

    def _has_to_wait(self, partition: Partition, chunk: Chunk) -> bool:
        if not any(follower.needs(partition, chunk) for follower in self._followers):
            return False
        return not any(
            follower.wants_more_than(partition, chunk, self._bounds.slowest_s) for follower in self._followers
        )

    async def _wait_for_moves(self) -> None:
        self._beat()
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._moved.wait()

    def _lowest(self) -> dict[Partition, Committed]:
        """Where the windows would best begin, should we be started anew now."""
        lowest: dict[Partition, Committed] = {}
        for partition, window in self._windows.items():
            stands = [at for follower in self._followers if (at := follower.is_at(partition)) is not None]
            lowest[partition] = Committed(offset=min([window.end, *stands]))
        return lowest

    def _commit(self, reader: GroupReader, offsets: Mapping[Partition, Committed]) -> None:
        """Where the broker is away, the next time does it."""
        self._committed_at = time.monotonic()
        new = {at: one for at, one in offsets.items() if self._committed.get(at) != one.offset}
        if new:
            try:
                reader.commit(new)
            except LogUnavailable:
                return
            self._committed.update({at: one.offset for at, one in new.items()})


def group_of(models: Collection[Model]) -> str:
    """The consumer group of the processes with just these models."""
    names = "\n".join(sorted(model.projection for model in models))
    return f"projector.{sha256(names.encode()).hexdigest()[:12]}"
