"""Submission ids: UUIDv7 (RFC 9562), drawn by us or chosen by a client.

An id that we draw ends in 32 bits that are a digest of the rest, so that it can be told from one that a client
chose (a client's own has such an ending once in 4 billion). That protects a POST without a claim: nobody can claim
by PUT the id of a submission that was made by POST, although such ids are public. The mark need not be secret,
since an id cannot be changed into one of the other kind.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

from ingest_api.limits import ID_AHEAD, ID_BEHIND
from schemas.http import refusals
from schemas.http.refusals import Refusal
from schemas.ids import SubmissionId

CHANCE_BITS: Final = 42
MARK_BITS: Final = 32
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def draw_submission_id(now: datetime, chance: int) -> SubmissionId:
    """A fresh id; `chance` is a random number of `CHANCE_BITS` bits."""
    unix_ms = (now - EPOCH) // timedelta(milliseconds=1)
    rand_a, rand_b = chance >> 30, chance & (1 << 30) - 1
    unmarked = unix_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b << 32
    digits = f"{unmarked | _mark(unmarked):032x}"  # as str(UUID) spells it, at a third of its price
    return SubmissionId(f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}")


def drawn_by_us(submission_id: SubmissionId) -> bool:
    """Whether `draw_submission_id` made it."""
    value = UUID(submission_id).int
    return value & (1 << MARK_BITS) - 1 == _mark(value)


def chosen_submission_id(text: str, now: datetime) -> SubmissionId:
    """The id that a client chose, in its canonical spelling; refused where it is no UUIDv7 of these hours."""
    try:
        uuid = UUID(text)
    except ValueError:
        raise Refusal(refusals.INVALID_SUBMISSION_ID, "an id looks like 018f4a3e-5c1b-7d2a-9e0f-…") from None
    if uuid.version != 7 or str(uuid) != text.lower():
        raise Refusal(refusals.INVALID_SUBMISSION_ID, "an id is a UUIDv7 (RFC 9562) of 36 characters")
    made_at = EPOCH + timedelta(milliseconds=min(uuid.int >> 80, 2**47))
    if not now - ID_BEHIND <= made_at <= now + ID_AHEAD:
        raise Refusal(
            refusals.SUBMISSION_ID_OUT_OF_WINDOW,
            f"its time is {made_at.isoformat(timespec='seconds')}; not more than 24 h behind or 60 s ahead of ours",
        )
    return SubmissionId(str(uuid))


def _mark(value: int) -> int:
    marked = (value >> MARK_BITS).to_bytes(12, "big")
    return int.from_bytes(blake2b(marked, digest_size=4, person=b"judgestream").digest(), "big")
