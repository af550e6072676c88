"""What the event log in memory keeps: records by partition, groups with what they committed."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import Committed, Partition, Record, Undecodable
from schemas.events import Event
from schemas.values import Position


class Outage(Enum):
    """How a test lets the broker fail."""

    DOWN = "nothing answers; appends are refused"
    ACKNOWLEDGEMENT_LOST = "appends are written, but their writers are not told"
    FATE_UNKNOWN = "appends are lost, and their writers cannot know it"


@dataclass(slots=True)
class MemoryGroup:
    """A consumer group: its members in the order in which they joined, and whose each partition is now."""

    topics: dict[int, frozenset[str]] = field(default_factory=dict)
    owners: dict[Partition, int] = field(default_factory=dict)
    committed: dict[Partition, Committed] = field(default_factory=dict)


class MemoryStore:
    """Shared by a log and its readers. Whoever reads or writes holds `changed`, which tells of every change."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.outage: Outage | None = None
        self._partitions: dict[Partition, list[Record]] = {}
        self._groups: dict[str, MemoryGroup] = {}

    def add(self, at: Partition, event: Event | Undecodable, value: bytes, appended_at: datetime) -> Position:
        """Adds a record to the end of a partition."""
        with self.changed:
            records = self.records(at)
            position = Position(topic=at.topic, partition=at.number, offset=len(records))
            records.append(Record(position=position, appended_at=appended_at, event=event, value=value))
            self.changed.notify_all()
            return position

    def records(self, at: Partition) -> list[Record]:
        """All records of a partition."""
        return self._partitions.setdefault(at, [])

    def take(self, following: dict[Partition, int], max_records: int, held: frozenset[Partition]) -> list[Record]:
        """Takes records off partitions that are not held, and moves `following` on; whoever gave stands last then."""
        taken: list[Record] = []
        if self.outage is Outage.DOWN:
            return taken
        for at, offset in list(following.items()):
            room = max_records - len(taken)
            batch = [] if at in held else self.records(at)[offset : offset + room]
            if batch:
                taken.extend(batch)
                del following[at]
                following[at] = offset + len(batch)
        return taken

    def group(self, name: str) -> MemoryGroup:
        """The group of that name, made when first asked for."""
        with self.changed:
            return self._groups.setdefault(name, MemoryGroup())

    def commit(self, group: MemoryGroup, offsets: Mapping[Partition, Committed]) -> None:
        """Keeps what a group committed."""
        with self.changed:
            self.check_reachable()
            group.committed.update(offsets)

    def check_reachable(self) -> None:
        """`LogUnavailable` while the broker is down."""
        if self.outage is Outage.DOWN:
            raise LogUnavailable("the broker is down")
