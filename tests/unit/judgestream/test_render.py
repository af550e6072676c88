"""What a person sees in a terminal."""

from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

from judgestream import render


def text(shown: RenderableType) -> str:
    console = Console(file=StringIO(), width=100, color_system=None)
    console.print(shown)
    written = console.file
    assert isinstance(written, StringIO)
    return written.getvalue()


def cell(label: str, **given: Any) -> dict[str, Any]:
    return {"label": label, "attempts": 0, "pending": 0, "solved_at_minute": None, "first": False, **given}


def test_a_board_shows_solved_failed_pending_and_untried() -> None:
    row = {
        "rank": 1,
        "team_id": "t",
        "name": "Ada [bold]",
        "solved": 2,
        "penalty_minutes": 45,
        "cells": [
            cell("A", attempts=1, solved_at_minute=5, first=True),
            cell("B", attempts=2, solved_at_minute=20),
            cell("C", attempts=3),
            cell("D", attempts=1, pending=2),
            cell("E"),
        ],
    }
    shown = text(render.board({"contest_id": "demo", "state": "running", "rows": [row]}))
    assert "Ada [bold]" in shown
    for drawn in ("★1 5′", "+2 20′", "-3", "?1+2"):
        assert drawn in shown


def test_a_compile_error_shows_what_the_compiler_said_and_no_times() -> None:
    shown = text(
        render.submission({"verdict": "CE", "cpu_time_ms": 0, "memory_bytes": 0, "compiler_output": "a.cpp:1: [no]"})
    )
    assert "CE compile error" in shown
    assert "a.cpp:1: [no]" in shown
    assert "ms" not in shown


def test_a_case_that_was_not_run_again_is_told_from_one_that_was() -> None:
    ran = {"case": "1", "verdict": "AC", "cpu_time_ms": 1, "wall_time_ms": 2, "memory_bytes": 1 << 20}
    stored = {**ran, "case": "2", "from_stored_output": True}
    lines = text(
        render.submission({"verdict": "AC", "cpu_time_ms": 1, "memory_bytes": 1 << 20, "cases": [ran, stored]})
    ).splitlines()
    assert ["not run again" in line for line in lines[-2:]] == [False, True]
