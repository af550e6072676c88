"""The framing in which Docker sends stdout and stderr over one attached socket; no I/O here."""

from enum import IntEnum
from typing import Final

HEADER_BYTES: Final = 8
"""One byte for the stream, three of nothing, four of the payload's length (big endian)."""


class Stream(IntEnum):
    """Which stream of the container a payload came from."""

    STDOUT = 1
    STDERR = 2


class FrameParser:
    """Takes bytes as they arrive, however they are cut, and gives payloads (a long one in parts)."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = Stream.STDOUT
        self._left = 0

    def feed(self, data: bytes) -> list[tuple[Stream, bytes]]:
        """The payloads in `data`; a ValueError means that this is no such stream."""
        payloads = []
        view = memoryview(data)
        while view:
            if self._left == 0:
                view = self._read_header(view)
                continue
            part = view[: self._left]
            payloads.append((self._stream, bytes(part)))
            self._left -= len(part)
            view = view[len(part) :]
        return payloads

    def _read_header(self, view: memoryview) -> memoryview:
        missing = HEADER_BYTES - len(self._header)
        self._header += view[:missing]
        if len(self._header) == HEADER_BYTES:
            self._stream = Stream(self._header[0])
            self._left = int.from_bytes(self._header[4:], "big")
            self._header.clear()
        return view[missing:]
