"""Moments as rows hold them where they are a part of a key: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime
from typing import Final

from schemas.converters import EPOCH, MICROSECOND


def microseconds(moment: datetime) -> int:
    """The number that stands for an aware moment."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(us: int) -> datetime:
    """The moment that a number stands for."""
    return EPOCH + us * MICROSECOND


LAST_MICROSECOND: Final = microseconds(datetime.max.replace(tzinfo=UTC))
