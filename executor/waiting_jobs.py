"""Jobs that were read and wait here for a slot, lane by lane. No I/O, one thread at a time."""

from collections.abc import Callable, Collection
from typing import Final

from executor.lanes import Lanes
from schemas.eventlog.port import Partition, Record
from schemas.topics import JOBS
from schemas.values import Lane, Position

LANE_OF: Final[dict[str, Lane]] = {topic.name: lane for lane, topic in JOBS.items()}


class WaitingJobs:
    """A lane is full once `capacity` wait in it, and short once half of them are gone; it takes whatever was read."""

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._lanes: Lanes[Record] = Lanes()
        self._next: Record | None = None

    def put(self, record: Record) -> None:
        """Lets a record wait for a slot."""
        self._lanes.put(LANE_OF[record.position.topic], record)

    def take(self, may_start: Callable[[Position], bool]) -> Record | None:
        """The next record, if it may start now.

        One that may not keeps its turn: whoever has to run alone would else be passed over for ever.
        """
        if self._next is None:
            self._next = self._lanes.take()
        if self._next is None or not may_start(self._next.position):
            return None
        taken, self._next = self._next, None
        return taken

    def any(self) -> bool:
        """Whether something waits."""
        return self._next is not None or any(self._lanes.length(lane) for lane in Lane)

    def full(self, topic: str) -> bool:
        """Whether no more of this topic should be read for now."""
        return self._lanes.length(LANE_OF[topic]) >= self._capacity

    def short(self, topic: str) -> bool:
        """Whether more of this topic should be read, where reading it was stopped."""
        return self._lanes.length(LANE_OF[topic]) <= self._capacity // 2

    def drop(self, partitions: Collection[Partition]) -> None:
        """Takes out what waits of these partitions."""

        def unwanted(record: Record) -> bool:
            return Partition(record.position.topic, record.position.partition) in partitions

        self._lanes.drop(unwanted)
        if self._next is not None and unwanted(self._next):
            self._next = None
