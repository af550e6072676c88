"""What a rejudging would change: the matrix, flaky tests, progress; and what becomes of a board."""

from datetime import datetime, timedelta

import pytest

from schemas.ids import LanguageId, ProblemId, TeamId, UserId, judging_id
from schemas.manifests import Selected
from schemas.rules.board_diff import Entry, board_diff
from schemas.rules.contest import contest_of
from schemas.rules.rejudging_effect import Outcome, Progress, Rejudged, is_flaky, matrix, progress
from schemas.values import JudgingOverride, LimitsOverride, Verdict
from tests.unit.rules.contests import START, at, revised
from tests.unit.rules.test_icpc_board import submission_id

AC, WA, TLE, JUDGE_ERROR = Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.JUDGE_ERROR
NOTHING = JudgingOverride()
SLOWER = JudgingOverride(limits=LimitsOverride(cpu_time_ms=2_000))


def outcome(verdict: Verdict, repeat: int = 0) -> Outcome:
    return Outcome(
        repeat=repeat,
        judging_id=judging_id(submission_id(1), "r", repeat),
        user_id=UserId("u"),
        team_id=None,
        contest_id=None,
        problem_id=ProblemId("sum"),
        language=LanguageId("cpp"),
        submitted_at=START,
        verdict=verdict,
        score=0.0,
        cpu_time_ms=1,
        memory_bytes=1,
        cases_stored=0,
        cases_run=1,
    )


def rejudged(old: Verdict | None, *new: Verdict) -> Rejudged:
    selected = Selected(
        submission_id=submission_id(1),
        offset=0,
        contest_id=None,
        judging_id=judging_id(submission_id(1)),
        verdict_offset=0,
        verdict=old,
    )
    outcomes = tuple(outcome(verdict, repeat) for repeat, verdict in enumerate(new))
    return Rejudged(submission_id=submission_id(1), selected=selected, outcomes=outcomes)


def test_the_matrix_counts_what_is_judged() -> None:
    all_of_it = [rejudged(WA, AC), rejudged(WA, AC), rejudged(AC, AC), rejudged(None, TLE), rejudged(AC)]
    assert [(one.old, one.new, one.count) for one in matrix(all_of_it)] == [(AC, AC, 1), (WA, AC, 2), (None, TLE, 1)]


@pytest.mark.parametrize(
    ("one", "override", "flaky"),
    [
        (rejudged(WA, AC), NOTHING, True),
        (rejudged(WA, AC), JudgingOverride(limits=LimitsOverride()), True),
        (rejudged(WA, AC), SLOWER, False),
        (rejudged(AC, AC), NOTHING, False),
        (rejudged(AC, AC, TLE), SLOWER, True),
        (rejudged(AC, AC, JUDGE_ERROR), NOTHING, False),
        (rejudged(JUDGE_ERROR, AC), NOTHING, False),
        (rejudged(AC, JUDGE_ERROR), NOTHING, False),
        (rejudged(None, AC), NOTHING, False),
        (rejudged(AC), NOTHING, False),
    ],
)
def test_flaky_is_what_changes_although_nothing_else_does(
    one: Rejudged, override: JudgingOverride, flaky: bool
) -> None:
    assert is_flaky(one, override) is flaky


def test_changed_is_another_verdict_or_one_that_differs_between_repeats() -> None:
    cases = [rejudged(WA, AC), rejudged(AC, AC), rejudged(AC, AC, TLE), rejudged(AC), rejudged(None, WA)]
    assert [one.is_changed for one in cases] == [True, False, True, False, True]


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("done", "pauses", "last", "now", "rate", "remaining"),
    [
        (0, [], None, 10, None, None),
        (60, [], 10, 10, 0.1, 400.0),
        (60, [10, 20], 10, 20, 0.1, 400.0),
        (60, [10], 10, 30, 0.1, None),
        (100, [], 10, 60, 100 / 600, None),
        (100, [20], 10, 60, 100 / 600, None),
    ],
)
def test_the_rate_is_over_the_time_in_which_it_was_judged(
    done: int, pauses: list[float], last: float | None, now: float, rate: float | None, remaining: float | None
) -> None:
    found = progress(
        total=100,
        done=done,
        begun_at=START,
        pauses=[after(one) for one in pauses],
        last_at=None if last is None else after(last),
        now=after(now),
    )
    assert found == Progress(total=100, done=done, rate_per_s=rate, remaining_s=found.remaining_s)
    assert found.remaining_s == pytest.approx(remaining)


CONTEST = contest_of(revised())
NAMES = {TeamId(name): name.title() for name in ("one", "two", "three")}


def entry(number: int, who: str, minute: float, verdict: Verdict | None, problem: str = "sum") -> Entry:
    return Entry(TeamId(who), ProblemId(problem), at(minute), submission_id(number), verdict)


ENTRIES = [entry(1, "one", 10, AC), entry(2, "two", 5, WA), entry(3, "two", 20, AC), entry(4, "three", 100, WA)]


def test_who_rises_and_falls_stands_in_the_order_of_the_new_board() -> None:
    moved = board_diff(CONTEST, NAMES, ENTRIES, {submission_id(2): AC})
    assert [(one.team_id, one.rank_before, one.rank_after) for one in moved] == [("two", 2, 1), ("one", 1, 2)]
    assert [(one.penalty_before, one.penalty_after) for one in moved] == [(40, 5), (10, 10)]


def test_the_jurys_board_is_meant_freeze_or_not() -> None:
    (moved,) = board_diff(CONTEST, NAMES, ENTRIES, {submission_id(4): AC})
    assert (moved.team_id, moved.name, moved.solved_before, moved.solved_after) == ("three", "Three", 0, 1)


def test_nobody_moves_where_nothing_changes() -> None:
    assert board_diff(CONTEST, NAMES, ENTRIES, {submission_id(1): AC, submission_id(99): WA}) == ()
