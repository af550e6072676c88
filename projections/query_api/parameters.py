"""Parameters that routes share, and how they are read."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Path, Query

from schemas.http import refusals
from schemas.http.identity import Identity, anyone
from schemas.http.refusals import Refusal, RefusalType
from schemas.ids import CLICS_ID, ContestId, ProblemId, SubmissionId
from schemas.topics import TOPIC_BY_NAME
from schemas.values import Position

LONGEST_WAIT_S: Final = 30.0
LONGEST_CURSOR: Final = 200
DEFAULT_LIMIT: Final = 50
HIGHEST_LIMIT: Final = 200
DEFAULT_CATALOG_LIMIT: Final = 200
HIGHEST_CATALOG_LIMIT: Final = 1_000

CANONICAL_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII)
PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

Who = Annotated[Identity | None, Depends(anyone)]
WaitS = Annotated[
    float | None,
    Query(alias="wait", ge=0, le=LONGEST_WAIT_S, allow_inf_nan=False, description="Seconds to wait, at most 30"),
]
After = Annotated[
    str | None, Query(max_length=LONGEST_CURSOR, description="A position, as writes answer it: what it wrote is seen")
]
At = Annotated[str | None, Query(max_length=40, description="A moment that has been, RFC 3339: as it was then")]
Limit = Annotated[int, Query(ge=1, le=HIGHEST_LIMIT)]
CatalogLimit = Annotated[int, Query(ge=1, le=HIGHEST_CATALOG_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=LONGEST_CURSOR, description="As the page before answered it")]
Filter = Annotated[str | None, Query(max_length=128, pattern=PRINTABLE)]

UserPath = Annotated[str, Path(min_length=1, max_length=128, pattern=PRINTABLE)]


def submission_id_of(text: str) -> SubmissionId:
    """The id in a path; refused where it is no UUID in its canonical form."""
    if not CANONICAL_UUID.fullmatch(text):
        raise Refusal(refusals.INVALID_SUBMISSION_ID, "an id has 36 characters: lower-case hex digits and dashes")
    return SubmissionId(text)


def problem_id_of(text: str) -> ProblemId:
    """The id in a path; what cannot be an id is no problem of ours."""
    return ProblemId(_clics_id(text, refusals.UNKNOWN_PROBLEM))


def contest_id_of(text: str) -> ContestId:
    """The id in a path; what cannot be an id is no contest of ours."""
    return ContestId(_clics_id(text, refusals.UNKNOWN_CONTEST))


def position_of(text: str) -> Position:
    """A position in a topic of ours; whether the log reaches so far is asked elsewhere."""
    try:
        position = Position.parse(text)
    except ValueError as error:
        raise Refusal(refusals.INVALID_POSITION, str(error)) from None
    topic = TOPIC_BY_NAME.get(position.topic)
    if topic is None or position.partition >= topic.partitions:
        raise Refusal(refusals.INVALID_POSITION, f"the log has no partition {position.topic}:{position.partition}")
    return position


def moment_of(text: str, now: datetime) -> datetime:
    """A moment that has been, as RFC 3339 writes it, in UTC."""
    try:
        if not RFC_3339.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        detail = "at: a moment is 2026-11-21T12:00:00Z, or with an offset (in a URL a plus sign is %2B)"
        raise Refusal(refusals.MALFORMED_MOMENT, detail) from None
    if moment > now:
        raise Refusal(refusals.MOMENT_IN_FUTURE, f"at: here it is {now.isoformat()}")
    return moment


def cursor_of(place: object) -> str:
    """A place in a list as a client gets it: opaque, and safe in a URL."""
    return urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def place_in(cursor: str) -> str:
    """The place that `cursor_of` made a cursor of; refused where it made no such thing."""
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise invalid_cursor() from None


def invalid_cursor() -> Refusal:
    """The refusal of a cursor that is not one of ours."""
    return Refusal(refusals.INVALID_CURSOR, "begin again without a cursor")


def _clics_id(text: str, otherwise: RefusalType) -> str:
    if not CLICS_ID.fullmatch(text):
        raise Refusal(otherwise, f"there is nothing called {text[:80]!r}")
    return text
