"""One reading of the log for many followers: everyone gets everything once, in order, at a pace of their own."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest

from projections.models.model import Model
from projections.models.submission import SUBMISSION_MODEL
from projections.models.submission_lists import USER_SUBMISSIONS_MODEL
from projections.projector import shared_reader
from projections.projector.shared_reader import Bounds, SharedReader, group_of
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_readers import MemoryReader
from schemas.eventlog.port import Partition
from schemas.topics import SUBMISSIONS, VERDICTS
from tests.unit.projections.stories import received, verdict

TOPICS = (SUBMISSIONS, VERDICTS)
ROOMY = Bounds()
MOMENT_S = 0.02
DEADLINE_S = 20.0


class CountingLog(MemoryEventLog):
    """Counts the readers that were opened beside the group's."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Mapping[Partition, int]] = []

    def reader(self, starts: Mapping[Partition, int], *, key: str | None = None) -> MemoryReader:
        self.opened.append(dict(starts))
        return super().reader(starts, key=key)


class Walker:
    """Follows the log from its checkpoints, and notes what it was given since each assignment."""

    def __init__(self, reader: SharedReader, starts: Mapping[Partition, int] | None = None) -> None:
        self._starts = starts or {}
        self.began: dict[Partition, int] = {}
        self.offsets: dict[Partition, list[int]] = {}
        self.follower = reader.follow(TOPICS, assigned=self._assigned, revoked=self._revoked)

    async def walk(self, at_most: int = 500) -> int:
        records = await self.follower.poll(at_most, MOMENT_S)
        assert len(records) <= at_most
        for record in records:
            partition = Partition(record.position.topic, record.position.partition)
            self.offsets.setdefault(partition, []).append(record.position.offset)
        return len(records)

    async def walk_to_the_end(self, log: MemoryEventLog) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not self.is_at_the_end(log):
                await self.walk()

    def is_at_the_end(self, log: MemoryEventLog) -> bool:
        ends = {Partition(topic.name, n): end for topic in TOPICS for n, end in log.end_offsets(topic).items()}
        return self.began.keys() == ends.keys() and all(self._stands(at) >= end for at, end in ends.items())

    def check(self) -> None:
        """Nothing is missing and nothing came twice."""
        for partition, offsets in self.offsets.items():
            assert not offsets or offsets[0] == self.began[partition]
            assert all(after == before + 1 for before, after in pairwise(offsets)), (partition, offsets)

    def _stands(self, partition: Partition) -> int:
        offsets = self.offsets.get(partition)
        return offsets[-1] + 1 if offsets else self.began[partition]

    async def _assigned(self, partitions: frozenset[Partition]) -> Mapping[Partition, int]:
        starts = {at: self._starts.get(at, 0) for at in partitions}
        self.began |= starts
        self.offsets |= {at: [] for at in partitions}
        return starts

    def _revoked(self, partitions: frozenset[Partition]) -> None:
        for partition in partitions:
            del self.began[partition]


@asynccontextmanager
async def reading(
    log: MemoryEventLog, bounds: Bounds = ROOMY, model: Model = SUBMISSION_MODEL
) -> AsyncIterator[SharedReader]:
    stopping = asyncio.Event()
    reader = SharedReader([replace(model, topics=TOPICS)], log, stopping=stopping, bounds=bounds)
    running = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        stopping.set()
        await running


def tell(log: MemoryEventLog, begin: int, count: int) -> None:
    for number in range(begin, begin + count):
        log.append(SUBMISSIONS, received(number)).result()
        log.append(VERDICTS, verdict(number)).result()


async def test_many_follow_what_is_read_once() -> None:
    log = CountingLog()
    tell(log, 0, 50)
    async with reading(log) as reader:
        walkers = [Walker(reader) for _ in range(5)]
        for walker in walkers:
            await walker.walk_to_the_end(log)
        tell(log, 50, 50)
        for walker in walkers:
            await walker.walk_to_the_end(log)
            walker.check()
    assert log.opened == []


async def test_who_begins_before_the_windows_reads_alone_until_there() -> None:
    log = CountingLog()
    tell(log, 0, 100)
    async with reading(log, Bounds(records=10)) as reader:
        first = Walker(reader)
        await first.walk_to_the_end(log)
        tell(log, 100, 1)  # is read only once there is room for it
        await first.walk_to_the_end(log)
        late = Walker(reader)
        await late.walk_to_the_end(log)
        late.check()
        opened = len(log.opened)
        assert opened > 0
        tell(log, 101, 2)
        await late.walk_to_the_end(log)
        late.check()
        assert len(log.opened) == opened


async def test_who_is_ahead_of_the_windows_gets_nothing_twice() -> None:
    log = MemoryEventLog()
    tell(log, 0, 30)
    ends = {Partition(topic.name, n): end for topic in TOPICS for n, end in log.end_offsets(topic).items()}
    async with reading(log) as reader:
        ahead = Walker(reader, ends)
        await Walker(reader).walk_to_the_end(log)
        await ahead.walk()
        assert not any(ahead.offsets.values())
        tell(log, 30, 5)
        await ahead.walk_to_the_end(log)
        ahead.check()


async def test_windows_wait_for_the_slowest_while_all_wait() -> None:
    log = CountingLog()
    async with reading(log, Bounds(records=10, slowest_s=0.0)) as reader:
        walkers = [Walker(reader) for _ in range(3)]
        for walker in walkers:
            await walker.walk()
        for number in range(200):
            tell(log, number, 1)
        await asyncio.gather(*(walker.walk_to_the_end(log) for walker in walkers))
        for walker in walkers:
            walker.check()


async def test_nobody_waits_for_one_who_sleeps() -> None:
    log = CountingLog()
    async with reading(log, Bounds(records=10, slowest_s=0.0)) as reader:
        quick, sleeper = Walker(reader), Walker(reader)
        await sleeper.walk()
        tell(log, 0, 100)
        await quick.walk_to_the_end(log)
        quick.check()
        assert log.opened == []
        await sleeper.walk_to_the_end(log)
        sleeper.check()
        assert log.opened != []


async def test_a_window_begins_where_the_slowest_stood() -> None:
    log = CountingLog()
    tell(log, 0, 20)
    async with reading(log) as reader:
        walker = Walker(reader)
        await walker.walk_to_the_end(log)
        async with asyncio.timeout(DEADLINE_S):
            while sum(one.offset for topic in TOPICS for one in log.committed(reader.group, topic).values()) < 40:
                await walker.walk()
    ends = {Partition(topic.name, n): end for topic in TOPICS for n, end in log.end_offsets(topic).items()}
    async with reading(log) as reader:
        again = Walker(reader, ends)
        tell(log, 20, 10)
        await again.walk_to_the_end(log)
        again.check()
    assert log.opened == []


@pytest.mark.parametrize("seed", range(25))
async def test_whatever_happens_nothing_is_lost_and_nothing_comes_twice(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where windows begin again at what was committed just now, many read alone for a while."""
    monkeypatch.setattr(shared_reader, "COMMIT_EVERY_S", 0.0 if seed % 2 else shared_reader.COMMIT_EVERY_S)
    rng = random.Random(seed)
    log, told = MemoryEventLog(), 0
    bounds = Bounds(records=rng.choice([1, 5, 30]), slowest_s=rng.choice([0.0, 0.01]))
    async with reading(log, bounds) as reader:
        walkers = [Walker(reader) for _ in range(3)]
        other = None
        for _ in range(80):
            match rng.choice(["tell", "tell", "walk", "walk", "walk", "join", "leave"]):
                case "tell":
                    count = rng.choice([1, 3, 20])
                    tell(log, told, count)
                    told += count
                case "walk":
                    await rng.choice(walkers).walk(rng.choice([1, 2, 7, 500]))
                case "join" if other is None:
                    other = log.group_reader(TOPICS, reader.group)
                    await asyncio.to_thread(other.poll, 1, 0.0)
                case "leave" if other is not None:
                    await asyncio.to_thread(other.close)
                    other = None
        if other is not None:
            await asyncio.to_thread(other.close)
        await asyncio.gather(*(walker.walk_to_the_end(log) for walker in walkers))
        for walker in walkers:
            walker.check()


def test_processes_with_other_models_are_in_other_groups() -> None:
    one, both = group_of([SUBMISSION_MODEL]), group_of([SUBMISSION_MODEL, USER_SUBMISSIONS_MODEL])
    assert one != both
    assert both == group_of([USER_SUBMISSIONS_MODEL, SUBMISSION_MODEL])
    assert one != group_of([replace(SUBMISSION_MODEL, version=SUBMISSION_MODEL.version + 1)])
