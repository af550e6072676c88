"""The broker of a simulated world: what is in the log, what is on its way, and the groups.

A broker's faults: an append is refused, is done and not acknowledged, is lost and nobody knows, or lands late, even
after its writer has died. A producer keeps the order of what it appends to one partition.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from schemas.eventlog.errors import AppendRefused, AppendUncertain, LogUnavailable
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import (
    Committed,
    Partition,
    Record,
    Undecodable,
)
from schemas.events import Event
from schemas.topics import EXECUTORS, TOPIC_BY_NAME, Topic
from schemas.values import Position
from tests.simulation.kernel import MILLISECOND, SECOND, Kernel, Process

if TYPE_CHECKING:
    from tests.simulation.log import Member

BEGINNING: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)

PARTITIONS_OF: Final = {
    topic.name: tuple(Partition(topic.name, number) for number in range(topic.partitions))
    for topic in TOPIC_BY_NAME.values()
}

hashed_partition = lru_cache(maxsize=None)(partition_of)


class Fate(Enum):
    """What becomes of an append."""

    GOOD = "written and acknowledged"
    SLOW = "written and acknowledged later"
    REFUSED = "certainly not written"
    UNACKNOWLEDGED = "written, and its writer is not told"
    LATE = "its writer is told that nobody knows, and then it is written"
    LOST = "not written, and nobody knows"


@dataclass(slots=True)
class Underway:
    """An append on its way."""

    process: Process
    event: Event | Undecodable
    future: "Future[Position] | None"


@dataclass(slots=True)
class Group:
    """A consumer group: its members in the order of joining, and whose each partition is now."""

    name: str
    members: "dict[int, Member]" = field(default_factory=dict)
    owners: dict[Partition, int] = field(default_factory=dict)
    committed: dict[Partition, Committed] = field(default_factory=dict)
    shares: dict[int, frozenset[Partition]] = field(default_factory=dict)
    changes: int = 0
    """Counts whatever may give a member partitions, or take some away."""


class Broker:
    """What all processes share. `on_append` and `on_commit` are told of everything, at once."""

    def __init__(self, kernel: Kernel, fate: Callable[[Topic], Fate] = lambda _: Fate.GOOD) -> None:
        self.kernel: Final = kernel
        self.fate = fate
        self.is_down = False
        self.partitions: dict[Partition, list[Record]] = {
            Partition(topic.name, number): [] for topic in TOPIC_BY_NAME.values() for number in range(topic.partitions)
        }
        self.groups: dict[str, Group] = {}
        self.on_append: list[Callable[[Process | None, Record], None]] = []
        self.on_commit: list[Callable[[str, Partition, Committed], None]] = []
        self.on_evict: Callable[[Process], None] = lambda _: None
        self._wires: dict[tuple[Process, Partition], deque[Underway]] = {}
        self._joined = 0

    def now(self) -> datetime:
        """The broker's clock."""
        return BEGINNING + timedelta(microseconds=self.kernel.now_us)

    def records(self, topic: Topic) -> list[Record]:
        """Everything in a topic, partition after partition."""
        return [
            record for number in range(topic.partitions) for record in self.partitions[Partition(topic.name, number)]
        ]

    def add(self, at: Partition, event: Event | Undecodable, process: Process | None = None) -> Position:
        """A record at the end of a partition."""
        records = self.partitions[at]
        position = Position(topic=at.topic, partition=at.number, offset=len(records))
        value = event.value if isinstance(event, Undecodable) else b"\x00"
        record = Record(position=position, appended_at=self.now(), event=event, value=value)
        records.append(record)
        if self.kernel.trace is not None:
            self.kernel.note(process, f"appended {position} {told(event)}")
        for react in self.on_append:
            react(process, record)
        self.kernel.wake(at.topic)
        return position

    def send(self, process: Process, at: Partition, event: Event, future: "Future[Position]", fate: Fate) -> None:
        """An append with its fate."""
        match fate:
            case Fate.REFUSED:
                future.set_exception(AppendRefused("the broker is down"))
                return
            case Fate.LOST | Fate.LATE | Fate.UNACKNOWLEDGED:
                future.set_exception(AppendUncertain("the connection broke"))
                told_later = None
            case Fate.GOOD | Fate.SLOW:
                told_later = future
        if fate is Fate.LOST:
            return
        wire = self._wires.setdefault((process, at), deque())
        wire.append(Underway(process, event, told_later))
        if fate in (Fate.GOOD, Fate.UNACKNOWLEDGED) and len(wire) == 1:
            self._deliver(wire, at)
        else:
            self.kernel.at(self.kernel.now_us + self._delay_us(), lambda: self._deliver(wire, at))

    def group(self, name: str) -> Group:
        """The group of that name."""
        return self.groups.setdefault(name, Group(name))

    def join(self, member: "Member") -> int:
        """A member's number."""
        self._joined += 1
        member.group.members[self._joined] = member
        self._rebalance(member.group)
        return self._joined

    def leave(self, member: "Member") -> None:
        """It is no member any more; what it had is for others."""
        group = member.group
        if group.members.pop(member.number, None) is not None:
            for at in [at for at, owner in group.owners.items() if owner == member.number]:
                del group.owners[at]
            self._rebalance(group)

    def released(self, group: Group) -> None:
        """Partitions of it are without an owner."""
        group.changes += 1
        self.kernel.wake(group.name)

    def evict(self, process: Process) -> None:
        """Every group takes the process for dead."""
        self.on_evict(process)
        for group in self.groups.values():
            for member in [one for one in group.members.values() if one.process is process]:
                self.kernel.note(process, f"is EVICTED from {group.name}")
                self.leave(member)

    def report(self, event: Event) -> None:
        """A report of an executor that is always fresh."""
        at = Partition(EXECUTORS.name, 0)
        self.add(at, event)
        self.partitions[at][0] = replace(self.partitions[at][0], appended_at=datetime.max.replace(tzinfo=UTC))

    def wake_all(self) -> None:
        """Whoever waits looks again."""
        for name in (*self.groups, *TOPIC_BY_NAME):
            self.kernel.wake(name)

    def check_reachable(self) -> None:
        """`LogUnavailable` while the broker is down."""
        if self.is_down:
            raise LogUnavailable("the broker is down")

    def _deliver(self, wire: deque[Underway], at: Partition) -> None:
        if wire:
            underway = wire.popleft()
            if underway.process.is_dead and self.kernel.random() < 0.4:
                wire.clear()  # what it had not sent when it died
                return
            position = self.add(at, underway.event, underway.process)
            if underway.future is not None:
                underway.future.set_result(position)

    def _delay_us(self) -> int:
        longest = 30 * MILLISECOND if self.kernel.random() < 0.8 else 8 * SECOND
        return int(self.kernel.random() * longest)

    def _rebalance(self, group: Group) -> None:
        group.shares = _shares(group)
        self.released(group)


def told(event: Event | Undecodable) -> str:
    """An event in a line."""
    if isinstance(event, Undecodable):
        return f"UNDECODABLE {event.why}"
    names = (
        "submission_id",
        "rejudging_id",
        "judging_id",
        "attempt",
        "index",
        "repeat",
        "verdict",
        "channel",
        "version",
    )
    fields = ((name, getattr(event, name, None)) for name in (*names, "reason", "caused_by"))
    shown = (f"{name}={str(value)[-45:]}" for name, value in fields if value is not None)
    return f"{type(event).__name__} {' '.join(shown)}"


def _shares(group: Group) -> dict[int, frozenset[Partition]]:
    """Which partitions each member should have: a topic's go round its subscribers in the order of joining."""
    shares: dict[int, set[Partition]] = {number: set() for number in group.members}
    topics = dict.fromkeys(topic for member in group.members.values() for topic in member.topics)
    for topic in topics:
        members = [number for number, member in group.members.items() if topic in member.topics]
        for number, at in enumerate(PARTITIONS_OF[topic.name]):
            shares[members[number % len(members)]].add(at)
    return {number: frozenset(share) for number, share in shares.items()}
