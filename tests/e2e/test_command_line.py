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
