"""Since when lanes stand and their oldest jobs wait, told from offsets alone. Pure.

A job at the committed offset was appended before the first look that saw the partition's end beyond it. So nothing is
read to know its age, to within the time between looks; what waited before the first look counts from then.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.eventlog.port import Partition

MOST_ENDS: Final = 4096
"""Ends of one partition that are kept: an hour of looks; beyond that, every other one is as good."""


class _End(NamedTuple):
    at_s: float
    end: int


class OldestJobs:
    """No I/O, one thread at a time; times are seconds of a clock that only goes on."""

    def __init__(self) -> None:
        self._ends: dict[Partition, deque[_End]] = {}
        self._committed: dict[Partition, int] = {}
        self._moved_s: dict[Partition, float] = {}

    def look(self, ends: Mapping[Partition, int], committed: Mapping[Partition, int], now_s: float) -> None:
        """Takes in where the partitions end, and what is committed in them."""
        for at, end in ends.items():
            done = committed.get(at, 0)
            seen = self._ends.setdefault(at, deque())
            if not seen or done != self._committed.get(at):
                self._moved_s[at] = now_s
            self._committed[at] = done
            while seen and seen[0].end <= done:
                seen.popleft()
            if end > done and (not seen or seen[-1].end < end):
                seen.append(_End(now_s, end))
            if len(seen) > MOST_ENDS:
                self._ends[at] = deque([*seen][::2])

    def oldest_s(self, topic: str, now_s: float) -> float:
        """How long the oldest unfinished job of a lane has waited; 0 where there is none."""
        return max((now_s - seen[0].at_s for at, seen in self._ends.items() if seen and at.topic == topic), default=0.0)

    def stand(self, now_s: float, longer_than_s: float) -> bool:
        """Whether a partition with unfinished jobs has not moved for longer."""
        return any(seen and now_s - self._moved_s[at] > longer_than_s for at, seen in self._ends.items())
