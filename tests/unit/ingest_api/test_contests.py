"""Contests and teams over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.eventlog.memory_store import Outage
from schemas.events import ContestRevised, ContestThawed, TeamRegistered
from schemas.http.identity import Role
from schemas.ids import ContestId, TeamId, UserId
from schemas.topics import CONTESTS
from schemas.values import ContestProblem, Scoring
from tests.unit.ingest_api.write_side import CONTEST, PROBLEM, START, WriteSide, refusal_of, until_answered


@pytest.fixture
async def jury(write_side: WriteSide) -> dict[str, str]:
    """A juror, and the problem of the contest."""
    who = write_side.token("setter", Role.SETTER)
    assert (await write_side.http.post("/problems", json=PROBLEM, headers=who)).status_code == 201
    return write_side.token("judy", Role.JURY)


async def test_a_created_contest_stands_in_the_log(write_side: WriteSide, jury: dict[str, str]) -> None:
    response = await write_side.http.post("/contests", json=CONTEST, headers=jury)
    (event,) = write_side.log.events(CONTESTS)
    assert isinstance(event, ContestRevised)
    assert event == ContestRevised(
        event_id=event.event_id,
        occurred_at=START,
        caused_by=None,
        contest_id=ContestId("spring"),
        name="Spring",
        starts_at=START,
        duration_s=3600,
        freeze_s=600,
        penalty_minutes=20,
        scoring=Scoring.ICPC,
        problems=(ContestProblem(problem_id="sum", label="A"),),
    )
    assert response.status_code == 201
    assert response.json() == {
        "contest_id": "spring",
        "revision": event.event_id,
        "position": str(write_side.log.records(CONTESTS)[0].position),
    }


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no id": ({"contest_id": None}, 422, "invalid-body"),
    "an odd id": ({"contest_id": "a b"}, 422, "invalid-body"),
    "no name": ({"name": " "}, 422, "invalid-body"),
    "a start without a zone": ({"starts_at": "2026-11-21T12:00:00"}, 422, "invalid-body"),
    "no time": ({"duration_s": 0}, 422, "invalid-body"),
    "a time without end": ({"duration_s": 10**12}, 422, "invalid-body"),
    "an end after the end of time": ({"starts_at": "9999-12-31T23:59:00Z"}, 422, "invalid-body"),
    "a start before the first day": ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422, "invalid-body"),
    "a freeze before the start": ({"freeze_s": 3601}, 422, "invalid-body"),
    "another scoring": ({"scoring": "chess"}, 422, "invalid-body"),
    "a negative penalty": ({"penalty_minutes": -1}, 422, "invalid-body"),
    "a problem twice": (
        {"problems": [{"problem_id": "sum", "label": "A"}, {"problem_id": "sum", "label": "B"}]},
        422,
        "invalid-body",
    ),
    "a label twice": (
        {"problems": [{"problem_id": "sum", "label": "A"}, {"problem_id": "two", "label": "A"}]},
        422,
        "invalid-body",
    ),
    "a colour that is more": (
        {"problems": [{"problem_id": "sum", "label": "A", "color": "red;x:url(y)"}]},
        422,
        "invalid-body",
    ),
    "an unknown problem": ({"problems": [{"problem_id": "nope", "label": "A"}]}, 404, "unknown-problem"),
}


@pytest.mark.parametrize(("change", "status", "name"), BAD.values(), ids=BAD.keys())
async def test_a_contest_that_is_not_well_defined_is_refused(
    write_side: WriteSide, jury: dict[str, str], change: dict[str, Any], status: int, name: str
) -> None:
    response = await write_side.http.post("/contests", json=CONTEST | change, headers=jury)
    assert (response.status_code, refusal_of(response)) == (status, name)
    assert write_side.log.events(CONTESTS) == []


async def test_a_contest_is_created_once_and_then_changed(write_side: WriteSide, jury: dict[str, str]) -> None:
    first = (await write_side.http.post("/contests", json=CONTEST, headers=jury)).json()["revision"]
    again = await write_side.http.post("/contests", json=CONTEST, headers=jury)
    assert (again.status_code, refusal_of(again)) == (409, "contest-exists")
    same = await write_side.http.put("/contests/spring", json=CONTEST, headers=jury)
    assert (same.status_code, same.json()["revision"]) == (200, first)
    longer = await write_side.http.put("/contests/spring", json=CONTEST | {"duration_s": 7200}, headers=jury)
    assert longer.status_code == 200
    late = await write_side.http.put("/contests/spring", json=CONTEST, headers=jury | {"If-Match": f'"{first}"'})
    assert (late.status_code, refusal_of(late)) == (412, "revision-changed")
    durations = [event.duration_s for event in write_side.log.events(CONTESTS) if isinstance(event, ContestRevised)]
    assert durations == [3600, 7200]


async def test_an_edit_that_the_log_refused_may_be_sent_again(write_side: WriteSide, jury: dict[str, str]) -> None:
    write_side.log.outage = Outage.FATE_UNKNOWN
    unknown = await write_side.http.post("/contests", json=CONTEST, headers=jury)
    assert (unknown.status_code, refusal_of(unknown)) == (503, "outcome-unknown")
    write_side.log.outage = None
    write_side.clock.now += timedelta(seconds=1)
    again = await until_answered(lambda: write_side.http.post("/contests", json=CONTEST, headers=jury))
    assert again.status_code == 201, again.text


async def test_teams_are_registered_and_renamed_and_a_repeat_is_no_event(
    write_side: WriteSide, jury: dict[str, str]
) -> None:
    await write_side.http.post("/contests", json=CONTEST, headers=jury)
    path = "/contests/spring/teams/red"
    for name in ("Red", "Red", "Crimson"):
        body = {"name": name, "members": ["ada", "ada"]}
        assert (await write_side.http.put(path, json=body, headers=jury)).status_code == 200
    teams = [event for event in write_side.log.events(CONTESTS) if isinstance(event, TeamRegistered)]
    assert [(team.team_id, team.name, team.members) for team in teams] == [
        (TeamId("red"), "Red", (UserId("ada"),)),
        (TeamId("red"), "Crimson", (UserId("ada"),)),
    ]


async def test_one_is_in_one_team_until_it_lets_one_go(write_side: WriteSide, jury: dict[str, str]) -> None:
    await write_side.http.post("/contests", json=CONTEST, headers=jury)

    async def register(team: str, *members: str) -> str:
        path = f"/contests/spring/teams/{team}"
        body = {"name": team, "members": members}
        response = await write_side.http.put(path, json=body, headers=jury)
        return "registered" if response.is_success else refusal_of(response)

    assert await register("red", "ada", "grace") == "registered"
    assert await register("blue", "ada") == "user-in-other-team"
    assert await register("red", "grace") == "registered"
    assert await register("blue", "ada") == "registered"


@pytest.mark.parametrize(
    ("path", "body", "status", "name"),
    [
        ("/contests/nope/teams/red", {"name": "Red", "members": ["ada"]}, 404, "unknown-contest"),
        ("/contests/spring/teams/a%20b", {"name": "Red", "members": ["ada"]}, 422, "invalid-parameter"),
        ("/contests/spring/teams/red", {"name": "Red", "members": []}, 422, "invalid-body"),
        ("/contests/spring/teams/red", {"name": "", "members": ["ada"]}, 422, "invalid-body"),
        ("/contests/spring/teams/red", {"name": "Red", "members": ["a\nb"]}, 422, "invalid-body"),
        ("/contests/spring/teams/red", {"name": "Red", "members": ["a"] * 101}, 422, "invalid-body"),
    ],
)
async def test_a_team_that_is_none_is_refused(
    write_side: WriteSide, jury: dict[str, str], path: str, body: dict[str, Any], status: int, name: str
) -> None:
    await write_side.http.post("/contests", json=CONTEST, headers=jury)
    response = await write_side.http.put(path, json=body, headers=jury)
    assert (response.status_code, refusal_of(response)) == (status, name)


async def test_a_board_thaws_after_the_end_or_by_force_and_once(write_side: WriteSide, jury: dict[str, str]) -> None:
    await write_side.http.post("/contests", json=CONTEST, headers=jury)
    early = await write_side.http.post("/contests/spring/thaw", headers=jury)
    assert (early.status_code, refusal_of(early)) == (409, "contest-not-over")
    write_side.clock.now += timedelta(hours=1)
    first = await write_side.http.post("/contests/spring/thaw", headers=jury)
    again = await write_side.http.post("/contests/spring/thaw", headers=jury)
    assert (first.status_code, again.status_code, first.json()) == (200, 200, again.json())
    assert sum(isinstance(event, ContestThawed) for event in write_side.log.events(CONTESTS)) == 1


async def test_force_thaws_while_it_runs(write_side: WriteSide, jury: dict[str, str]) -> None:
    await write_side.http.post("/contests", json=CONTEST, headers=jury)
    assert (await write_side.http.post("/contests/spring/thaw?force=true", headers=jury)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "least"),
    [
        ("POST", "/contests", Role.JURY),
        ("PUT", "/contests/spring", Role.JURY),
        ("PUT", "/contests/spring/teams/red", Role.JURY),
        ("POST", "/contests/spring/thaw", Role.JURY),
        ("POST", "/problems", Role.SETTER),
        ("PUT", "/problems/sum", Role.SETTER),
        ("DELETE", "/problems/sum", Role.SETTER),
        ("PUT", f"/blobs/{'0' * 64}", Role.SETTER),
    ],
)
async def test_who_has_no_such_role_is_refused(write_side: WriteSide, method: str, path: str, least: Role) -> None:
    below = [Role.USER] if least is Role.SETTER else [Role.USER, Role.SETTER]
    refused = await write_side.http.request(method, path, json={}, headers=write_side.token("ada", *below))
    assert (refused.status_code, refusal_of(refused)) == (403, "forbidden")
    nobody = await write_side.http.request(method, path, json={})
    assert (nobody.status_code, refusal_of(nobody)) == (401, "token-missing")
