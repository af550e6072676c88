"""What a client may say on its socket."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson

from projections.live.frames import Place

LARGEST_BYTES: Final = 8 * 1024
"""A token has at most 4 kB and everything else less."""

HIGHEST_OFFSET: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """The client says who it is."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """The client wants to follow a channel, from `after` on where that can be."""

    channel: str
    after: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """The client has enough of a channel."""

    channel: str


Request: TypeAlias = Authenticate | Subscribe | Unsubscribe


def parse_request(text: str | bytes) -> Request | None:
    """The request; None where it is malformed. Further members are ignored, so that clients may be newer than we."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    match message:
        case {"token": str(token)}:
            return Authenticate(token=token)
        case {"subscribe": str(channel), "after": after} if after is not None:
            place = _place(after)
            return None if place is None else Subscribe(channel=channel, after=place)
        case {"subscribe": str(channel)}:
            return Subscribe(channel=channel, after=None)
        case {"unsubscribe": str(channel)}:
            return Unsubscribe(channel=channel)
    return None


def _place(after: object) -> Place | None:
    match after:
        # A snapshot of a channel of which nothing was ever told stands at -1. Booleans are integers to Python only.
        case {"epoch": str(epoch), "offset": int(offset)} if -1 <= offset <= HIGHEST_OFFSET and offset is not True:
            return Place(epoch=epoch, offset=offset)
    return None
