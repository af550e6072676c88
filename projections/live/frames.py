"""Frames: what a subscriber is sent. One is encoded once, however many it goes to."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import orjson

SMALL: Final = 125
MEDIUM: Final = 0xFFFF
FINAL_TEXT: Final = 0x81

OFFSET: Final = re.compile(r"-1|[0-9]{1,18}")
"""-1 is where a snapshot of a channel stands of which nothing was ever told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a subscriber stands in a channel. Offsets compare only within one epoch."""

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"


class Frame:
    """One message: `{"channel", "epoch", "offset", "type", "data"}`, or an error, which has no place."""

    def __init__(self, *, channel: str, place: Place | None, type: str, data: bytes) -> None:  # noqa: A002
        """`data` is JSON."""
        self.channel = channel
        self.place = place
        self.type = type
        self.data = data

    def __repr__(self) -> str:
        return f"Frame({self.text.decode()})"

    @cached_property
    def text(self) -> bytes:
        """The message itself."""
        where = {} if self.place is None else {"epoch": self.place.epoch, "offset": self.place.offset}
        return orjson.dumps({"channel": self.channel, **where, "type": self.type, "data": orjson.Fragment(self.data)})

    @cached_property
    def websocket(self) -> bytes:
        """The message as one unmasked, uncompressed WebSocket text frame (RFC 6455, 5.2)."""
        length = len(self.text)
        if length <= SMALL:
            return bytes((FINAL_TEXT, length)) + self.text
        if length <= MEDIUM:
            return bytes((FINAL_TEXT, 126)) + length.to_bytes(2) + self.text
        return bytes((FINAL_TEXT, 127)) + length.to_bytes(8) + self.text

    @cached_property
    def event(self) -> bytes:
        """The message as a server-sent event whose id is the place. JSON has no line breaks, so one line holds it."""
        named = b"" if self.place is None else b"id: %b\n" % str(self.place).encode()
        return b"%bdata: %b\n\n" % (named, self.text)


def parse_place(text: str) -> Place | None:
    """Reads `epoch:offset`, as in an event's id; an epoch has colons of its own. None where it is neither."""
    epoch, _, offset = text.rpartition(":")
    if not epoch or not OFFSET.fullmatch(offset):
        return None
    return Place(epoch=epoch, offset=int(offset))
