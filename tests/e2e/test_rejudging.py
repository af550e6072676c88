"""A jury's session: two rejudgings, looked at before anybody else does, a part of one applied and taken back."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from deploy.demo.people import CONTESTANTS
from deploy.local.stack import Stack
from judgestream import Client
from tests.e2e.conftest import Opener
from tests.e2e.test_command_line import run
from tests.e2e.watching import Frame, watch

RIGHT = b"a, b = map(int, input().split()); print(a + b)"
LUCKY = b"a, b = map(int, input().split()); print(3 if a == 1 else 42)"
Row = dict[str, tuple[int, int]]

MANY: Final = 12
"""Two for each partition of the lane, so that whoever reads any of them gets some."""

PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A contest whose problem had a wrong answer, what was submitted to it, and the revision that mends it."""

    contest: str
    problem: str
    mended: str
    submissions: dict[str, str]


def ranks(rows: list[dict[str, Any]]) -> Row:
    """Each team's rank and how many problems it solved."""
    return {row["team_id"]: (row["rank"], row["solved"]) for row in rows}


def solved(frame: Frame) -> set[str]:
    return {row["team_id"] for row in frame["data"].get("rows", ()) if row["solved"]}


def problem(problem_id: str, answer: str) -> dict[str, Any]:
    return {
        "problem_id": problem_id,
        "title": "Sum",
        "statement": "Add.",
        "limits": {"cpu_time_ms": 2000, "wall_time_ms": 20_000, "memory_bytes": 2**28},
        "comparison": {"kind": "tokens"},
        "cases": [{"name": "1", "input": "1 2\n", "answer": "3\n"}, {"name": "2", "input": "2 3\n", "answer": answer}],
    }


def edited(jury: Client, method: str, path: str, body: dict[str, Any], **headers: str) -> str:
    """The revision that an edit makes."""
    headers["Authorization"] = f"Bearer {jury.token}"
    answer = httpx.request(method, f"{jury.url}/api/v1{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return str(answer.json()["revision"])


@pytest.fixture(scope="module")
def scene(jury: Client, open_client: Opener) -> Scene:
    """ada and linus are right and grace is lucky; the jury's answer to the second case is 42."""
    made = str(time.time_ns() // 1_000_000)
    problem_id, contest_id = f"wrong{made}", f"redo{made}"
    wrong = edited(jury, "POST", "/problems", problem(problem_id, "42\n"))
    starts_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    contest = {"contest_id": contest_id, "name": "Redo", "starts_at": starts_at.isoformat(), "duration_s": 3600}
    jury.create_contest(contest | {"problems": [{"problem_id": problem_id, "label": "A"}]})
    submissions: dict[str, str] = {}
    for person in CONTESTANTS:
        jury.register_team(contest_id, person.user_id, name=person.name, members=[person.user_id])
    for person, program in zip(CONTESTANTS, (RIGHT, LUCKY, RIGHT), strict=True):
        receipt = open_client(person).submit(
            problem_id=problem_id, language="python3", files={"a.py": program}, contest_id=contest_id
        )
        submissions[person.user_id] = receipt.submission_id
    verdicts = {who: jury.submission(one, wait_s=30)["verdict"] for who, one in submissions.items()}
    assert verdicts == {"ada": "WA", "grace": "AC", "linus": "WA"}
    mended = edited(jury, "PUT", f"/problems/{problem_id}", problem(problem_id, "5\n"), **{"If-Match": f'"{wrong}"'})
    return Scene(contest=contest_id, problem=problem_id, mended=mended, submissions=submissions)


def told(jury: Client, *arguments: str, status: int = 0) -> Any:
    """What the command answers as JSON; its last line."""
    done = run(jury, "rejudge", *arguments, "--json")
    assert done.returncode == status, done.stderr or done.stdout
    return json.loads(done.stdout.splitlines()[-1])


def test_a_jury_mends_a_case_looks_applies_a_part_and_takes_it_back(
    jury: Client, anybody: Client, scene: Scene
) -> None:
    by_problem = ("--problem", scene.problem)
    counted = told(jury, "open", *by_problem, "--reason", "how many?", "--dry-run")
    assert (counted["state"], counted["selected"]) == ("counted", 3)
    before = ranks(anybody.board(scene.contest)["rows"])
    assert {team for team, (_, count) in before.items() if count} == {"grace"}

    opened = told(jury, "open", *by_problem, "--revision", scene.mended, "--reason", "case 2 was wrong", "--wait")
    other = told(jury, "open", *by_problem, "--reason", "is it flaky?", "--repeats", "2", "--wait")
    assert (opened["state"], other["state"], other["done"]) == ("judged", "judged", 6)
    assert ranks(anybody.board(scene.contest)["rows"]) == before, "a board moves when a rejudging is applied"

    mended = opened["rejudging_id"]
    matrix = {(row["old"], row["new"]): row["count"] for row in told(jury, "matrix", mended)["rows"]}
    assert matrix == {("WA", "AC"): 2, ("AC", "WA"): 1}
    assert len(told(jury, "changes", mended)["changes"]) == 3
    assert told(jury, "changes", other["rejudging_id"])["changes"] == []
    moves = {row["team_id"]: (row["solved_before"], row["solved_after"]) for row in told(jury, "diff", mended)["rows"]}
    assert moves == {"ada": (0, 1), "grace": (1, 0), "linus": (0, 1)}

    with watch(anybody, f"board:{scene.contest}") as board:
        first = board.until(lambda frame: frame["type"] == "snapshot")
        applied = told(jury, "apply", mended, "--user", "ada", "--reason", "ada asked")
        assert applied["state"] == "applied"
        moved = board.until(lambda frame: "ada" in solved(frame))
        assert moved["epoch"] != first["epoch"]
        decided = applied["history"][-1]["caused_by"]
        verdicts = {who: jury.submission(one, after=decided)["verdict"] for who, one in scene.submissions.items()}
        assert verdicts == {"ada": "AC", "grace": "AC", "linus": "WA"}
        shown = anybody.board(scene.contest)["rows"]
        assert {team for team, (_, count) in ranks(shown).items() if count} == {"ada", "grace"}

        again = run(jury, "rejudge", "apply", mended, "--reason", "all of it")
        assert (again.returncode, "apply refused: " in again.stderr) == (1, True), again.stderr

        reverted = told(jury, "revert", mended, "--reason", "ada was rude")
        assert reverted["state"] == "reverted"
        back = board.until(lambda frame: frame["epoch"] != moved["epoch"])
        assert solved(back) <= {"grace"}
    assert ranks(anybody.board(scene.contest)["rows"]) == before
    decided = reverted["history"][-1]["caused_by"]
    assert jury.submission(scene.submissions["ada"], after=decided)["verdict"] == "WA"


def test_what_cannot_be_is_decided_against_and_says_why(jury: Client, scene: Scene) -> None:
    nobody = run(jury, "rejudge", "open", "--problem", scene.problem, "--user", "nobody", "--reason", "r")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "open refused: " in nobody.stderr
    unknown = run(jury, "rejudge", "open", "--problem", "no-such-problem", "--reason", "r")
    assert unknown.returncode == 2
    assert "no-such-problem" in unknown.stderr


def test_what_failed_by_our_fault_is_tried_again_from_its_dead_letter(jury: Client, scene: Scene) -> None:
    by_user = ("--problem", scene.problem, "--user", "linus")
    failed = told(jury, "open", *by_user, "--image", "judgestream/nowhere:1", "--reason", "a new image", "--wait")
    assert told(jury, "matrix", failed["rejudging_id"])["rows"] == [{"old": "WA", "new": "JUDGE_ERROR", "count": 1}]
    letter = json.loads(run(jury, "dead-letters", "list", "--json").stdout)["dead_letters"][0]["position"]
    again = run(jury, "dead-letters", "retry", letter, "--reason", "it is installed now", "--json")
    asked = json.loads(again.stdout)
    assert (asked["filter"]["submission_ids"], asked["selected"]) == ([scene.submissions["linus"]], 1)
    assert asked["override"] == failed["override"]


@contextmanager
def without_python(stack: Stack, jury: Client, folder: Path) -> Iterator[None]:
    """An executor beside the other one that was set up wrong: it knows C++ alone, and gets jobs of all languages."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {
        "JUDGESTREAM_EXECUTOR_ID": "narrow",
        "JUDGESTREAM_EXECUTOR_PORT": str(port),
        "JUDGESTREAM_WORK": str(folder / "work"),
        "JUDGESTREAM_LANGUAGES": "cpp",
    }
    with (folder / "narrow.log").open("wb") as output:
        command = [sys.executable, "-m", "executor"]
        process = subprocess.Popen(command, env={**os.environ, **stack.environment(), **own}, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while "executor-narrow" not in readers(jury):
            assert time.monotonic() < deadline, "it got no partition"
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def readers(jury: Client) -> set[str]:
    """Who reads partitions of the practice lane."""
    [lane] = [lane for lane in jury.status()["lanes"] if lane["lane"] == "practice"]
    return {partition["executor"] for partition in lane["partitions"]}


def test_submissions_that_failed_by_our_fault_are_judged_after_all(
    stack: Stack, jury: Client, ada: Client, scene: Scene, tmp_path: Path
) -> None:
    with without_python(stack, jury, tmp_path):
        ids = [
            ada.submit(problem_id=scene.problem, language="python3", files={"a.py": RIGHT}).submission_id
            for _ in range(MANY)
        ]
        verdicts = {one: jury.submission(one, wait_s=30)["verdict"] for one in ids}
    failed = {one for one, verdict in verdicts.items() if verdict == "JUDGE_ERROR"}
    assert failed
    assert set(verdicts.values()) <= {"AC", "JUDGE_ERROR"}
    listed = json.loads(run(jury, "dead-letters", "list", "--limit", str(2 * MANY), "--json").stdout)["dead_letters"]
    letters = {
        letter["position"] for letter in listed if jury.dead_letter(letter["position"])["submission_id"] in failed
    }
    assert len(letters) == len(failed)

    asked = run(jury, "dead-letters", "retry", *letters, "--reason", "it is set up right now", "--wait", "--json")
    judged = json.loads(asked.stdout.splitlines()[-1])
    assert (judged["state"], judged["selected"], set(judged["filter"]["submission_ids"])) == (
        "judged",
        len(failed),
        failed,
    )
    applied = told(jury, "apply", judged["rejudging_id"], "--reason", "judged at last")
    decided = applied["history"][-1]["caused_by"]
    assert {jury.submission(one, after=decided)["verdict"] for one in ids} == {"AC"}
