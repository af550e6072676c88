"""Dead letters: how every service writes one for a record that it gives up. Pure.

A letter is the last word on a record, so it must never itself be refused as too long: what it holds is cut, and says
from how much.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from schemas.events import DeadLettered
from schemas.ids import derived_event_id
from schemas.values import DeadLetterReason, Position

LETTER_BYTES: Final = 4 * 1024 * 1024
"""How much of a record's value a letter holds: half of what a topic takes."""

KEY_BYTES: Final = 4096
DETAIL_CHARACTERS: Final = 2000


def dead_letter(
    position: Position,
    *,
    key: bytes | None,
    value: bytes,
    reason: DeadLetterReason,
    detail: str,
    given_up_by: str,
    now: datetime,
    model: str = "",
) -> DeadLettered:
    """The letter for the record at `position`; a repeat has the same id.

    Where several give up the same record, each for itself, `model` says which of them this is.
    """
    cause = f"{model}:{position}" if model else str(position)
    return DeadLettered(
        event_id=derived_event_id(DeadLettered.__name__, cause),
        occurred_at=now,
        caused_by=position,
        key=None if key is None else key[:KEY_BYTES],
        value=value[:LETTER_BYTES],
        reason=reason,
        detail=_cut(detail) + _told(len(value)),
        given_up_by=given_up_by,
    )


def without_content(letter: DeadLettered) -> DeadLettered:
    """The same letter without the record's bytes: what is left to say where even the cut ones are refused."""
    return replace(letter, key=None, value=b"", detail=f"{letter.detail} (its bytes were refused)")


def _cut(detail: str) -> str:
    return detail if len(detail) <= DETAIL_CHARACTERS else f"{detail[: DETAIL_CHARACTERS - 1]}…"


def _told(value_bytes: int) -> str:
    return f" (cut from {value_bytes} bytes)" if value_bytes > LETTER_BYTES else ""
