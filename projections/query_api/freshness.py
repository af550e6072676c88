"""Read your writes: waiting until a model has what stands at a position."""

import asyncio
from collections.abc import Mapping
from typing import Final

from projections.models.positions import UnknownTopic
from projections.models.rejudgings import Decision, Request
from projections.query_api.log_records import read_records
from projections.query_api.parameters import position_of
from projections.query_api.reads import Reads
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition
from schemas.events import RejudgingApplied, RejudgingReverted
from schemas.http import refusals
from schemas.http.refusals import Refusal
from schemas.ids import ContestId
from schemas.topics import CONTESTS, PROBLEMS, REJUDGING_REQUESTS, REJUDGINGS, SUBMISSIONS, TOPIC_BY_NAME
from schemas.values import Position

PATIENCE_S: Final = 5.0
"""How long a model may lag before one is answered without what one asked for."""

LOOK_EVERY_S: Final = 0.015
"""Checkpoints are not announced, but one row that is in memory says how far they are."""

END_WITHIN_S: Final = 2.0

BOARDS_MODEL: Final = "boards"
REJUDGINGS_MODEL: Final = "rejudgings"

SHOWN_BY: Final[Mapping[str, str]] = {
    SUBMISSIONS.name: "submissions",
    PROBLEMS.name: "problems",
    CONTESTS.name: "contests",
    REJUDGING_REQUESTS.name: "rejudgings",
    REJUDGINGS.name: "rejudgings",
}
"""By topic whose positions we hand out: the model that shows what stands there. It is asked where another model, which
does not depend on that topic, is read: so every position is good for every read."""


class Freshness:
    """Knows how far models are and where the log ends."""

    def __init__(self, reads: Reads, event_log: EventLog) -> None:
        self._reads = reads
        self._log = event_log

    async def reached(
        self, model: str, after: str | None, *, key: str | None = None, within_s: float | None = None
    ) -> bool | None:
        """Waits until the model has the record at `after`; answers whether it has, and None where nothing was asked.

        A `Refusal` where the log does not reach so far, or nothing that is read shows what stands there.
        """
        if after is None:
            return None
        return await self._reached(model, position_of(after), key, _gives_up(within_s))

    async def board_reached(self, after: str | None, contest_id: ContestId) -> bool | None:
        """As `reached`, of a contest's board, which knows of a rejudging only what has moved it.

        It has a request once the request is decided and, where it moves that contest, once it has been moved.
        """
        if after is None:
            return None
        position, gives_up = position_of(after), _gives_up(None)
        if position.topic in (REJUDGING_REQUESTS.name, REJUDGINGS.name):
            if not await self._reached(REJUDGINGS_MODEL, position, None, gives_up):
                return False
            try:
                moved_by = await self._move(position, contest_id)
            except LogUnavailable:
                return False
            if moved_by is None:
                return True
            position = moved_by
        return await self._reached(BOARDS_MODEL, position, contest_id, gives_up)

    async def _move(self, position: Position, contest_id: ContestId) -> Position | None:
        """Where the decision stands that is, or answers, what stands at that position; None if it moved no board."""
        event = await asyncio.to_thread(self._event_at, position)
        view = None if event is None else await self._reads.rejudging(event.rejudging_id)
        for one in () if view is None else view.decisions:
            decided = one.event
            if position in (one.position, decided.caused_by):
                moves = isinstance(decided, RejudgingApplied | RejudgingReverted) and contest_id in decided.contest_ids
                return one.position if moves else None
        return None

    def _event_at(self, position: Position) -> Request | Decision | None:
        at = Partition(position.topic, position.partition)
        record = next(read_records(self._log, at, position.offset, position.offset + 1), None)
        return record.event if record is not None and isinstance(record.event, Request | Decision) else None

    async def _reached(self, model: str, position: Position, key: str | None, gives_up: float) -> bool:
        if await self._has(model, position, key):
            return True
        await self._check_is_there(position)
        while asyncio.get_running_loop().time() < gives_up:
            await asyncio.sleep(LOOK_EVERY_S)
            if await self._has(model, position, key):
                return True
        return False

    async def _has(self, model: str, position: Position, key: str | None) -> bool:
        try:
            return await self._reads.has_applied(model, position, key)
        except UnknownTopic as error:
            if position.topic not in SHOWN_BY:
                raise Refusal(refusals.INVALID_POSITION, str(error)) from None
            return await self._reads.has_applied(SHOWN_BY[position.topic], position, None)

    async def _check_is_there(self, position: Position) -> None:
        """Without a broker it cannot be told, and the wait will end by itself."""
        topic = TOPIC_BY_NAME[position.topic]
        try:
            ends = await asyncio.to_thread(self._log.end_offsets, topic, timeout_s=END_WITHIN_S)
        except LogUnavailable:
            return
        if position.offset >= ends[position.partition]:
            raise Refusal(refusals.INVALID_POSITION, f"{position} is beyond the end of the log")


def _gives_up(within_s: float | None) -> float:
    """When, by the loop's clock."""
    return asyncio.get_running_loop().time() + (PATIENCE_S if within_s is None else within_s)
