"""The command as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.submit import PROGRAMS
from judgestream import Client


def run(client: Client, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JUDGESTREAM_URL": client.url, "JUDGESTREAM_TOKEN": client.token or ""}
    command = [sys.executable, "-m", "judgestream", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(("program", "status"), [("python3/ac.py", 0), ("python3/wa.py", 1), ("cpp/ce.cpp", 1)])
def test_the_exit_status_is_0_only_for_an_accepted_program(
    ada: Client, sum_problem: str, program: str, status: int
) -> None:
    done = run(ada, "submit", str(PROGRAMS / program), "-p", sum_problem, "--wait")
    assert done.returncode == status, done.stderr
    assert Path(program).stem.upper() in done.stdout


def test_json_tells_the_progress_line_by_line_and_the_whole_last(ada: Client, sum_problem: str) -> None:
    done = run(ada, "submit", str(PROGRAMS / "cpp/ac.cpp"), "-p", sum_problem, "--wait", "--json")
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["verdict"] == "AC"
    assert len(lines[-1]["cases"]) == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-p", "no-such-problem"], "no-such-problem"),
        (["-p", "sum", "--language", "cobol"], "cobol"),
        (["-p", "sum", "--contest", "no-such-contest"], "no-such-contest"),
    ],
)
@pytest.mark.usefixtures("sum_problem")
def test_a_refusal_is_one_clear_line(ada: Client, arguments: list[str], told: str) -> None:
    done = run(ada, "submit", str(PROGRAMS / "cpp/ac.cpp"), *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_board_is_shown_as_json(ada: Client, new_contest: Any) -> None:
    done = run(ada, "board", new_contest(), "--json")
    assert {row["team_id"] for row in json.loads(done.stdout)["rows"]} == {"ada", "grace", "linus"}


def test_the_jury_sees_how_the_system_is(jury: Client, ada: Client, sum_problem: str) -> None:
    assert run(ada, "submit", str(PROGRAMS / "cpp/ac.cpp"), "-p", sum_problem, "--wait").returncode == 0
    told = json.loads(run(jury, "status", "--json").stdout)
    assert {lane["lane"] for lane in told["lanes"]} == {"contest", "practice", "rejudge"}
    [executor] = told["executors"]
    readers = {part["executor"] for lane in told["lanes"] for part in lane["partitions"]}
    assert readers == {f"executor-{executor['executor_id']}"}
    assert {"cpp", "java", "python3"} <= set(executor["languages"])
    assert "submissions" in {model["model"] for model in told["projections"]}
    shown = run(jury, "status")
    assert shown.returncode == 0
    assert str(executor["executor_id"]) in shown.stdout
    assert run(ada, "status").returncode == 2


def test_an_admin_proves_read_models_and_makes_one_anew(jury: Client, ada: Client, sum_problem: str) -> None:
    done = run(jury, "projections", "verify", "problems", "boards", "--json", "-r", "to see")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [json.loads(line)["differing"] for line in done.stdout.splitlines()] == [0, 0]
    done = run(jury, "projections", "rebuild", "problems", "--json", "-r", "to see")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sum_problem in {problem["problem_id"] for problem in jury.problems()}
    [told] = [one for one in jury.projections()["projections"] if one["name"] == "problems"]
    assert (told["state"], told["lag_events"]) == ("running", 0)
    assert told["generation"] > 1
    assert run(jury, "projections", "rebuild", "no-such-model").returncode == 2
    assert run(ada, "projections", "status").returncode == 2
