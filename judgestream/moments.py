"""Moments as a person types them."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Final

INTO_CONTEST: Final = re.compile(r"\+(\d{1,4}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


def into_contest(text: str) -> timedelta | None:
    """`+1:30` or `+1:30:15`, so long after a contest's start; None where it is written otherwise."""
    found = INTO_CONTEST.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def moment(text: str, *, starts_at: datetime | None = None, zone: tzinfo | None = None) -> str:
    """RFC 3339 for the API. Without an offset it is local time (`zone` None: this machine's); a ValueError says what
    may be typed."""
    since = into_contest(text)
    if since is not None and starts_at is not None:
        return (starts_at + since).isoformat()
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no moment: 2026-11-21T14:00, with Z or +01:00, or +1:30 into the contest"
        ) from None
    if given.tzinfo is None:
        given = given.replace(tzinfo=zone) if zone is not None else given.astimezone()
    return given.isoformat()
