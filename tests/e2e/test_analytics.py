"""The worked example for analysts, run against the whole system as its README says."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from deploy.local.stack import Stack
from judgestream import Client

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "analytics" / "analytics.py"


def analyse(stack: Stack, out: Path) -> str:
    """What one run prints."""
    settings = stack.environment()
    given = {
        "--kafka": settings["JUDGESTREAM_KAFKA"],
        "--registry": settings["JUDGESTREAM_REGISTRY_URL"],
        "--blobs": settings["JUDGESTREAM_BLOBS"],
        "--out": str(out),
    }
    command = [sys.executable, str(EXAMPLE), *(word for pair in given.items() for word in pair)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def rows(out: Path, sql: str) -> list[Any]:
    with duckdb.connect(str(out / "verdicts.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_example_keeps_every_verdict_once_and_draws_them(
    stack: Stack, ada: Client, sum_problem: str, tmp_path: Path
) -> None:
    wanted = {}
    for verdict, program in (("WA", "wa.py"), ("AC", "ac.py")):
        source = (ROOT / "deploy" / "demo" / "programs" / "python3" / program).read_bytes()
        receipt = ada.submit(problem_id=sum_problem, language="python3", files={program: source})
        wanted[receipt.submission_id] = ada.submission(receipt.submission_id, wait_s=30)
        assert wanted[receipt.submission_id]["verdict"] == verdict
        assert sum_problem in analyse(stack, tmp_path)
    assert "0 new verdicts" in analyse(stack, tmp_path)
    kept = rows(tmp_path, "SELECT submission_id, verdict, user_id, problem_id, cpu_time_ms FROM current_verdicts")
    by_id = {row[0]: row[1:] for row in kept}
    assert len(by_id) == len(kept)
    for submission_id, shown in wanted.items():
        assert by_id[submission_id] == (shown["verdict"], "ada", sum_problem, shown["cpu_time_ms"])
    in_parquet = rows(tmp_path, f"SELECT count(*) FROM '{tmp_path}/cases.parquet'")
    assert in_parquet == rows(tmp_path, "SELECT count(*) FROM cases")
    assert (tmp_path / "verdicts.svg").read_text().startswith("<svg")
