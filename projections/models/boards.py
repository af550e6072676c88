"""The read models of boards: the two views of a contest, folded from its partition of `contest-feed` alone.

The fold is kept in memory, since a verdict's effect depends on all tries before it; it is rebuilt from the feed
whenever the partition is assigned. What is written is absolute: a row whole, under the offset of its last change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypedDict

import orjson
from pydantic import TypeAdapter

from projections.models.model import Announcement, Effects, Fact, Model, Write, insert, now_current, to_json, to_text
from schemas.cassandra import Cassandra
from schemas.events import ContestRejudged
from schemas.ids import ContestId, TeamId
from schemas.rules.board_body import RowBody, row_body
from schemas.rules.contest import Contest
from schemas.rules.icpc_board import Board, empty_board, evolve
from schemas.rules.icpc_row import Row, View
from schemas.topics import CONTEST_FEED

VERSION: Final = 1

MAX_ROWS_TOLD: Final = 50
"""More rows than these are not told one by one: a message stays far below the broker's limit of a megabyte."""

WRITE_OFFSET: Final = insert("boards", "contest_id", "shown_to", "board_offset")
WRITE_CONTEST: Final = insert("boards", "contest_id", "shown_to", "contest", "thawed", "rejudged_at")
WRITE_ROW: Final = insert("boards", "contest_id", "shown_to", "team_id", "team_row")
READ: Final = "SELECT * FROM boards WHERE contest_id = ? AND shown_to = ?"


class VersionedRowBody(RowBody):
    """A row with the feed's offset of its last change."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """One view of a contest's board as it was after the feed's record at `offset`; rows stand in no order."""

    contest: Contest
    epoch: str
    offset: int
    thawed: bool
    rows: tuple[VersionedRowBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a run of facts did to a contest's boards: rows with the offset of their last change."""

    last: Fact
    rows: Mapping[View, Mapping[TeamId, VersionedRowBody]] = field(default_factory=lambda: {view: {} for view in View})
    contest_changed_at: int | None = None


class BoardFold:
    """The boards of all contests in one partition of the feed."""

    def __init__(self) -> None:
        self._boards: dict[ContestId, Board] = {}

    def step(self, facts: Sequence[Fact]) -> Effects:
        """The boards after these facts: per contest and view one batch and at most one message."""
        boards = dict(self._boards)
        changes: dict[ContestId, Change] = {}
        for fact in facts:
            contest_id = _contest_of(fact)
            board = boards.get(contest_id) or empty_board(contest_id)
            moved = now_current(fact) if isinstance(fact.event, ContestRejudged) else ()
            step = evolve(board, fact.position, fact.event, moved)
            boards[contest_id] = step.board
            changes[contest_id] = _changed(changes.get(contest_id), fact, step.changed, step.contest_changed)
        self._boards = boards
        writes: list[Write] = []
        announcements: list[Announcement] = []
        for contest_id, change in changes.items():
            for view in View:
                writes += _writes(boards[contest_id], view, change)
                announcements += _announcements(boards[contest_id], view, change)
        return Effects(writes=tuple(writes), announcements=tuple(announcements))


BOARDS_MODEL: Final = Model(
    name="boards",
    version=VERSION,
    topics=(CONTEST_FEED,),
    begin=BoardFold,
    remembers=True,
    parks=True,
    channel_of=lambda key: channel_of(ContestId(key[0]), View(key[1])),
)

CONTEST: Final = TypeAdapter(Contest)


async def read_board(cassandra: Cassandra, contest_id: ContestId, view: View) -> BoardView | None:
    """The board at one moment; None where there is no such contest."""
    rows = await cassandra.execute(READ, (contest_id, view.value))
    if not rows or rows[0]["contest"] is None:
        return None
    thawed = bool(rows[0]["thawed"])
    return BoardView(
        contest=CONTEST.validate_json(rows[0]["contest"]),
        epoch=board_epoch(view, thawed=thawed, rejudged_at=rows[0]["rejudged_at"]),
        offset=rows[0]["board_offset"],
        thawed=thawed,
        rows=tuple(orjson.loads(row["team_row"]) for row in rows if row["team_row"] is not None),
    )


def board_epoch(view: View, *, thawed: bool, rejudged_at: int | None) -> str:
    """Within an epoch a board's messages build on one another.

    The thaw makes another board of the public one, and a rejudging that is applied or reverted another of both.
    """
    thaw = ".thawed" if thawed and view is View.PUBLIC else ""
    return f"{VERSION}{thaw}" if rejudged_at is None else f"{VERSION}{thaw}.r{rejudged_at}"


def channel_of(contest_id: ContestId, view: View) -> str:
    """The channel on which that view is told."""
    return f"board:{contest_id}:jury" if view is View.JURY else f"board:{contest_id}"


def _contest_of(fact: Fact) -> ContestId:
    """Every event of this topic is of one contest, which is its key."""
    return ContestId(str(CONTEST_FEED.key_of(fact.event)))


def _changed(change: Change | None, fact: Fact, rows: Mapping[View, tuple[Row, ...]], contest_changed: bool) -> Change:
    offset = fact.position.offset
    before = change or Change(last=fact)
    return replace(
        before,
        last=fact,
        rows={
            view: {**before.rows[view], **{row.team_id: _versioned(row, offset) for row in changed}}
            for view, changed in rows.items()
        },
        contest_changed_at=offset if contest_changed else before.contest_changed_at,
    )


def _versioned(row: Row, offset: int) -> VersionedRowBody:
    return VersionedRowBody(**row_body(row), version=offset)


def _writes(board: Board, view: View, change: Change) -> list[Write]:
    key, offset = (board.contest_id, view.value), change.last.position.offset
    writes = [Write(key, WRITE_OFFSET, (*key, offset, offset))]
    if board.contest is not None and change.contest_changed_at is not None:
        at = change.contest_changed_at
        writes.append(Write(key, WRITE_CONTEST, (*key, to_text(board.contest), board.thawed, board.rejudged_at, at)))
    for team_id, row in change.rows[view].items():
        writes.append(Write(key, WRITE_ROW, (*key, team_id, to_text(row), row["version"])))
    return writes


class BoardMessage(TypedDict, total=False):
    """What a board's channel is told; `rows` are absolute and without ranks."""

    contest_id: str
    epoch: str
    offset: int
    thawed: bool
    rows: list[VersionedRowBody]


def _announcements(board: Board, view: View, change: Change) -> list[Announcement]:
    """The changed rows; `reset` where a reader should rather read the board anew."""
    if board.contest is None:
        return []
    rows = list(change.rows[view].values())
    is_reset = change.contest_changed_at is not None or len(rows) > MAX_ROWS_TOLD
    if not rows and not is_reset:
        return []
    offset = change.last.position.offset
    message = BoardMessage(
        contest_id=board.contest_id,
        epoch=board_epoch(view, thawed=board.thawed, rejudged_at=board.rejudged_at),
        offset=offset,
        thawed=board.thawed,
    )
    if not is_reset:
        message["rows"] = rows
    return [
        Announcement(
            channel=channel_of(board.contest_id, view),
            type="reset" if is_reset else "rows",
            version=offset,
            data=to_json(message),
            cause=change.last,
        )
    ]
