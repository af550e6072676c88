"""Where records wait for a slot."""

from executor.waiting_jobs import WaitingJobs
from schemas.eventlog.port import Partition, Record
from schemas.topics import JOBS
from schemas.values import Lane, Position
from tests.unit.executor.jobs import NOW, job


def record(lane: Lane, offset: int, partition: int = 0) -> Record:
    position = Position(topic=JOBS[lane].name, partition=partition, offset=offset)
    return Record(position=position, appended_at=NOW, event=job(lane=lane))


def anybody(_: Position) -> bool:
    return True


def test_a_contest_goes_before_rejudgings_that_came_first() -> None:
    waiting = WaitingJobs(capacity=10)
    for offset in range(3):
        waiting.put(record(Lane.REJUDGE, offset))
    waiting.put(record(Lane.CONTEST, 0))
    assert waiting.take(anybody) == record(Lane.CONTEST, 0)
    assert waiting.take(anybody) == record(Lane.REJUDGE, 0)


def test_a_lane_is_full_at_its_capacity_and_other_lanes_are_not() -> None:
    waiting = WaitingJobs(capacity=2)
    waiting.put(record(Lane.CONTEST, 0))
    assert not waiting.full("jobs.contest")
    waiting.put(record(Lane.CONTEST, 1))
    assert waiting.full("jobs.contest")
    assert not waiting.full("jobs.practice")


def test_a_lane_is_short_once_half_of_its_capacity_is_free_again() -> None:
    waiting = WaitingJobs(capacity=4)
    for offset in range(5):
        waiting.put(record(Lane.CONTEST, offset))
    seen = []
    while waiting.take(anybody):
        seen.append((waiting.full("jobs.contest"), waiting.short("jobs.contest")))
    assert seen == [(True, False), (False, False), (False, True), (False, True), (False, True)]


def test_who_may_not_start_now_keeps_its_turn() -> None:
    waiting = WaitingJobs(capacity=10)
    waiting.put(record(Lane.PRACTICE, 0))
    waiting.put(record(Lane.PRACTICE, 1))
    assert waiting.take(lambda position: position.offset != 0) is None
    waiting.put(record(Lane.CONTEST, 5))
    assert waiting.any()
    assert waiting.take(lambda position: position.offset != 0) is None
    assert waiting.take(anybody) == record(Lane.PRACTICE, 0)


def test_what_waits_of_a_revoked_partition_is_taken_out_whoever_is_next() -> None:
    waiting = WaitingJobs(capacity=10)
    for partition in (0, 1):
        waiting.put(record(Lane.PRACTICE, 7, partition))
    assert waiting.take(lambda _: False) is None
    waiting.drop({Partition("jobs.practice", 0)})
    assert waiting.take(anybody) == record(Lane.PRACTICE, 7, 1)
    assert not waiting.any()
