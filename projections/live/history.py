"""What was announced lately in one partition of `live`: a ring bounded by number, size and age."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LONGEST: Final = 5_000
LARGEST_BYTES: Final = 4 * 2**20
OLDEST: Final = timedelta(minutes=15)
"""A laptop that was closed for a coffee recovers; 6 partitions of 4 MiB are all the memory that it may cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """One record of `live`: a channel's change, its data as JSON."""

    offset: int
    appended_at: datetime
    channel: str
    type: str
    version: int
    data: bytes


class History:
    """A ring: everything announced from `floor` up to `consumed` is here, nothing else."""

    def __init__(self, start: int, *, longest: int = LONGEST, largest_bytes: int = LARGEST_BYTES) -> None:
        """`start` is the first offset that will be read."""
        self.floor = start
        self.consumed = start
        self._longest = longest
        self._largest_bytes = largest_bytes
        self._size_bytes = 0
        self._ring: deque[Announced] = deque()
        self._by_channel: dict[str, deque[Announced]] = {}

    def append(self, announced: Announced) -> list[Announced]:
        """Takes the next announcement, and answers those that had to go for it."""
        self._ring.append(announced)
        self._by_channel.setdefault(announced.channel, deque()).append(announced)
        self._size_bytes += len(announced.data)
        self.consumed = announced.offset + 1
        return self._let_go(lambda: len(self._ring) > self._longest or self._size_bytes > self._largest_bytes)

    def skip_to(self, offset: int) -> None:
        """What comes before `offset` is no announcement of ours."""
        self.consumed = max(self.consumed, offset)

    def forget(self, now: datetime) -> list[Announced]:
        """Lets go of what is too old, and answers it."""
        return self._let_go(lambda: bool(self._ring) and self._ring[0].appended_at < now - OLDEST)

    def since(self, channel: str, offset: int) -> list[Announced]:
        """The channel's announcements from `offset` on that are here, in order."""
        found: list[Announced] = []
        for announced in reversed(self._by_channel.get(channel, ())):
            if announced.offset < offset:
                break
            found.append(announced)
        found.reverse()
        return found

    def _let_go(self, is_too_much: Callable[[], bool]) -> list[Announced]:
        gone: list[Announced] = []
        while is_too_much():
            announced = self._ring.popleft()
            of_channel = self._by_channel[announced.channel]
            of_channel.popleft()
            if not of_channel:
                del self._by_channel[announced.channel]
            self._size_bytes -= len(announced.data)
            self.floor = announced.offset + 1
            gone.append(announced)
        return gone
