"""A record as it is read, and the decision what becomes of one that cannot be dealt with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.events import DeadLettered, Event
from schemas.ids import derived_event_id
from schemas.topics import TOPIC_BY_NAME
from schemas.values import DeadLetterReason, Position

GIVEN_UP_BY: Final = "stream_processors"

LETTER_BYTES: Final = 4 * 1024 * 1024
"""How much of a record a dead letter holds, so that the letter itself is never refused as too long."""


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
    cut = len(record.value) > LETTER_BYTES
    return DeadLettered(
        event_id=derived_event_id(DeadLettered.__name__, str(record.position)),
        occurred_at=now,
        caused_by=record.position,
        key=record.key,
        value=record.value[:LETTER_BYTES],
        reason=poison.reason,
        detail=f"{poison.detail} (cut from {len(record.value)} bytes)" if cut else poison.detail,
        given_up_by=GIVEN_UP_BY,
    )
