"""When a contest runs and is frozen, minute by minute."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.ids import ProblemId, TeamId
from schemas.rules.contest import admission, contest_of, frozen_text, hidden_by_freeze, minute_of, state_at
from tests.unit.rules.contests import START, at, revised

CONTEST = contest_of(revised())
NO_FREEZE = contest_of(revised(freeze_s=0))
ALL_FREEZE = contest_of(revised(freeze_s=99_999))
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("minute", "thawed", "state"),
    [
        (-1, False, "before"),
        (-1, True, "before"),
        (0, False, "running"),
        (89, False, "running"),
        (90, False, "frozen"),
        (90, True, "running"),
        (119, False, "frozen"),
        (120, False, "ended"),
        (120, True, "thawed"),
    ],
)
def test_a_contest_goes_through_its_states(minute: int, thawed: bool, state: str) -> None:
    assert state_at(CONTEST, at(minute), thawed=thawed) == state


def test_without_a_freeze_it_runs_to_the_end() -> None:
    assert state_at(NO_FREEZE, at(120) - INSTANT, thawed=False) == "running"
    assert not hidden_by_freeze(NO_FREEZE, at(119), thawed=False)
    assert frozen_text(NO_FREEZE, at(130), thawed=False) is None


def test_a_contest_at_the_end_of_time_has_an_end() -> None:
    last = contest_of(revised(starts_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)))
    assert last.ends_at == datetime.max.replace(tzinfo=UTC)


def test_a_freeze_is_never_longer_than_the_contest() -> None:
    assert ALL_FREEZE.freezes_at == START
    assert frozen_text(ALL_FREEZE, at(1), thawed=False) == (
        "The scoreboard was frozen with 120 minutes remaining - submissions in the last 120 minutes "
        "of the contest are still shown as pending."
    )


@pytest.mark.parametrize(
    ("minute", "thawed", "hidden"),
    [
        (-1, False, False),
        (89.99, False, False),
        (90, False, True),
        (119.99, False, True),
        (120, False, False),
        (100, True, False),
    ],
)
def test_the_freeze_hides_by_the_time_of_submission(minute: float, thawed: bool, hidden: bool) -> None:
    assert hidden_by_freeze(CONTEST, at(minute), thawed=thawed) is hidden


@pytest.mark.parametrize(
    ("minute", "thawed", "told"), [(89, False, False), (90, False, True), (500, False, True), (500, True, False)]
)
def test_the_sentence_stays_until_the_thaw(minute: int, thawed: bool, told: bool) -> None:
    text = frozen_text(CONTEST, at(minute), thawed=thawed)
    assert (text is not None) is told
    assert text is None or "frozen with 30 minutes remaining" in text


@pytest.mark.parametrize(("seconds", "minute"), [(0, 0), (59.999999, 0), (60, 1), (7199, 119), (-1, -1)])
def test_minutes_are_rounded_down(seconds: float, minute: int) -> None:
    assert minute_of(CONTEST, START + timedelta(seconds=seconds)) == minute


@pytest.mark.parametrize(
    ("minute", "problem", "team", "answer"),
    [
        (-1, "sum", "t", "not_started"),
        (0, "sum", "t", "admitted"),
        (119, "gcd", "t", "admitted"),
        (120, "sum", "t", "ended"),
        (10, "sum", None, "not_registered"),
        (-1, "sum", None, "not_registered"),
        (10, "islands", "t", "not_in_contest"),
        (-1, "islands", "t", "not_started"),
    ],
)
def test_only_registered_teams_enter_while_it_runs(minute: int, problem: str, team: str | None, answer: str) -> None:
    team_id = None if team is None else TeamId(team)
    assert admission(CONTEST, problem_id=ProblemId(problem), team_id=team_id, now=at(minute)) == answer
