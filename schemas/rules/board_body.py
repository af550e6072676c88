"""A board as JSON: what the read model keeps per team, what channels carry and what a GET answers."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

from schemas.ids import TeamId
from schemas.rules.contest import Contest, frozen_text, state_at
from schemas.rules.icpc_row import Cell, Row, View, ranked


class CellBody(TypedDict):
    """`solved_at_minute` is null unless solved; `score` is null where none is given."""

    label: str
    attempts: int
    pending: int
    solved_at_minute: int | None
    first: bool
    score: float | None


class RowBody(TypedDict):
    """A team's absolute row; ranks follow from all rows and are never stored."""

    team_id: str
    name: str
    solved: int
    penalty_minutes: int
    last_accepted_minute: int
    score: float | None
    cells: list[CellBody]


class RankedRowBody(RowBody):
    """A row where all rows are known."""

    rank: int


class ProblemBody(TypedDict):
    """A column of the board."""

    problem_id: str
    label: str
    color: str | None


class BoardBody(TypedDict):
    """A whole board. `frozen` is the sentence to be shown beside a frozen one, else null."""

    contest_id: str
    epoch: str
    offset: int
    state: str
    frozen: str | None
    problems: list[ProblemBody]
    rows: list[RankedRowBody]


def row_body(row: Row) -> RowBody:
    """A row as JSON."""
    return {
        "team_id": row.team_id,
        "name": row.name,
        "solved": row.solved,
        "penalty_minutes": row.penalty_minutes,
        "last_accepted_minute": row.last_accepted_minute,
        "score": row.score,
        "cells": [_cell_body(cell) for cell in row.cells],
    }


def row_of(body: RowBody) -> Row:
    """The row that was written so."""
    return Row(
        team_id=TeamId(body["team_id"]),
        name=body["name"],
        solved=body["solved"],
        penalty_minutes=body["penalty_minutes"],
        last_accepted_minute=body["last_accepted_minute"],
        score=body["score"],
        cells=tuple(Cell(**cell) for cell in body["cells"]),
    )


def board_body(
    contest: Contest,
    rows: Iterable[Row],
    *,
    view: View,
    thawed: bool,
    epoch: str,
    offset: int,
    now: datetime,
) -> BoardBody:
    """The whole board as it is to be shown at that moment, best row first."""
    return {
        "contest_id": contest.contest_id,
        "epoch": epoch,
        "offset": offset,
        "state": state_at(contest, now, thawed=thawed).value,
        "frozen": frozen_text(contest, now, thawed=thawed) if view is View.PUBLIC else None,
        "problems": [
            {"problem_id": problem.problem_id, "label": problem.label, "color": problem.color}
            for problem in contest.problems
        ],
        "rows": [{"rank": rank, **row_body(row)} for rank, row in ranked(rows)],
    }


def _cell_body(cell: Cell) -> CellBody:
    return {
        "label": cell.label,
        "attempts": cell.attempts,
        "pending": cell.pending,
        "solved_at_minute": cell.solved_at_minute,
        "first": cell.first,
        "score": cell.score,
    }
