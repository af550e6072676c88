"""A whole board as GETs and snapshots tell it."""

from datetime import datetime
from typing import TypedDict

from projections.models.boards import BoardView
from schemas.rules.board_body import ProblemBody, RankedRowBody, board_body, row_of
from schemas.rules.icpc_row import View


class VersionedRankedRowBody(RankedRowBody):
    """A ranked row with the feed's offset of its last change, to be held against later changes."""

    version: int


class WholeBoardBody(TypedDict):
    """A board under its contest's name; `frozen` is the sentence that a frozen one carries, else null."""

    contest_id: str
    name: str
    epoch: str
    offset: int
    state: str
    frozen: str | None
    thawed: bool
    problems: list[ProblemBody]
    rows: list[VersionedRankedRowBody]


def whole_board(board: BoardView, view: View, now: datetime) -> WholeBoardBody:
    """The board as it is to be shown at that moment."""
    versions = {row["team_id"]: row["version"] for row in board.rows}
    body = board_body(
        board.contest,
        map(row_of, board.rows),
        view=view,
        thawed=board.thawed,
        epoch=board.epoch,
        offset=board.offset,
        now=now,
    )
    return {
        "contest_id": body["contest_id"],
        "name": board.contest.name,
        "epoch": body["epoch"],
        "offset": body["offset"],
        "state": body["state"],
        "frozen": body["frozen"],
        "thawed": board.thawed,
        "problems": body["problems"],
        "rows": [{**row, "version": versions[row["team_id"]]} for row in body["rows"]],
    }
