"""The last records of one partition, as they were read once for all models of a process. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from schemas.eventlog.port import Record


class Window:
    """All records of a partition from `begin` up to `end`; one for each time that the partition is given to us."""

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.end = begin
        self._records: list[Record] = []

    def add(self, records: Sequence[Record]) -> "Chunk":
        """What follows, in order; answers what to give back to `drop`."""
        self._records += records
        self.end = offset_of(records[-1]) + 1
        return Chunk(self, self.end, len(records), sum(len(record.value) for record in records))

    def after(self, offset: int, at_most: int) -> list[Record]:
        """The first records that stand there or behind it."""
        index = bisect_left(self._records, offset, key=offset_of)
        return self._records[index : index + at_most]

    def drop(self, chunk: "Chunk") -> None:
        """Forgets the oldest records, which is what that chunk has to be."""
        del self._records[: chunk.records]
        self.begin = chunk.end


class Chunk(NamedTuple):
    """What came at once into a window, up to the offset `end`."""

    window: Window
    end: int
    records: int
    bytes: int


def offset_of(record: Record) -> int:
    """Where it stands in its partition."""
    return record.position.offset
