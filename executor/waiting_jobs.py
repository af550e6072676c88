"""Where the polling thread leaves records and the slots' threads fetch them."""

from collections.abc import Collection
from threading import Condition
from typing import Final

from executor.lanes import Lanes
from schemas.eventlog.port import Partition, Record
from schemas.topics import JOBS
from schemas.values import Lane

LANE_OF: Final[dict[str, Lane]] = {topic.name: lane for lane, topic in JOBS.items()}


class WaitingJobs:
    """The lanes, shared by threads. A lane is full once `capacity` wait in it; it still takes what was read."""

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._lanes: Lanes[Record] = Lanes()
        self._changed = Condition()
        self._closed = False

    def put(self, record: Record) -> None:
        """Lets a record wait for a slot."""
        with self._changed:
            self._lanes.put(LANE_OF[record.position.topic], record)
            self._changed.notify()

    def take(self) -> Record | None:
        """Waits for the next record; None once it is closed."""
        with self._changed:
            while not self._closed:
                record = self._lanes.take()
                if record is not None:
                    return record
                self._changed.wait()
            return None

    def full(self, topic: str) -> bool:
        """Whether no more of this topic should be read for now."""
        with self._changed:
            return self._lanes.length(LANE_OF[topic]) >= self._capacity

    def drop(self, partitions: Collection[Partition]) -> list[Record]:
        """Takes out what waits of these partitions."""
        dropped: list[Record] = []

        def unwanted(record: Record) -> bool:
            lost = Partition(record.position.topic, record.position.partition) in partitions
            if lost:
                dropped.append(record)
            return lost

        with self._changed:
            self._lanes.drop(unwanted)
        return dropped

    def close(self) -> None:
        """Hands out nothing more; whoever waits gets None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
