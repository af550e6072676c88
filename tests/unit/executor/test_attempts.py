"""Who may start, and what a start that was left open means."""

import pytest

from executor.attempts import CROWDED_BYTES, DEATHS_ALLOWED, Attempts, Start
from executor.start_notes import NOTE_BYTES
from schemas.eventlog.port import Committed, Partition
from schemas.values import Position

P0 = Partition("jobs.practice", 0)
P1 = Partition("jobs.contest", 1)


def at(offset: int, partition: Partition = P0) -> Position:
    return Position(topic=partition.topic, partition=partition.number, offset=offset)


def owner(*notes: str) -> Attempts:
    """An executor that has just been given both partitions, from offset 0; `notes` are P0's and P1's."""
    attempts = Attempts()
    for partition, note in zip((P0, P1), (*notes, "", ""), strict=False):
        attempts.take_over(partition, Committed(offset=0, metadata=note))
    return attempts


def next_owner(attempts: Attempts) -> Attempts:
    """Whoever gets the partitions from this one, with what it noted last."""
    return owner(attempts.note(P0, 0), attempts.note(P1, 0))


def test_a_start_is_noted_and_a_finish_forgotten() -> None:
    attempts = owner()
    assert attempts.start(at(0)) == Start(position=at(0), number=1)
    assert attempts.note(P0, 0) == "1 0:01r0"
    attempts.finished(at(0))
    assert attempts.note(P0, 0) == ""


def test_what_waits_is_not_counted() -> None:
    attempts = owner()
    attempts.start(at(0))
    following = next_owner(attempts)
    assert following.start(at(7, P1)) == Start(position=at(7, P1), number=1)


def test_who_ran_when_its_executor_died_runs_alone() -> None:
    attempts = owner()
    attempts.start(at(0))
    attempts.start(at(1))
    following = next_owner(attempts)
    assert following.may_start(at(0))
    assert following.start(at(0)) == Start(position=at(0), number=2, alone=True)
    assert not following.may_start(at(1))
    assert not following.may_start(at(5, P1))
    following.finished(at(0))
    following.ended(at(0))
    following.start(at(5, P1))
    assert not following.may_start(at(1)), "somebody runs"
    following.ended(at(5, P1))
    assert following.may_start(at(1))


def test_only_deaths_while_alone_count_to_three() -> None:
    attempts = owner()
    attempts.start(at(0))
    attempts.start(at(1))
    for number in range(2, 2 + DEATHS_ALLOWED):
        attempts = next_owner(attempts)
        assert attempts.start(at(0)) == Start(position=at(0), number=number, alone=True)
    attempts = next_owner(attempts)
    assert attempts.start(at(0)) == Start(position=at(0), number=number, exhausted=True)
    attempts.finished(at(0))
    attempts.ended(at(0))
    assert attempts.start(at(1)) == Start(position=at(1), number=2, alone=True), "no neighbour is blamed"


def test_the_end_of_an_exhausted_job_is_no_death() -> None:
    attempts = owner("1 0:05s3")
    for _ in range(3):
        assert attempts.start(at(0)) == Start(position=at(0), number=5, exhausted=True)
        attempts = next_owner(attempts)


@pytest.mark.parametrize("note", ["1 0:01f0", "1 0:04s2"])
def test_a_drain_takes_back_what_it_leaves_open_but_its_number(note: str) -> None:
    attempts = owner(note)
    before = attempts.start(at(0))
    attempts.take_back([P0, P1])
    following = next_owner(attempts)
    after = following.start(at(0))
    assert (after.alone, after.number) == (before.alone, before.number + 1)


def test_what_broke_its_executor_is_not_taken_back() -> None:
    attempts = owner()
    attempts.start(at(0))
    attempts.start(at(1))
    attempts.take_back([P0, P1], but=[at(0)])
    assert attempts.note(P0, 0) == "1 0:01r0 1:01f0"


def test_another_start_after_a_failure_of_ours_is_no_death() -> None:
    attempts = owner()
    first = attempts.start(at(0))
    second = attempts.again(first)
    assert second == Start(position=at(0), number=2)
    assert attempts.note(P0, 0) == "1 0:02r0"
    assert attempts.again(first) is None, "it was overtaken"


def test_a_job_that_became_anothers_is_not_started_again() -> None:
    attempts = owner()
    start = attempts.start(at(0))
    attempts.take_back([P0])
    attempts.forget([P0])
    assert attempts.again(start) is None
    attempts.take_over(P0, Committed(offset=0, metadata="1 0:01f0"))
    assert attempts.again(start) is None
    assert not attempts.may_start(at(0)), "it still runs here"
    attempts.ended(at(0))
    assert attempts.start(at(0)).number == 2


def test_who_runs_of_a_lost_partition_is_company_until_it_ends() -> None:
    attempts = owner("", "1 0:01s0")
    attempts.start(at(0))
    attempts.forget([P0])
    assert not attempts.may_start(at(0, P1))
    attempts.ended(at(0))
    assert attempts.may_start(at(0, P1))


@pytest.mark.parametrize("note", ["junk", "9 0:01r0", "1 0:01r0 and more"])
def test_an_unreadable_note_is_told_and_counts_nothing(note: str) -> None:
    attempts = Attempts()
    assert not attempts.take_over(P0, Committed(offset=4, metadata=note))
    assert attempts.start(at(4)) == Start(position=at(4), number=1)


def test_a_partition_without_a_commit_begins_with_nothing() -> None:
    attempts = Attempts()
    assert attempts.take_over(P0, None)
    assert attempts.start(at(0)).number == 1


def test_in_a_crowded_note_jobs_run_one_at_a_time() -> None:
    attempts = owner()
    started: list[Start] = []
    while attempts.may_start(at(len(started))):
        started.append(attempts.start(at(len(started))))
    assert CROWDED_BYTES - 40 < len(attempts.note(P0, 0)) <= CROWDED_BYTES < NOTE_BYTES
    assert attempts.may_start(at(0, P1)), "other partitions have notes of their own"
    late = at(len(started))
    following = next_owner(attempts)
    following.start(at(0, P1))
    assert following.may_start(late), "nothing of its partition runs"
    following.start(late)
    assert not following.may_start(at(late.offset + 1))
    following.ended(late)
    following.finished(late)
    assert following.may_start(at(late.offset + 1))


@pytest.mark.parametrize(
    ("note", "lost"),
    [("", 0), ("1 0:01f0", 0), ("1 0:01s0 1:02s1", 0), ("1 0:01r0", 1), ("1 0:01r0 1:02a1 2:01s0 3:01f0", 2)],
)
def test_starts_that_were_left_open_are_counted_once(note: str, lost: int) -> None:
    attempts = Attempts()
    attempts.take_over(P0, Committed(offset=4, metadata=note))
    assert attempts.lost == lost
    attempts.take_over(P0, Committed(offset=4, metadata=attempts.note(P0, 4)))
    assert attempts.lost == lost
