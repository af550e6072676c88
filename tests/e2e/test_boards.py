"""Boards that move by themselves, and what a freeze hides."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import deploy.demo.submit
from deploy.demo.people import Person
from judgestream import Client, Refused
from tests.e2e.conftest import Opener
from tests.e2e.watching import Frame, watch

AC = (Path(deploy.demo.submit.PROGRAMS) / "cpp" / "ac.cpp").read_bytes()
WA = b"print(42)"
TEAMS = 3


def row(board: dict[str, Any], team: str) -> dict[str, Any]:
    return next(row for row in board["rows"] if row["team_id"] == team)


def without_versions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "version"} for row in rows]


def solved_by(team: str) -> Callable[[Frame], bool]:
    def moved(frame: Frame) -> bool:
        return any(row["team_id"] == team and row["solved"] == 1 for row in frame["data"].get("rows", ()))

    return moved


def test_the_board_moves_when_a_team_solves(
    anybody: Client, ada: Client, grace: Client, new_contest: Callable[..., str]
) -> None:
    contest = new_contest()
    with watch(anybody, f"board:{contest}") as board:
        first = board.until(lambda frame: frame["type"] == "snapshot")
        while len((before := ada.board(contest))["rows"]) < TEAMS:
            board.until(lambda _: True)
        then = datetime.now(UTC).isoformat()
        grace.submit(problem_id="sum", language="python3", files={"a.py": WA}, contest_id=contest)
        grace.submit(problem_id="sum", language="cpp", files={"a.cpp": AC}, contest_id=contest)
        moved = board.until(solved_by("grace"))
    assert moved["offset"] > first["offset"]
    shown = ada.board(contest)
    graces = row(shown, "grace")
    assert (graces["rank"], graces["solved"]) == (1, 1)
    assert graces["penalty_minutes"] in (30, 31)
    assert graces["cells"][0]["first"]
    assert row(shown, "ada")["rank"] == 2
    rewound = ada.board(contest, at=then)
    assert (rewound["at"], rewound["offset"]) == (then, before["offset"])
    assert without_versions(rewound["rows"]) == without_versions(before["rows"])
    assert without_versions(ada.board(contest, at=datetime.now(UTC).isoformat())["rows"]) == without_versions(
        shown["rows"]
    )


def test_a_freeze_hides_until_the_thaw(
    ada: Client, grace: Client, jury: Client, new_contest: Callable[..., str]
) -> None:
    contest = new_contest(freeze_s=3600)
    receipt = grace.submit(problem_id="sum", language="cpp", files={"a.cpp": AC}, contest_id=contest)
    assert grace.submission(receipt.submission_id, wait_s=30)["verdict"] == "AC"
    with watch(jury, f"board:{contest}:jury") as board:
        board.until(solved_by("grace"))
    frozen = row(ada.board(contest), "grace")
    assert (frozen["solved"], frozen["cells"][0]["pending"]) == (0, 1)
    assert row(jury.board(contest, jury=True), "grace")["solved"] == 1
    others = ada.submission(receipt.submission_id)
    assert (others["state"], others["verdict"]) == ("queued", None)
    assert not others.get("cases")


def test_the_jurys_board_is_for_the_jury(ada: Client, new_contest: Callable[..., str]) -> None:
    contest = new_contest()
    with pytest.raises(Refused) as refusal:
        ada.board(contest, jury=True)
    assert refusal.value.status == 403
    with watch(ada, f"board:{contest}:jury") as board:
        assert board.until(lambda _: True)["type"] == "error"


def test_nobody_else_sees_a_source(
    anybody: Client, ada: Client, grace: Client, open_client: Opener, sum_problem: str
) -> None:
    receipt = grace.submit(problem_id=sum_problem, language="python3", files={"a.py": b"print('my secret')"})
    grace.submission(receipt.submission_id, wait_s=30)
    stranger = open_client(Person(user_id="stranger", name="S"))
    for viewer in (ada, stranger, anybody):
        assert "my secret" not in str(viewer.submission(receipt.submission_id))
        with watch(viewer, f"submission:{receipt.submission_id}") as channel:
            assert channel.until(lambda _: True)["type"] == "error"
