"""The watch over a log in memory, with executors that judge and executors that only poll, and a clock that is wound."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_readers import MemoryGroupReader
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.port import Committed, Partition
from schemas.events import JudgingRequested, JudgingStalled, VerdictReached
from schemas.golden_records import example
from schemas.topics import EXECUTOR_POOL, JOBS, STALLS, VERDICTS, executor_group
from schemas.values import Lane, Position, StallAnswer
from stream_processors.stall_watch import READ_AFTER_S, StallWatch
from stream_processors.watch_judgings import SLACK_S
from tests.unit.stream_processors.examples import NOW
from tests.unit.stream_processors.stalls import PATIENCE_S, job

TOPIC = JOBS[Lane.PRACTICE]
LOOK_S = 5.0
FOUND_S = READ_AFTER_S + 4 * LOOK_S
"""How much later than it could be known a stall is found."""
DEADLINE_S = 20


class Place:
    """A log, a watch that looks every `LOOK_S` of its own time, and members of the executors' group."""

    def __init__(self) -> None:
        self.log = MemoryEventLog()
        self.now_s = 0.0
        self.ours = True
        self.members: list[MemoryGroupReader] = []
        self.watch = self.new_watch()

    def new_watch(self) -> StallWatch:
        return StallWatch(
            self.log,
            lambda: NOW,
            is_ours=lambda: self.ours,
            sent=lambda *_: None,
            slack_s=SLACK_S,
            clock_s=lambda: self.now_s,
            look_every_s=0.0,
        )

    def join(self) -> MemoryGroupReader:
        """An executor, which has its share of the partitions once every member has polled."""
        self.members.append(self.log.group_reader(list(JOBS.values()), executor_group(EXECUTOR_POOL)))
        for member in self.members * 2:
            member.poll(0, 0.0)
        return self.members[-1]

    def ask(self, number: int, partition: int) -> Position:
        return self.log.append(TOPIC, job(number), partition=partition).result()

    async def pass_time(self, seconds: float) -> None:
        async with asyncio.timeout(DEADLINE_S):
            for _ in range(round(seconds / LOOK_S)):
                self.now_s += LOOK_S
                await self.watch.look()

    def judge_all(self, member: MemoryGroupReader) -> None:
        """What a healthy executor does with what it is given."""
        for record in member.poll(100, 0.0):
            request = record.event
            assert isinstance(request, JudgingRequested)
            verdict: VerdictReached = example(VerdictReached)
            reached = replace(
                verdict,
                submission_id=request.submission_id,
                judging_id=request.judging_id,
                attempt=request.attempt,
                caused_by=record.position,
            )
            self.log.append(VERDICTS, reached).result()
            at = Partition(record.position.topic, record.position.partition)
            member.commit({at: Committed(offset=record.position.offset + 1)})

    def jobs(self) -> list[tuple[int, JudgingRequested]]:
        """All jobs of the lane, each with its partition."""
        records = self.log.records(TOPIC)
        return [(it.position.partition, it.event) for it in records if isinstance(it.event, JudgingRequested)]

    def stalls(self) -> list[StallAnswer]:
        return [event.answer for event in self.log.events(STALLS) if isinstance(event, JudgingStalled)]


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    yield place
    place.log.close()


def partition_of(member: MemoryGroupReader) -> int:
    return min(at.number for at in member.assignment() if at.topic == TOPIC.name)


async def test_what_a_stuck_executor_leaves_lying_is_judged_by_another(place: Place) -> None:
    stuck, healthy = place.join(), place.join()
    position = place.ask(1, partition_of(stuck))
    stuck.poll(10, 0.0)
    await place.pass_time(PATIENCE_S)
    assert place.stalls() == []
    await place.pass_time(FOUND_S)
    assert place.stalls() == [StallAnswer.ASKED_AGAIN]
    [(_, first), (partition, second)] = sorted(place.jobs(), key=lambda it: it[1].attempt)
    assert (first.attempt, second.attempt, second.caused_by) == (1, 2, position)
    assert Partition(TOPIC.name, partition) in healthy.assignment()
    place.judge_all(healthy)
    await place.pass_time(3 * PATIENCE_S)
    assert place.stalls() == [StallAnswer.ASKED_AGAIN]
    assert len(place.log.events(VERDICTS)) == 1


async def test_a_restart_neither_asks_twice_nor_forgets(place: Place) -> None:
    stuck, healthy = place.join(), place.join()
    place.ask(1, partition_of(stuck))
    place.ask(2, partition_of(stuck))
    await place.pass_time(PATIENCE_S + FOUND_S)
    place.judge_all(healthy)
    place.ask(3, partition_of(stuck))
    place.watch = place.new_watch()
    await place.pass_time(PATIENCE_S + FOUND_S)
    place.judge_all(healthy)
    assert sorted((it.submission_id[-1], it.attempt) for _, it in place.jobs()) == [
        ("1", 1),
        ("1", 2),
        ("2", 1),
        ("2", 2),
        ("3", 1),
        ("3", 2),
    ]
    assert len(place.log.events(VERDICTS)) == 3


async def test_lone_executors_are_told_of_and_nothing_is_asked(place: Place) -> None:
    place.ask(1, partition_of(place.join()))
    await place.pass_time(3 * PATIENCE_S)
    assert place.stalls() == [StallAnswer.NOBODY_ELSE]
    assert len(place.jobs()) == 1


async def test_after_the_last_attempt_a_job_says_to_give_up(place: Place) -> None:
    """Whoever gets it hangs, and all but one do."""
    members = [place.join() for _ in range(4)]
    place.ask(1, partition_of(members[0]))
    await place.pass_time(12 * PATIENCE_S)
    attempts = {it.attempt: it.give_up for _, it in place.jobs()}
    assert [attempts[number] for number in (1, 2, 3)] == [None] * 3
    assert str(attempts[4]).startswith("stalled 3 times")
    assert place.stalls()[:3] == [StallAnswer.ASKED_AGAIN, StallAnswer.ASKED_AGAIN, StallAnswer.GIVEN_UP]


async def test_while_the_broker_is_away_nothing_is_concluded(place: Place) -> None:
    stuck, _ = place.join(), place.join()
    place.ask(1, partition_of(stuck))
    await place.pass_time(PATIENCE_S - 20)
    place.log.outage = Outage.DOWN
    await place.pass_time(PATIENCE_S)
    place.log.outage = None
    await place.pass_time(PATIENCE_S - 20)
    assert place.stalls() == []


async def test_who_does_not_lead_watches_nothing(place: Place) -> None:
    stuck, _ = place.join(), place.join()
    place.ask(1, partition_of(stuck))
    place.ours = False
    watching = asyncio.create_task(place.watch.watch())
    place.now_s += 10 * PATIENCE_S
    done, _ = await asyncio.wait([watching], timeout=0.05)
    watching.cancel()
    assert not done
    assert place.stalls() == []
