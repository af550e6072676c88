"""Dead letters: what was given up, by whom and why, for those who have to look after it.

They are read from their topic itself, which has one partition and keeps them for 30 days. There is no read model: few
people look, seldom, and a letter must be seen above all when a projection is what failed.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from fastapi import Depends, Request
from starlette.responses import Response

from projections.query_api.answers import answered
from projections.query_api.log_records import WITHIN_S, read_records
from projections.query_api.parameters import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    cursor_of,
    invalid_cursor,
    place_in,
    position_of,
)
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Record, Undecodable
from schemas.events import DeadLettered, Event
from schemas.http import refusals
from schemas.http.identity import Identity, Role, holding
from schemas.http.refusals import Refusal
from schemas.topics import DEAD_LETTERS, TOPIC_BY_NAME

Jury = Annotated[Identity, Depends(holding(Role.JURY))]
Body = dict[str, Any]
T = TypeVar("T")

LETTERS: Final = Partition(DEAD_LETTERS.name, 0)
AT_ONCE: Final = 2
"""A letter has up to 4 MiB and a page up to 200 of them, one after the other: few may be read side by side."""


class Kept(NamedTuple):
    """The letters that there are: from the first offset to before the end."""

    first: int
    end: int


class DeadLetters:
    """The routes of dead letters."""

    def __init__(self, event_log: EventLog) -> None:
        self._log = event_log
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def many(self, request: Request, who: Jury, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response:  # noqa: ARG002
        """What was given up, the newest first, without the bytes. For the jury."""
        before = None if cursor is None else _offset_in(cursor)
        return answered(request, await self._in_turn(lambda: self._page(limit, before)))

    async def one(self, request: Request, who: Jury, position: str) -> Response:  # noqa: ARG002
        """One letter, with the bytes of the record that was given up, as far as it holds them. For the jury."""
        wanted = position_of(position)
        if (wanted.topic, wanted.partition) != LETTERS:
            raise _unknown(position)
        return answered(request, await self._in_turn(lambda: self._letter(wanted.offset)))

    async def _in_turn(self, read: Callable[[], T]) -> T:
        async with self._turns:
            try:
                return await asyncio.to_thread(read)
            except LogUnavailable as error:
                raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers={"Retry-After": "1"}) from error

    def _page(self, limit: int, before: int | None) -> Body:
        kept = self._kept()
        end = kept.end if before is None else min(before, kept.end)
        begin = max(kept.first, end - limit)
        lines = [_line(record) for record in read_records(self._log, LETTERS, begin, end)]
        return {"dead_letters": lines[::-1], "cursor": cursor_of(begin) if begin > kept.first else None}

    def _letter(self, offset: int) -> Body:
        kept = self._kept()
        if not kept.first <= offset < kept.end:
            raise _unknown(f"{LETTERS.topic}:{LETTERS.number}:{offset}")
        for record in read_records(self._log, LETTERS, offset, offset + 1):
            given_up = self._given_up(record)
            names = {name: getattr(given_up, name, None) for name in ("submission_id", "rejudging_id")}
            return {**_whole(record), **names}
        raise _unknown(f"{LETTERS.topic}:{LETTERS.number}:{offset}")

    def _kept(self) -> Kept:
        firsts = self._log.begin_offsets(DEAD_LETTERS, timeout_s=WITHIN_S)
        ends = self._log.end_offsets(DEAD_LETTERS, timeout_s=WITHIN_S)
        return Kept(firsts[LETTERS.number], ends[LETTERS.number])

    def _given_up(self, letter: Record) -> Event | Undecodable | None:
        """What the letter is about, if it is still where it was."""
        source = letter.event.caused_by if isinstance(letter.event, DeadLettered) else None
        topic = TOPIC_BY_NAME.get(source.topic) if source is not None else None
        if source is None or topic is None:
            return None
        at = Partition(source.topic, source.partition)
        first = self._log.begin_offsets(topic, timeout_s=WITHIN_S).get(at.number)
        end = self._log.end_offsets(topic, timeout_s=WITHIN_S).get(at.number)
        if first is None or end is None or not first <= source.offset < end:
            return None
        record = next(read_records(self._log, at, source.offset, source.offset + 1), None)
        return None if record is None else record.event


def _line(record: Record) -> Body:
    """A letter in the list; bytes that are no letter of ours are shown as what they are."""
    event = record.event
    if not isinstance(event, DeadLettered):
        return {
            "position": str(record.position),
            "given_up_at": record.appended_at.isoformat(),
            "source": None,
            "reason": "unreadable",
            "detail": "this record of dead-letters is no dead letter",
            "given_up_by": None,
            "value_bytes": len(record.value),
        }
    return {
        "position": str(record.position),
        "given_up_at": event.occurred_at.isoformat(),
        "source": None if event.caused_by is None else str(event.caused_by),
        "reason": event.reason.value,
        "detail": event.detail,
        "given_up_by": event.given_up_by,
        "value_bytes": len(event.value),
    }


def _whole(record: Record) -> Body:
    event = record.event
    key, value = (event.key, event.value) if isinstance(event, DeadLettered) else (None, record.value)
    return {**_line(record), "key": None if key is None else _base64(key), "value": _base64(value)}


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def _offset_in(cursor: str) -> int:
    place = place_in(cursor)
    if not (place.isascii() and place.isdigit() and len(place) < 19):
        raise invalid_cursor()
    return int(place)


def _unknown(position: str) -> Refusal:
    return Refusal(refusals.UNKNOWN_DEAD_LETTER, f"there is no dead letter at {position}, or no more")
