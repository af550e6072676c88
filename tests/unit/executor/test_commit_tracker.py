"""What may be committed never passes an unfinished job."""

from hypothesis import given
from hypothesis import strategies as st

from executor.commit_tracker import CommitTracker
from schemas.eventlog.port import Partition
from schemas.values import Position

P0 = Partition("jobs.practice", 0)
P1 = Partition("jobs.contest", 1)


def at(offset: int, partition: Partition = P0) -> Position:
    return Position(topic=partition.topic, partition=partition.number, offset=offset)


def tracker_with(*offsets: int) -> CommitTracker:
    tracker = CommitTracker()
    for offset in offsets:
        tracker.taken(at(offset))
    return tracker


def test_nothing_is_committable_while_the_first_job_runs() -> None:
    tracker = tracker_with(5, 6, 7)
    tracker.finished(at(6))
    tracker.finished(at(7))
    assert tracker.committable() == {P0: 5}


def test_the_gap_closes_when_the_slow_job_ends() -> None:
    tracker = tracker_with(5, 6, 7)
    tracker.finished(at(6))
    tracker.finished(at(5))
    assert tracker.committable() == {P0: 7}


def test_all_finished_means_the_offset_after_the_last() -> None:
    tracker = tracker_with(5, 6)
    tracker.finished(at(5))
    tracker.finished(at(6))
    assert tracker.committable() == {P0: 7}


def test_offsets_may_leave_gaps() -> None:
    tracker = tracker_with(5, 9, 30)
    tracker.finished(at(5))
    tracker.finished(at(9))
    assert tracker.committable() == {P0: 30}


def test_partitions_do_not_wait_for_each_other() -> None:
    tracker = tracker_with(5)
    tracker.taken(at(2, P1))
    tracker.finished(at(2, P1))
    assert tracker.committable() == {P0: 5, P1: 3}


def test_a_revoked_partition_is_forgotten_and_its_late_jobs_ignored() -> None:
    tracker = tracker_with(5)
    tracker.forget([P0])
    tracker.finished(at(5))
    assert tracker.committable() == {}
    assert not tracker.is_unfinished(at(5))


def test_a_job_that_ends_after_its_partition_came_back_counts() -> None:
    tracker = tracker_with(5)
    tracker.forget([P0])
    tracker.taken(at(5))
    tracker.finished(at(5))
    tracker.finished(at(5))
    assert tracker.committable() == {P0: 6}


def test_what_was_forgotten_does_not_hold_back_what_is_taken_anew() -> None:
    tracker = tracker_with(5, 6)
    tracker.forget([P0])
    tracker.taken(at(9))
    tracker.finished(at(9))
    assert tracker.committable() == {P0: 10}


@given(st.data())
def test_a_commit_never_passes_an_unfinished_job_and_reaches_the_end(data: st.DataObject) -> None:
    offsets = data.draw(st.lists(st.integers(0, 500), min_size=1, unique=True).map(sorted))
    tracker = tracker_with(*offsets)
    done: set[int] = set()
    committed = 0
    for offset in data.draw(st.permutations(offsets)):
        tracker.finished(at(offset))
        done.add(offset)
        assert {other for other in offsets if not tracker.is_unfinished(at(other))} == done
        movable = tracker.committable()[P0]
        assert all(earlier in done for earlier in offsets if earlier < movable)
        assert movable >= committed
        committed = movable
    assert committed == offsets[-1] + 1
