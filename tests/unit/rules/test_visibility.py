"""Who may see what: a table over viewers, submissions and moments."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.ids import AttemptId, ContestId, ExecutorId, JudgingId, TeamId, UserId
from schemas.rules.contest import contest_of
from schemas.rules.icpc_row import View
from schemas.rules.submission import Attempt, Compiling, IndexedResult, Judged, Queued, Running, Shown
from schemas.rules.visibility import (
    ANONYMOUS,
    Author,
    Membership,
    Sight,
    Viewer,
    as_seen,
    board_view,
    may_watch_submission,
    may_watch_user,
    sight,
    visible_verdict,
)
from schemas.values import CaseResult, Provenance, Verdict
from tests.unit.rules.contests import CONTEST_ID, at, revised

CONTEST = contest_of(revised())
RED = Membership(CONTEST_ID, TeamId("red"))
VIEWERS = {
    "anonymous": ANONYMOUS,
    "author": Viewer(user_id=UserId("ada"), memberships=frozenset({RED})),
    "team mate": Viewer(user_id=UserId("grace"), memberships=frozenset({RED})),
    "rival": Viewer(user_id=UserId("eve"), memberships=frozenset({Membership(CONTEST_ID, TeamId("blue"))})),
    "same team name elsewhere": Viewer(
        user_id=UserId("bob"), memberships=frozenset({Membership(ContestId("other"), TeamId("red"))})
    ),
    "user": Viewer(user_id=UserId("joe"), roles=frozenset({"user"})),
    "setter": Viewer(user_id=UserId("sue"), roles=frozenset({"user", "setter"})),
    "jury": Viewer(user_id=UserId("jim"), roles=frozenset({"jury"})),
    "admin": Viewer(user_id=UserId("amy"), roles=frozenset({"admin"})),
}
OTHERS = {"anonymous", "rival", "same team name elsewhere", "user", "setter"}
NO_TEAM = {*OTHERS, "team mate"}


def made(minute: float, *, contest: ContestId | None = CONTEST_ID, team: str | None = "red") -> Author:
    team_id = None if team is None else TeamId(team)
    return Author(user_id=UserId("ada"), contest_id=contest, team_id=team_id, submitted_at=at(minute))


@pytest.mark.parametrize(
    ("submission", "thawed", "others", "seen_by_others"),
    [
        (made(10), False, OTHERS, Sight.OUTCOME),
        (made(89.99), False, OTHERS, Sight.OUTCOME),
        (made(90), False, OTHERS, Sight.AS_QUEUED),
        (made(119.99), False, OTHERS, Sight.AS_QUEUED),
        (made(100), True, OTHERS, Sight.OUTCOME),
        (made(120), False, OTHERS, Sight.OUTCOME),
        (made(100, contest=None, team=None), False, NO_TEAM, Sight.OUTCOME),
        (made(100, team=None), False, NO_TEAM, Sight.AS_QUEUED),
    ],
)
def test_the_author_the_team_and_the_jury_see_all_and_others_what_the_freeze_leaves(
    submission: Author, thawed: bool, others: set[str], seen_by_others: Sight
) -> None:
    contest = None if submission.contest_id is None else CONTEST
    seen = {name: sight(viewer, submission, contest, thawed=thawed) for name, viewer in VIEWERS.items()}
    assert seen == {name: seen_by_others if name in others else Sight.FULL for name in VIEWERS}


def test_a_contest_that_is_not_known_yet_hides() -> None:
    seen = {name: sight(viewer, made(10), None, thawed=False) for name, viewer in VIEWERS.items()}
    assert seen == {name: Sight.AS_QUEUED if name in OTHERS else Sight.FULL for name in VIEWERS}


def test_a_channel_is_for_those_who_see_in_full() -> None:
    allowed = {name for name, viewer in VIEWERS.items() if may_watch_submission(viewer, made(10))}
    assert allowed == set(VIEWERS) - OTHERS
    assert {name for name, viewer in VIEWERS.items() if may_watch_user(viewer, UserId("ada"))} == {
        "author",
        "jury",
        "admin",
    }


def test_the_jurys_board_is_for_the_jury() -> None:
    boards = {name: board_view(viewer, jury_asked=True) for name, viewer in VIEWERS.items()}
    assert boards == {name: View.JURY if name in {"jury", "admin"} else None for name in VIEWERS}
    assert {board_view(viewer, jury_asked=False) for viewer in VIEWERS.values()} == {View.PUBLIC}


ORIGINAL = JudgingId("original")
RESULT = CaseResult(case="1", verdict=Verdict.WA, cpu_time_ms=1, wall_time_ms=2, memory_bytes=3)
ATTEMPT = Attempt(attempt_id=AttemptId("a"), attempt=1, executor_id=ExecutorId("e"), case_names=("1", "2"))
COMPILING = Compiling(judging_id=ORIGINAL, attempt=ATTEMPT)
RUNNING = Running(judging_id=ORIGINAL, attempt=ATTEMPT, results=(IndexedResult(index=0, result=RESULT),))
JUDGED = Judged(
    judging_id=ORIGINAL,
    attempt_id=AttemptId("a"),
    attempt=1,
    verdict=Verdict.WA,
    score=0.0,
    cpu_time_ms=1,
    memory_bytes=3,
    compiler_output="warning in line 1: `my secret`",
    problem_cases=2,
    cases=(RESULT,),
    provenance=Provenance(
        executor_id="e", sandbox="s", software_version="1", image_digest="sha256:0", compiler_version="13"
    ),
    reason="the disk was full",
    judged_at=datetime(2026, 9, 1, tzinfo=UTC),
)


@pytest.mark.parametrize("shown", [Queued(), COMPILING, RUNNING, JUDGED])
def test_what_is_hidden_looks_exactly_like_a_queued_submission(shown: Shown) -> None:
    assert as_seen(shown, Sight.AS_QUEUED) == Queued()
    assert visible_verdict(shown, Sight.AS_QUEUED) is None
    assert as_seen(shown, Sight.FULL) == shown


def test_an_outcome_has_nothing_that_may_quote_the_source() -> None:
    assert as_seen(JUDGED, Sight.OUTCOME) == replace(JUDGED, compiler_output=None, reason=None, provenance=None)
    assert [as_seen(shown, Sight.OUTCOME) for shown in (Queued(), COMPILING, RUNNING)] == [Queued(), COMPILING, RUNNING]


def test_only_a_verdict_that_is_seen_can_be_filtered_for() -> None:
    assert visible_verdict(JUDGED, Sight.OUTCOME) is Verdict.WA
    assert visible_verdict(RUNNING, Sight.FULL) is None
