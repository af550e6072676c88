"""Decisions and folds do no I/O: they import nothing by which they could."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DECISIONS = (
    "backlog",
    "build_job",
    "decide_rejudgings",
    "feed_contests",
    "oldest_jobs",
    "rejudging_scans",
    "release_rejudgings",
    "route_submissions",
    "source",
    "watch_judgings",
    "watch_lag",
)
COUNTS = ("attempts", "commit_tracker", "lanes", "start_notes", "waiting_jobs")
MODULES = [
    ROOT / "schemas" / "dead_letters.py",
    *(ROOT / "executor" / f"{name}.py" for name in COUNTS),
    *sorted((ROOT / "schemas" / "rules").glob("*.py")),
    ROOT / "schemas" / "dead_letters.py",
    *(ROOT / "stream_processors" / f"{name}.py" for name in DECISIONS),
    *(
        ROOT / "executor" / f"{name}.py"
        for name in ("policy", "provenance", "case_result", "regrade", "calibration/band")
    ),
]
ALLOWED = frozenset(
    {
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "hashlib",
        "itertools",
        "json",
        "math",
        "re",
        "statistics",
        "typing",
        "uuid",
    }
)
ALLOWED_OF_OURS = frozenset(
    {
        "executor.lanes",
        "executor.policy",
        "executor.sandbox.port",
        "executor.start_notes",
        "schemas.dead_letters",
        "schemas.events",
        "schemas.eventlog.port",
        "schemas.ids",
        "schemas.manifests",
        "schemas.rules",
        "schemas.topics",
        "schemas.values",
        "stream_processors.build_job",
        "stream_processors.rejudging_scans",
    }
)


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def is_pure(name: str) -> bool:
    parts = name.split(".")
    return parts[0] in ALLOWED or ".".join(parts[:3]) in ALLOWED_OF_OURS or ".".join(parts[:2]) in ALLOWED_OF_OURS


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_decision_imports_nothing_that_does(module: Path) -> None:
    assert [name for name in imported(module) if not is_pure(name)] == []
