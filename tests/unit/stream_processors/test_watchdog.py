"""The watchdog over a log in memory, with a clock that a test winds."""

import asyncio
from collections.abc import Iterator
from itertools import count

import pytest

from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.port import Committed, Partition
from schemas.topics import SUBMISSIONS
from stream_processors.watchdog import Standstill, Watchdog
from tests.unit.stream_processors.examples import received

DEADLINE_S = 5
GROUP = "readers"


@pytest.fixture
def log() -> Iterator[MemoryEventLog]:
    log = MemoryEventLog()
    yield log
    log.close()


def watchdog(log: MemoryEventLog) -> Watchdog:
    """Each look at the clock is a second later."""
    seconds = count()
    return Watchdog(log, GROUP, (SUBMISSIONS,), clock_s=lambda: float(next(seconds)), look_every_s=0.0)


async def is_still_watching(dog: Watchdog, *, within_s: float = 0.3) -> bool:
    """Whether it has seen no standstill in hundreds of its seconds."""
    watching = asyncio.create_task(dog.watch())
    done, _ = await asyncio.wait([watching], timeout=within_s)
    watching.cancel()
    return not done


async def test_a_group_that_stands_still_is_seen(log: MemoryEventLog) -> None:
    position = log.append(SUBMISSIONS, received()).result()
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(Standstill, match=f"submissions:{position.partition} stands at 0"):
            await watchdog(log).watch()


async def test_a_group_that_has_read_everything_is_left_alone(log: MemoryEventLog) -> None:
    position = log.append(SUBMISSIONS, received()).result()
    reader = log.group_reader([SUBMISSIONS], GROUP)
    while not reader.poll(10, 1.0):
        pass
    reader.commit({Partition(SUBMISSIONS.name, position.partition): Committed(offset=position.offset + 1)})
    assert await is_still_watching(watchdog(log))


async def test_while_the_broker_is_away_nothing_is_concluded(log: MemoryEventLog) -> None:
    log.append(SUBMISSIONS, received()).result()
    log.outage = Outage.DOWN
    dog = watchdog(log)
    assert await is_still_watching(dog)
    assert dog.broker_silent() is not None


async def test_a_broker_that_answers_is_not_silent(log: MemoryEventLog) -> None:
    dog = watchdog(log)
    assert dog.broker_silent() is not None
    assert await is_still_watching(dog)
    assert dog.broker_silent() is None
