"""Read your writes: waiting until a model has what stands at a position."""

import asyncio
from typing import Final

from projections.models.positions import UnknownTopic
from projections.query_api.parameters import position_of
from projections.query_api.reads import Reads
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.http import refusals
from schemas.http.refusals import Refusal
from schemas.topics import TOPIC_BY_NAME
from schemas.values import Position

PATIENCE_S: Final = 5.0
"""How long a model may lag before one is answered without what one asked for."""

LOOK_EVERY_S: Final = 0.015
"""Checkpoints are not announced, but one row that is in memory says how far they are."""

END_WITHIN_S: Final = 2.0


class Freshness:
    """Knows how far models are and where the log ends."""

    def __init__(self, reads: Reads, event_log: EventLog) -> None:
        self._reads = reads
        self._log = event_log

    async def reached(
        self, model: str, after: str | None, *, key: str | None = None, within_s: float | None = None
    ) -> bool | None:
        """Waits until the model has the record at `after`; answers whether it has, and None where nothing was asked.

        A `Refusal` where the model will never have it: another topic, or beyond the end of the log.
        """
        if after is None:
            return None
        position = position_of(after)
        loop = asyncio.get_running_loop()
        gives_up = loop.time() + (PATIENCE_S if within_s is None else within_s)
        if await self._has(model, position, key):
            return True
        await self._check_is_there(position)
        while loop.time() < gives_up:
            await asyncio.sleep(LOOK_EVERY_S)
            if await self._has(model, position, key):
                return True
        return False

    async def _has(self, model: str, position: Position, key: str | None) -> bool:
        try:
            return await self._reads.has_applied(model, position, key)
        except UnknownTopic as error:
            raise Refusal(refusals.INVALID_POSITION, str(error)) from None

    async def _check_is_there(self, position: Position) -> None:
        """Without a broker it cannot be told, and the wait will end by itself."""
        topic = TOPIC_BY_NAME[position.topic]
        try:
            ends = await asyncio.to_thread(self._log.end_offsets, topic, timeout_s=END_WITHIN_S)
        except LogUnavailable:
            return
        if position.offset >= ends[position.partition]:
            raise Refusal(refusals.INVALID_POSITION, f"{position} is beyond the end of the log")
