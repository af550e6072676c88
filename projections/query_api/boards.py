"""Boards: as they are now, as they were at any moment, and the moments at which they changed."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Query, Request
from starlette.responses import Response

from projections.models.boards import BoardView, VersionedRowBody, board_epoch
from projections.query_api.answers import answered, with_applied
from projections.query_api.freshness import Freshness
from projections.query_api.parameters import After, At, Who, contest_id_of, moment_of
from projections.query_api.reads import Reads
from projections.query_api.timeline import Past, Timeline
from projections.query_api.timelines import Timelines
from projections.viewers import viewer_of
from projections.whole_board import whole_board
from schemas.http import refusals
from schemas.http.identity import Identity
from schemas.http.refusals import Refusal
from schemas.ids import ContestId
from schemas.rules.board_body import row_body
from schemas.rules.icpc_row import View
from schemas.rules.visibility import board_view

DEFAULT_MOMENTS: Final = 1_000
MOST_MOMENTS: Final = 5_000
"""More than a slider has pixels."""

Asked = Annotated[View, Query(description="`jury` is the board without a freeze, for the jury")]
Offset = Annotated[int | None, Query(ge=0, lt=2**62, description="As `at`, by an offset of the contest's feed")]
Body = dict[str, Any]


class Boards:
    """The routes of boards. `clock` says where contests stand, and which moments have been."""

    def __init__(self, reads: Reads, freshness: Freshness, timelines: Timelines, clock: Callable[[], datetime]) -> None:
        self._reads = reads
        self._freshness = freshness
        self._timelines = timelines
        self._clock = clock

    async def board(
        self,
        request: Request,
        contest_id: str,
        who: Who,
        view: Asked = View.PUBLIC,
        at: At = None,
        offset: Offset = None,
        after: After = None,
    ) -> Response:
        """The board: the public one, for everyone alike, unless the jury's is asked for.

        As it is now; with `at` as it was at that moment, freeze and all, from everything that the log had then.
        """
        known_id = _allowed(contest_id, who, view)
        if at is not None or offset is not None:
            return answered(request, await self._past(known_id, view, at, offset, after))
        applied = await self._freshness.board_reached(after, known_id)
        board = await self._reads.board(known_id, view)
        if board is None:
            raise _unknown(known_id)
        return answered(request, with_applied({**whole_board(board, view, self._clock())}, applied))

    async def timeline(
        self,
        request: Request,
        contest_id: str,
        who: Who,
        view: Asked = View.PUBLIC,
        after_offset: Annotated[int, Query(ge=-1, lt=2**62, description="Only what changed behind it")] = -1,
        limit: Annotated[int, Query(ge=1, le=MOST_MOMENTS)] = DEFAULT_MOMENTS,
    ) -> Response:
        """The moments at which the board changed, in the order of the feed; of more than `limit` every n-th."""
        known_id = _allowed(contest_id, who, view)
        contest = await self._contest(known_id)
        async with self._timelines.until_now(known_id) as timeline:
            moments = await asyncio.to_thread(timeline.moments, view, after_offset, limit)
            next_offset = timeline.next_offset
        told = [{"offset": moment.offset, "at": moment.appended_at.isoformat()} for moment in moments]
        return answered(request, {"contest_id": contest, "next_offset": next_offset, "moments": told})

    async def _past(
        self, contest_id: ContestId, view: View, at: str | None, offset: int | None, after: str | None
    ) -> Body:
        if after is not None or (at is not None and offset is not None):
            raise Refusal(refusals.MALFORMED_REQUEST, "one of at, offset and after, not several")
        await self._contest(contest_id)
        wanted = self._wanted(contest_id, at, offset)
        async with wanted.timeline as timeline:
            body = await asyncio.to_thread(_body_of, timeline, view, wanted)
        if body is None:
            raise Refusal(refusals.NO_BOARD_THEN, f"the log did not know the contest {contest_id!r} yet")
        return body

    def _wanted(self, contest_id: ContestId, at: str | None, offset: int | None) -> "Wanted":
        if at is not None:
            moment = moment_of(at, self._clock())
            return Wanted(self._timelines.until_moment(contest_id, moment), moment=moment)
        assert offset is not None, "one of the two is given"
        return Wanted(self._timelines.until_offset(contest_id, offset), offset=offset)

    async def _contest(self, contest_id: ContestId) -> ContestId:
        """A contest that is known; no log is read for others."""
        if await self._reads.contest(contest_id) is None:
            raise _unknown(contest_id)
        return contest_id


class Wanted(NamedTuple):
    """What is asked for: a timeline that reaches so far, and a moment or an offset in it."""

    timeline: AbstractAsyncContextManager[Timeline]
    moment: datetime | None = None
    offset: int = -1


def _body_of(timeline: Timeline, view: View, wanted: Wanted) -> Body | None:
    """Takes a while where there are many teams: not for the event loop."""
    offset = wanted.offset if wanted.moment is None else timeline.offset_at(wanted.moment)
    past = timeline.at(offset, view)
    if past is None:
        return None
    moment = wanted.moment or past.appended_at
    return {**whole_board(_view_of(past, view), view, moment), "at": moment.isoformat()}


def _view_of(past: Past, view: View) -> BoardView:
    """It as the read model has it; rows carry the offset of the whole, since nobody watched them change."""
    board = past.board
    assert board.contest is not None, "a past is of a known contest"
    return BoardView(
        contest=board.contest,
        epoch=board_epoch(view, thawed=board.thawed, rejudged_at=board.rejudged_at),
        offset=board.offset,
        thawed=board.thawed,
        rows=tuple(VersionedRowBody(**row_body(row), version=board.offset) for row in board.rows(view)),
    )


def _allowed(contest_id: str, who: Identity | None, view: View) -> ContestId:
    known_id = contest_id_of(contest_id)
    if board_view(viewer_of(who), jury_asked=view is View.JURY) is not view:
        raise Refusal(refusals.FORBIDDEN, "the jury's board is for the jury")
    return known_id


def _unknown(contest_id: ContestId) -> Refusal:
    return Refusal(refusals.UNKNOWN_CONTEST, f"there is no contest {contest_id!r}")
