"""Statistics over HTTP: what the freeze hides is counted for nobody but those who see it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from projections.models.problem_statistics import ROWS as OF_PROBLEMS
from projections.models.user_statistics import ROWS as OF_USERS
from schemas.events import Event
from schemas.ids import TeamId
from tests.unit.projections.stories import Log, received, verdict
from tests.unit.query_api.read_side import IN_FREEZE, JUDY, START, ReadSide, reading, refusal_of

PRACTICE = received(1)
EARLY = replace(received(2, contest="spring"), submitted_at=START + timedelta(minutes=5), team_id=TeamId("red"))
HIDDEN = replace(received(3, contest="spring"), submitted_at=IN_FREEZE, team_id=TeamId("red"))
PROBLEM = "/problems/sum/statistics"
USER = "/users/ada/statistics"


def tell(side: ReadSide, *events: Event) -> None:
    for fact in Log().tell(*events):
        for rows in (OF_PROBLEMS, OF_USERS):
            side.reads.tables.apply(rows.tell(fact).writes)


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[ReadSide]:
    async with reading(tmp_path) as side:
        side.create_problem()
        side.open_contest()
        tell(side, *(event for told in (PRACTICE, EARLY, HIDDEN) for event in (told, judged(told))))
        yield side


def judged(told: Any) -> Event:
    return verdict(int(told.submission_id[-2:]), of=told)


async def figures(side: ReadSide, path: str, who: Any = None, **params: object) -> tuple[int, int, int]:
    body = (await side.get(path, who, **params)).json()
    return body["submissions"], body["judged"], body["accepted"]


@pytest.mark.parametrize(
    ("who", "expected"), [(None, 2), ("eve", 2), (("setter", "setter"), 2), ("ada", 2), ("bob", 2), (JUDY, 3)]
)
async def test_a_problems_statistics_are_the_same_for_all_but_the_jury(side: ReadSide, who: Any, expected: int) -> None:
    assert await figures(side, PROBLEM, who) == (3, expected, expected)


@pytest.mark.parametrize(("who", "expected"), [(None, 2), ("eve", 2), ("ada", 3), ("bob", 3), (JUDY, 3)])
async def test_a_users_statistics_hold_what_the_viewer_sees(side: ReadSide, who: Any, expected: int) -> None:
    assert await figures(side, USER, who) == (3, expected, expected)


async def test_a_hidden_verdict_leaves_no_trace_in_any_figure(side: ReadSide, tmp_path: Path) -> None:
    shown = [(await side.get(path)).json() for path in (PROBLEM, USER)]
    async with reading(tmp_path / "other") as unjudged:
        unjudged.create_problem()
        unjudged.open_contest()
        tell(unjudged, PRACTICE, judged(PRACTICE), EARLY, judged(EARLY), HIDDEN)
        assert [(await unjudged.get(path)).json() for path in (PROBLEM, USER)] == shown


async def test_the_thaw_shows_it(side: ReadSide) -> None:
    side.open_contest(thawed=True)
    assert await figures(side, USER) == (3, 3, 3)


async def test_figures_are_kept_for_a_moment_unless_one_says_after_what(side: ReadSide) -> None:
    assert await figures(side, PROBLEM) == (3, 2, 2)
    tell(side, received(4), verdict(4))
    assert await figures(side, PROBLEM) == (3, 2, 2)
    side.reads.applied = {"problem_statistics": 99}
    assert await figures(side, PROBLEM, after="submissions:0:7") == (4, 3, 3)
    assert await figures(side, PROBLEM) == (4, 3, 3)


async def test_a_user_without_submissions_has_zeros(side: ReadSide) -> None:
    body = (await side.get("/users/nobody/statistics")).json()
    assert (body["user_id"], body["submissions"], body["acceptance_rate"], body["days"]) == ("nobody", 0, None, [])


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/problems/none/statistics", 404, "unknown-problem"),
        ("/problems/a%20b/statistics", 404, "unknown-problem"),
        ("/users/a%00b/statistics", 422, "invalid-parameter"),
        ("/users/" + "x" * 129 + "/statistics", 422, "invalid-parameter"),
        (f"{PROBLEM}?after=dead-letters:0:0", 400, "invalid-position"),
    ],
)
async def test_bad_input_is_a_problem_document(side: ReadSide, path: str, status: int, expected: str) -> None:
    assert refusal_of(await side.http.get(path)) == (status, expected)
