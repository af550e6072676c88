"""Where records wait for a slot."""

from threading import Thread

from executor.waiting_jobs import WaitingJobs
from schemas.eventlog.port import Partition, Record
from schemas.topics import JOBS
from schemas.values import Lane, Position
from tests.unit.executor.jobs import NOW, job


def record(lane: Lane, offset: int, partition: int = 0) -> Record:
    position = Position(topic=JOBS[lane].name, partition=partition, offset=offset)
    return Record(position=position, appended_at=NOW, event=job(lane=lane))


def test_a_contest_goes_before_rejudgings_that_came_first() -> None:
    waiting = WaitingJobs(capacity=10)
    for offset in range(3):
        waiting.put(record(Lane.REJUDGE, offset))
    waiting.put(record(Lane.CONTEST, 0))
    assert waiting.take() == record(Lane.CONTEST, 0)
    assert waiting.take() == record(Lane.REJUDGE, 0)


def test_a_lane_is_full_at_its_capacity_and_other_lanes_are_not() -> None:
    waiting = WaitingJobs(capacity=2)
    waiting.put(record(Lane.CONTEST, 0))
    assert not waiting.full("jobs.contest")
    waiting.put(record(Lane.CONTEST, 1))
    assert waiting.full("jobs.contest")
    assert not waiting.full("jobs.practice")


def test_what_waits_of_a_revoked_partition_is_taken_out() -> None:
    waiting = WaitingJobs(capacity=10)
    for partition in (0, 1):
        waiting.put(record(Lane.PRACTICE, 7, partition))
    assert waiting.drop({Partition("jobs.practice", 0)}) == [record(Lane.PRACTICE, 7, 0)]
    assert waiting.take() == record(Lane.PRACTICE, 7, 1)


def test_closing_wakes_whoever_waits_and_hands_out_nothing_more() -> None:
    waiting, taken = WaitingJobs(capacity=1), list[Record | None]()
    thread = Thread(target=lambda: taken.append(waiting.take()))
    thread.start()
    waiting.close()
    thread.join(10)
    waiting.put(record(Lane.CONTEST, 0))
    assert taken == [None]
    assert waiting.take() is None
