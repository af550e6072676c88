"""Who sees what, endpoint by endpoint."""

import pytest

from schemas.http.identity import Role
from schemas.values import Verdict
from tests.unit.query_api.read_side import (
    COMPILER_SAID,
    HIDDEN_INPUT,
    IN_FREEZE,
    JUDY,
    ROOT,
    SECRET,
    START,
    ReadSide,
    refusal_of,
)

Who = str | tuple[str, Role] | None

OTHERS: tuple[Who, ...] = (None, "eve", "stranger", ("setter", Role.SETTER))
OWN: tuple[Who, ...] = ("ada", "bob", JUDY, ROOT)


@pytest.mark.parametrize("who", OTHERS)
async def test_a_submission_in_the_freeze_looks_queued_to_others(side: ReadSide, who: Who) -> None:
    side.open_contest()
    hidden = await side.get(f"/submissions/{side.submit(contest=True)}", who)
    queued = await side.get(f"/submissions/{side.submit(contest=True, verdict=None)}", who)
    assert hidden.json() == queued.json() | {"submission_id": hidden.json()["submission_id"]}
    assert (hidden.json()["state"], hidden.json()["version"]) == ("queued", 0)


@pytest.mark.parametrize("who", OWN)
async def test_the_team_and_the_jury_see_all_of_it(side: ReadSide, who: Who) -> None:
    side.open_contest()
    body = (await side.get(f"/submissions/{side.submit(contest=True)}", who)).json()
    assert (body["verdict"], body["compiler_output"]) == ("AC", COMPILER_SAID)
    assert body["files"] == [{"name": "sum.cpp", "content": SECRET}]


async def test_what_a_verdict_rests_on_is_the_jurys_to_see(side: ReadSide) -> None:
    side.open_contest()
    path = f"/submissions/{side.submit(contest=True)}"
    found = {who: (await side.get(path, who)).json().get("provenance") for who in [*OWN, *OTHERS]}
    seen = found[JUDY]
    assert (seen["executor_id"], seen["calibration"]["arithmetic_ns"]) == ("one", 10)
    assert [who for who, provenance in found.items() if provenance is not None] == [JUDY, ROOT]
    assert "provenance" not in (await side.get(f"/submissions/{side.submit(contest=True, verdict=None)}", JUDY)).json()


@pytest.mark.parametrize("who", OTHERS)
@pytest.mark.parametrize("is_thawed", [True, False], ids=["thawed", "no contest"])
async def test_others_see_the_outcome_and_never_the_source(side: ReadSide, who: Who, is_thawed: bool) -> None:
    side.open_contest(thawed=is_thawed)
    response = await side.get(f"/submissions/{side.submit(contest=is_thawed)}", who)
    body = response.json()
    assert (body["state"], body["verdict"], body["cases"][0]["verdict"]) == ("judged", "AC", "AC")
    assert "files" not in body
    assert "secret" not in response.text
    assert "machine room" not in response.text


async def test_a_submission_before_the_freeze_is_seen(side: ReadSide) -> None:
    side.open_contest()
    assert (await side.get(f"/submissions/{side.submit(contest=True, at=START)}")).json()["verdict"] == "AC"


async def test_a_submission_of_a_contest_that_is_not_known_yet_looks_queued(side: ReadSide) -> None:
    submission_id = side.submit(contest=True, at=START)
    assert (await side.get(f"/submissions/{submission_id}")).json()["state"] == "queued"
    assert (await side.get(f"/submissions/{submission_id}", "ada")).json()["verdict"] == "AC"


@pytest.mark.parametrize("who", OTHERS)
@pytest.mark.parametrize("whose", [{"user_id": "ada"}, {"contest_id": "spring"}, {"problem_id": "sum"}])
async def test_lists_hide_what_the_freeze_hides(side: ReadSide, who: Who, whose: dict[str, str]) -> None:
    side.open_contest()
    side.submit(contest=True, number=1)
    side.submit(contest=True, number=2, verdict=None)
    hidden, queued = (await side.get("/submissions", who, **whose)).json()["submissions"][::-1]
    assert hidden == queued | {"submission_id": hidden["submission_id"]} | {"version": hidden["version"]}
    assert hidden["version"] == 0


@pytest.mark.parametrize("who", OTHERS)
async def test_a_hidden_verdict_cannot_be_asked_for(side: ReadSide, who: Who) -> None:
    side.open_contest()
    side.submit(contest=True)
    found = [
        len((await side.get("/submissions", who, contest_id="spring", verdict=verdict)).json()["submissions"])
        for verdict in Verdict
    ]
    assert found == [0] * len(Verdict)


@pytest.mark.parametrize("who", OWN)
async def test_lists_show_the_team_and_the_jury_the_verdict(side: ReadSide, who: Who) -> None:
    side.open_contest()
    side.submit(contest=True)
    [line] = (await side.get("/submissions", who, contest_id="spring", verdict="AC")).json()["submissions"]
    assert line["verdict"] == "AC"


async def test_a_list_reads_each_contest_once(side: ReadSide) -> None:
    side.open_contest()
    for number in range(5):
        side.submit(contest=True, number=number)
    await side.get("/submissions", contest_id="spring")
    assert side.reads.contest_reads == 1


@pytest.mark.parametrize("who", [*OTHERS, *OWN])
async def test_everyone_gets_the_frozen_board_unless_they_ask_for_the_jurys(side: ReadSide, who: Who) -> None:
    side.open_contest()
    board = (await side.get("/contests/spring/board", who)).json()
    assert [row["solved"] for row in board["rows"]] == [0, 0]
    assert board["state"] == "frozen"
    assert board["frozen"].startswith("The scoreboard was frozen with 10 minutes remaining")


@pytest.mark.parametrize("who", [*OTHERS, "ada", "bob"])
async def test_the_jurys_board_is_refused_to_others(side: ReadSide, who: Who) -> None:
    side.open_contest()
    assert refusal_of(await side.get("/contests/spring/board", who, view="jury")) == (403, "forbidden")
    assert refusal_of(await side.get("/contests/none/board", who, view="jury")) == (403, "forbidden")


@pytest.mark.parametrize("who", [JUDY, ROOT])
async def test_the_jury_gets_its_board(side: ReadSide, who: Who) -> None:
    side.open_contest()
    board = (await side.get("/contests/spring/board", who, view="jury")).json()
    assert [(row["rank"], row["team_id"], row["solved"]) for row in board["rows"]] == [(1, "red", 1), (2, "blue", 0)]
    assert board["frozen"] is None


@pytest.mark.parametrize("who", [None, "ada", ("other", Role.SETTER)])
async def test_a_problem_is_shown_without_what_solvers_must_not_know(side: ReadSide, who: Who) -> None:
    side.create_problem()
    response = await side.get("/problems/sum", who)
    body = response.json()
    assert body["samples"] == [{"name": "1", "input": "a sample", "answer": "a sample, answered"}]
    assert body["stubs"] == {"cpp": {"starter": "int f();"}}
    assert not {"cases", "editorial", "author_id"} & body.keys()
    for secret in (HIDDEN_INPUT, "hidden", "sha256", "Use +."):
        assert secret not in response.text


@pytest.mark.parametrize("who", [JUDY, ROOT, ("setter", Role.SETTER)])
async def test_the_jury_and_the_author_see_all_of_a_problem(side: ReadSide, who: Who) -> None:
    side.create_problem()
    body = (await side.get("/problems/sum", who)).json()
    assert [case["name"] for case in body["cases"]] == ["1", "2"]
    assert (body["editorial"], body["stubs"]["cpp"]["before"]) == ("Use +.", "hidden before")


@pytest.mark.parametrize(
    ("who", "expected"), [(None, []), ("stranger", []), ("ada", ["red"]), ("eve", ["blue"]), (JUDY, ["blue", "red"])]
)
async def test_members_of_a_team_are_shown_to_themselves_and_the_jury(
    side: ReadSide, who: Who, expected: list[str]
) -> None:
    side.open_contest()
    teams = (await side.get("/contests/spring", who)).json()["teams"]
    assert [team["team_id"] for team in teams] == ["blue", "red"]
    assert [team["team_id"] for team in teams if "members" in team] == expected


async def test_the_moment_of_a_hidden_verdict_cannot_be_told_by_waiting(side: ReadSide) -> None:
    side.open_contest()
    submission_id = side.submit(contest=True, at=IN_FREEZE)
    response = await side.get(f"/submissions/{submission_id}", wait=0.2)
    assert response.elapsed.total_seconds() >= 0.2
    assert response.json()["state"] == "queued"
