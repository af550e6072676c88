"""A record as it is read, and the decision what becomes of one that cannot be dealt with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import schemas.dead_letters
from schemas.events import DeadLettered, Event
from schemas.topics import TOPIC_BY_NAME
from schemas.values import DeadLetterReason, Position

GIVEN_UP_BY: Final = "stream_processors"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """A record of a topic that is read here, before anyone has looked into it."""

    position: Position
    key: bytes | None
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """Why a record cannot be dealt with, now or ever."""

    reason: DeadLetterReason
    detail: str


def expected(event: Event, topic: str) -> Event | Poison:
    """The event, unless the topic is not its place."""
    if isinstance(event, TOPIC_BY_NAME[topic].events):
        return event
    stranger = f"{type(event).__name__} does not belong into {topic}"
    return Poison(reason=DeadLetterReason.UNEXPECTED_EVENT, detail=stranger)


def dead_letter(record: SourceRecord, poison: Poison, now: datetime) -> DeadLettered:
    """The letter for a record that is given up; a repeat has the same id."""
    return schemas.dead_letters.dead_letter(
        record.position,
        key=record.key,
        value=record.value,
        reason=poison.reason,
        detail=poison.detail,
        given_up_by=GIVEN_UP_BY,
        now=now,
    )
