"""A dead letter is never too long for its topic, and says what it leaves out."""

from datetime import UTC, datetime

from schemas.dead_letters import DETAIL_CHARACTERS, KEY_BYTES, LETTER_BYTES, dead_letter, without_content
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.topic_checks import MESSAGE_BYTES
from schemas.events import DeadLettered
from schemas.topics import DEAD_LETTERS
from schemas.values import DeadLetterReason, Position

NOW = datetime(2026, 11, 21, tzinfo=UTC)
AT = Position(topic="submissions", partition=3, offset=9)


def letter(value: bytes = b"junk", detail: str = "why", key: bytes | None = None, model: str = "") -> DeadLettered:
    return dead_letter(
        AT,
        key=key,
        value=value,
        reason=DeadLetterReason.UNDECODABLE,
        detail=detail,
        given_up_by="somebody",
        now=NOW,
        model=model,
    )


def test_what_fits_is_kept_as_it_is() -> None:
    known = letter(key=b"k")
    assert (known.value, known.key, known.detail, known.caused_by) == (b"junk", b"k", "why", AT)


def test_whatever_is_given_up_its_letter_is_taken() -> None:
    longest = letter(b"x" * MESSAGE_BYTES, "w" * 1_000_000, b"k" * 1_000_000)
    assert (len(longest.value), len(longest.key or b"")) == (LETTER_BYTES, KEY_BYTES)
    assert longest.detail.endswith(f"… (cut from {MESSAGE_BYTES} bytes)")
    assert len(longest.detail) < DETAIL_CHARACTERS + 100
    MemoryEventLog().append(DEAD_LETTERS, longest, partition=0).result()


def test_each_model_writes_a_letter_of_its_own_and_a_repeat_is_the_same() -> None:
    assert letter().event_id == letter(b"other").event_id
    assert len({letter().event_id, letter(model="a").event_id, letter(model="b").event_id}) == 3


def test_without_its_content_a_letter_still_says_what_it_was() -> None:
    bare = without_content(letter(key=b"k"))
    assert (bare.value, bare.key, bare.event_id) == (b"", None, letter().event_id)
    assert bare.detail == "why (its bytes were refused)"
