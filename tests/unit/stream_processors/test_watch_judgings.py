"""Which judgings stand still, and what is done about them."""

from collections.abc import Callable

import pytest

from executor.compile import COMPILE_LIMITS
from executor.patience import RETRY_DELAYS_S
from executor.policy import MOST_RUNS as RUNS_OF_EXECUTORS
from schemas.eventlog.port import Partition
from schemas.events import JudgingRequested, JudgingStalled
from schemas.ids import ExecutorId, derived_event_id, judging_id
from schemas.topics import JOBS
from schemas.values import Lane, StallAnswer
from stream_processors.watch_judgings import (
    ANSWERED_AT_ONCE,
    COMPILE_S,
    MOST_ANSWERS,
    MOST_ATTEMPTS,
    MOST_RUNS,
    SLACK_S,
    WATCHED,
    asked_again,
    told,
)
from tests.unit.stream_processors.examples import submission_id
from tests.unit.stream_processors.stalls import EAST, HALVES, NOW, PATIENCE_S, TOPIC, WEST, Pool, job

LONG = PATIENCE_S + 1
NEARLY = PATIENCE_S - 1


def waits(pool: Pool) -> None:
    """Nobody has begun it, and its reader does nothing at all."""
    pool.ask(1)
    pool.wait(LONG)


def waits_not_long(pool: Pool) -> None:
    pool.ask(1)
    pool.wait(NEARLY)


def waits_after_an_idle_hour(pool: Pool) -> None:
    pool.wait(3600)
    pool.ask(1)
    pool.wait(NEARLY)


def waits_behind_others(pool: Pool) -> None:
    """Its reader is busy with other partitions, for ten times as long."""
    pool.ask(1, 0)
    for number in range(2, 22):
        other = pool.ask(number, 1)
        pool.start(other, number)
        pool.wait(PATIENCE_S / 2)
        pool.judge(other, number)
        pool.commit(1, other.offset + 1)


def waits_behind_one_long_judging(pool: Pool) -> None:
    """Case after case of another job ends, each within its time."""
    pool.ask(1, 0)
    other = pool.ask(2, 1)
    pool.start(other, 2)
    for _ in range(10):
        pool.wait(NEARLY)
        pool.end_case(other, 2)


def waits_while_others_are_busy(pool: Pool) -> None:
    """Another executor gets on; the one that reads its partition does not."""
    pool.ask(1, 0)
    for number in range(2, 22):
        other = pool.ask(number, 5)
        pool.start(other, number, "west")
        pool.wait(PATIENCE_S / 2)
        pool.judge(other, number)
        pool.commit(5, other.offset + 1)


def nobody_reads_it(pool: Pool) -> None:
    pool.ask(1)
    pool.give(0, None)
    pool.wait(LONG)


def begun_and_silent(pool: Pool) -> None:
    pool.start(pool.ask(1), 1)
    pool.wait(LONG)


def begun_and_getting_on(pool: Pool) -> None:
    at = pool.ask(1)
    pool.start(at, 1)
    for _ in range(5):
        pool.wait(NEARLY)
        pool.end_case(at, 1)
    pool.wait(NEARLY)


def begun_again_by_itself(pool: Pool) -> None:
    """An executor that tries again after a failure of ours."""
    at = pool.ask(1)
    for _ in range(3):
        pool.start(at, 1)
        pool.wait(NEARLY)


def begun_by_one_that_died(pool: Pool) -> None:
    """Its partition has another reader now, who has other work first; a suspect waits until it may run alone."""
    pool.start(pool.ask(1), 1)
    pool.wait(10)
    pool.give(0, WEST)
    other = pool.ask(2, 5)
    for _ in range(4):
        pool.start(other, 2, "west")
        pool.wait(NEARLY)


def begun_by_one_that_died_and_left(pool: Pool) -> None:
    """Nor does its next reader begin anything."""
    pool.start(pool.ask(1), 1)
    pool.give(0, WEST)
    pool.wait(LONG)


def one_slot_hangs(pool: Pool) -> None:
    """The others of the same executor go on."""
    pool.start(pool.ask(1), 1)
    for number in range(2, 8):
        other = pool.ask(number, 0)
        pool.start(other, number)
        pool.wait(PATIENCE_S / 4)
        pool.judge(other, number)


def judged_out_of_order(pool: Pool) -> None:
    """A verdict is there, and the offset is not committed, since another job before it runs."""
    first, second = pool.ask(1), pool.ask(2)
    pool.start(second, 2)
    pool.judge(second, 2)
    pool.start(first, 1)
    pool.wait(NEARLY)
    pool.end_case(first, 1)
    pool.wait(NEARLY)


def committed(pool: Pool) -> None:
    pool.start(pool.ask(1), 1)
    pool.commit(0, 1)
    pool.wait(LONG)


def asked_again_and_under_way(pool: Pool) -> None:
    """The first attempt stands; the second is within its time."""
    pool.start(pool.ask(1), 1)
    pool.wait(LONG)
    pool.start(pool.ask(1, 4, attempt=2), 1, "west")
    pool.wait(NEARLY)


def asked_again_and_judged(pool: Pool) -> None:
    pool.start(pool.ask(1), 1)
    pool.wait(LONG)
    again = pool.ask(1, 4, attempt=2)
    pool.start(again, 1, "west")
    pool.judge(again, 1)
    pool.commit(4, 1)
    pool.wait(LONG)


@pytest.mark.parametrize(
    ("happens", "stalled"),
    [
        (waits, [1]),
        (waits_not_long, []),
        (waits_after_an_idle_hour, []),
        (waits_behind_others, []),
        (waits_behind_one_long_judging, []),
        (waits_while_others_are_busy, [1]),
        (nobody_reads_it, []),
        (begun_and_silent, [1]),
        (begun_and_getting_on, []),
        (begun_again_by_itself, []),
        (begun_by_one_that_died, []),
        (begun_by_one_that_died_and_left, [1]),
        (one_slot_hangs, [1]),
        (judged_out_of_order, []),
        (committed, []),
        (asked_again_and_under_way, []),
        (asked_again_and_judged, []),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_judging_stands_still_when_it_should_get_on_and_does_not(
    happens: Callable[[Pool], None], stalled: list[int]
) -> None:
    pool = Pool()
    happens(pool)
    assert pool.stalled() == stalled


def test_it_is_asked_again_where_another_executor_takes_it_and_least_waits() -> None:
    pool = Pool()
    others = {2: pool.ask(2, 3), 3: pool.ask(3, 5)}
    pool.start(pool.ask(1), 1)
    pool.wait(NEARLY)
    for number, at in others.items():
        pool.start(at, number, "west")
    pool.wait(2)
    [answer] = pool.answers()
    assert (answer.answer, answer.partition) == (StallAnswer.ASKED_AGAIN, Partition(TOPIC.name, 4))
    assert answer.stalled.executor_id == ExecutorId("east")
    assert pool.answers() == []


def test_several_are_spread_over_the_partitions_of_others() -> None:
    pool = Pool()
    for number in range(6):
        pool.ask(number, number % 3)
    pool.wait(LONG)
    assert sorted(answer.partition.number for answer in pool.answers() if answer.partition) == [3, 3, 4, 4, 5, 5]


def test_a_slot_that_hangs_leaves_its_work_to_its_neighbours() -> None:
    pool = Pool(owners=dict.fromkeys(Pool().owners, EAST))
    one_slot_hangs(pool)
    [answer] = pool.answers()
    assert answer.answer is StallAnswer.ASKED_AGAIN


def test_where_nobody_else_is_it_is_told_once_and_asked_when_somebody_comes() -> None:
    pool = Pool(owners=dict.fromkeys(Pool().owners, EAST))
    pool.ask(1)
    pool.wait(LONG)
    assert [(it.answer, it.partition) for it in pool.answers()] == [(StallAnswer.NOBODY_ELSE, None)]
    assert pool.answers() == []
    pool.give(4, WEST)
    assert [(it.answer, it.partition) for it in pool.answers()] == [(StallAnswer.ASKED_AGAIN, Partition(TOPIC.name, 4))]


def test_where_no_other_reads_its_lane_it_is_asked_in_another() -> None:
    elsewhere = Partition(JOBS[Lane.REJUDGE].name, 2)
    pool = Pool(
        owners={**dict.fromkeys(HALVES, EAST), elsewhere: WEST}, ends={**dict.fromkeys(HALVES, 0), elsewhere: 0}
    )
    pool.start(pool.ask(1), 1)
    pool.wait(LONG)
    assert [(it.answer, it.partition) for it in pool.answers()] == [(StallAnswer.ASKED_AGAIN, elsewhere)]


@pytest.mark.parametrize(
    ("attempt", "answer"),
    [
        (1, StallAnswer.ASKED_AGAIN),
        (MOST_ATTEMPTS - 1, StallAnswer.ASKED_AGAIN),
        (MOST_ATTEMPTS, StallAnswer.GIVEN_UP),
        (MOST_ANSWERS - 1, StallAnswer.GIVEN_UP),
        (MOST_ANSWERS, StallAnswer.NOBODY_ELSE),
    ],
)
def test_attempts_are_bounded(attempt: int, answer: StallAnswer) -> None:
    pool = Pool()
    pool.start(pool.ask(1, attempt=attempt), 1)
    pool.wait(LONG)
    assert [it.answer for it in pool.answers()] == [answer]


def test_what_is_asked_again_is_the_next_attempt_at_the_same_judging() -> None:
    pool = Pool()
    at = pool.ask(1)
    pool.start(at, 1)
    pool.wait(LONG)
    [answer] = pool.answers()
    again = asked_again(answer, job(1), NOW)
    assert (again.attempt, again.judging_id, again.give_up) == (2, judging_id(submission_id(1)), None)
    assert again.event_id == derived_event_id(JudgingRequested.__name__, f"{again.judging_id}:2")
    assert told(answer, NOW) == JudgingStalled(
        event_id=derived_event_id(JudgingStalled.__name__, f"{at}:asked_again"),
        occurred_at=NOW,
        caused_by=at,
        submission_id=submission_id(1),
        judging_id=again.judging_id,
        attempt=1,
        executor_id=ExecutorId("east"),
        stood_s=round(LONG),
        answer=StallAnswer.ASKED_AGAIN,
    )


def test_who_is_given_up_says_why() -> None:
    pool = Pool()
    pool.start(pool.ask(1, attempt=MOST_ATTEMPTS), 1)
    pool.wait(LONG)
    [answer] = pool.answers()
    assert asked_again(answer, job(1), NOW).give_up == f"stalled {MOST_ATTEMPTS} times, the last time for {LONG:.0f} s"


def test_many_are_asked_again_in_several_looks() -> None:
    pool = Pool()
    for number in range(ANSWERED_AT_ONCE + 5):
        pool.ask(number)
    pool.wait(LONG)
    assert [len(pool.answers()) for _ in range(3)] == [ANSWERED_AT_ONCE, 5, 0]


def test_what_was_judged_elsewhere_hides_nothing_behind_it() -> None:
    """A reader that hangs commits nothing, however much of its work others have done."""
    pool = Pool()
    positions = [pool.ask(1) for _ in range(WATCHED)]
    pool.judge(positions[0], 1)
    pool.ask(2)
    pool.wait(LONG)
    assert pool.stalled() == [2]


def test_the_patience_covers_what_an_executor_may_take() -> None:
    assert COMPILE_LIMITS.wall_time_ms == COMPILE_S * 1000
    assert MOST_RUNS == RUNS_OF_EXECUTORS
    assert max(RETRY_DELAYS_S) < SLACK_S - COMPILE_S
