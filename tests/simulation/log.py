"""The event log of a simulated world: the port's contract on the kernel's virtual time, with the faults of a network.

Not `schemas/eventlog/memory.py`, whose readers wait on threads and on the real clock; the same contract suite holds
both (`test_log.py`). Events are not encoded: that is what the codec's own tests are for, and half of a run's time.

A broker's faults: an append is refused, is done and not acknowledged, is lost and nobody knows, or lands late, even
after its writer has died. A producer keeps the order of what it appends to one partition. A member of a group that was
not heard of for a session's time loses its partitions without knowing; it learns of it within its next poll.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

from schemas.eventlog.errors import AppendRefused, AppendUncertain, LogUnavailable
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import (
    Assigned,
    Committed,
    GroupReader,
    Owner,
    Partition,
    Reader,
    Record,
    Revoked,
    Undecodable,
)
from schemas.eventlog.topic_checks import check_belongs, check_notes, check_there
from schemas.events import Event
from schemas.topics import EXECUTORS, TOPIC_BY_NAME, Topic
from schemas.values import Position
from tests.simulation.kernel import MILLISECOND, SECOND, Bell, Kernel, Process, SimFuture

BEGINNING: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)

LEAST_WAIT_US: Final = 30 * SECOND
"""Who looks fifty times a second would take all steps of a run in which something stands; a commit wakes it, too."""

COMMITTED: Final = "committed"
"""Wakes who waits for a commit of anybody."""

IDLE_S: Final = 0.1
"""Who polls for so long has nothing to do but to look."""

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


@dataclass(frozen=True, slots=True)
class Waits:
    """What ends a wait for records, beside records."""

    bell: Bell | None
    is_timed: bool


class LogClient:
    """Implements `EventLog`: the log as one process has it."""

    def __init__(self, broker: Broker, process: Process, *, bell: Bell | None = None, is_timed: bool = False) -> None:
        """Whoever waits in a poll of this client is woken by `bell`, too; if it `is_timed`, a poll ends in time."""
        self._broker = broker
        self._kernel = broker.kernel
        self._process = process
        self._waits = Waits(bell, is_timed)
        self._keyless = 0

    def append(self, topic: Topic, event: Event, *, partition: int | None = None) -> "Future[Position]":
        """See the port."""
        check_belongs(topic, event)
        self._kernel.turn()
        at = Partition(topic.name, self._partition(topic, event) if partition is None else partition)
        check_there(at)
        future: SimFuture[Position] = SimFuture(self._kernel)
        fate = Fate.REFUSED if self._broker.is_down else self._broker.fate(topic)
        if fate is not Fate.GOOD:
            self._kernel.note(self._process, f"append to {topic.name} is {fate.value}")
        self._broker.send(self._process, at, event, future, fate)
        return future

    def end_offsets(self, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, int]:  # noqa: ARG002
        """See the port."""
        self._kernel.turn()
        self._broker.check_reachable()
        partitions = self._broker.partitions
        return {number: len(partitions[Partition(topic.name, number)]) for number in range(topic.partitions)}

    def begin_offsets(self, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, int]:
        """See the port; nothing is trimmed."""
        return dict.fromkeys(self.end_offsets(topic, timeout_s=timeout_s), 0)

    def committed(self, group: str, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, Committed]:  # noqa: ARG002
        """See the port."""
        self._kernel.turn()
        self._broker.check_reachable()
        known = self._broker.group(group).committed
        return {at.number: committed for at, committed in known.items() if at.topic == topic.name}

    def topic_id(self, topic: Topic, *, timeout_s: float = 5.0) -> str:  # noqa: ARG002
        """See the port."""
        return topic.name

    def offsets_at(self, topic: Topic, moment: datetime, *, timeout_s: float = 5.0) -> dict[int, int]:  # noqa: ARG002
        """See the port."""
        self._kernel.turn()
        self._broker.check_reachable()
        stood = {number: self._broker.partitions[Partition(topic.name, number)] for number in range(topic.partitions)}
        return {
            number: next((it.position.offset for it in records if it.appended_at > moment), len(records))
            for number, records in stood.items()
        }

    def owners(self, group: str, *, timeout_s: float = 5.0) -> dict[Partition, Owner]:  # noqa: ARG002
        """See the port."""
        self._kernel.turn()
        self._broker.check_reachable()
        known = self._broker.group(group)
        return {
            at: Owner(client=str(known.members[number].process), member=str(number))
            for at, number in known.owners.items()
        }

    def reader(self, starts: Mapping[Partition, int], *, key: str | None = None) -> Reader:
        """See the port."""
        assert key is None, "nobody here reads by key"
        return SimReader(self._broker, self._process, starts, self._waits)

    def group_reader(
        self,
        topics: Sequence[Topic],
        group: str,
        *,
        assigned: Assigned | None = None,
        revoked: Revoked | None = None,
    ) -> GroupReader:
        """See the port."""
        return Member(self._broker, self._process, topics, group, assigned, revoked, self._waits)

    def close(self, timeout_s: float = 5.0) -> None:
        """See the port."""

    def _partition(self, topic: Topic, event: Event) -> int:
        key = topic.key_of(event)
        if key is not None:
            return hashed_partition(key.encode(), topic.partitions)
        self._keyless += 1
        return self._keyless % topic.partitions


class SimReader:
    """Implements `Reader`. How much of what is there a poll gives, and of which partitions first, is chance."""

    def __init__(self, broker: Broker, process: Process, starts: Mapping[Partition, int], waits: "Waits") -> None:
        for at in starts:
            check_there(at)
        self._broker = broker
        self._kernel = broker.kernel
        self.process: Final = process
        self._following = dict(starts)
        self._waits = waits
        self._paused: set[Partition] = set()
        self._closed = False

    def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """See the port; a wait ends when something comes, and with a limit of time only for who has a bell."""
        self._kernel.turn()
        self._settle()
        records = self._take(max_records)
        bell = self._waits.bell
        if not records and timeout_s > 0 and not self._closed and not (bell and bell.rings()):
            timeout_us = max(int(timeout_s * SECOND), LEAST_WAIT_US) if self._waits.is_timed else None
            also = COMMITTED if self._waits.is_timed and timeout_s < IDLE_S else self
            self._kernel.wait(*self._wakes(), bell or self, also, timeout_us=timeout_us, idle=timeout_s >= IDLE_S)
            self._settle()
            records = self._take(max_records)
        return records

    def next_offsets(self) -> dict[Partition, int]:
        """See the port."""
        return dict(self._following)

    def close(self) -> None:
        """See the port."""
        self._closed = True
        self._following.clear()
        self._kernel.wake(self)

    def _wakes(self) -> list[str]:
        return list(dict.fromkeys(at.topic for at in self._following))

    def _settle(self) -> None:
        """What has to be settled with others before records are taken."""

    def _take(self, max_records: int) -> list[Record]:
        if self._broker.is_down:
            return []
        partitions = self._broker.partitions
        there = [
            at for at, offset in self._following.items() if len(partitions[at]) > offset and at not in self._paused
        ]
        if not there:
            return []
        if len(there) > 1:
            self._kernel.chance.shuffle(there)
        taken: list[Record] = []
        most = min(max_records, 1 + int(self._kernel.random() * 12))
        for at in there:
            offset = self._following[at]
            batch = partitions[at][offset : offset + most - len(taken)]
            taken.extend(batch)
            self._following[at] = offset + len(batch)
            if len(taken) == most:
                break
        return taken


class Member(SimReader):
    """Implements `GroupReader`."""

    def __init__(
        self,
        broker: Broker,
        process: Process,
        topics: Sequence[Topic],
        group: str,
        assigned: Assigned | None,
        revoked: Revoked | None,
        waits: "Waits",
    ) -> None:
        super().__init__(broker, process, {}, waits)
        self.topics: Final = tuple(topics)
        self.group: Final = broker.group(group)
        self._assigned = assigned
        self._revoked = revoked
        self._settled_changes = -1
        self.number = broker.join(self)

    def assignment(self) -> frozenset[Partition]:
        """See the port."""
        return frozenset(self._following)

    def commit(self, offsets: Mapping[Partition, Committed]) -> frozenset[Partition]:
        """See the port."""
        check_notes(offsets)
        self._kernel.turn()
        self._broker.check_reachable()
        ours = {at: offsets[at] for at in offsets if self.group.owners.get(at) == self.number and at in self._following}
        for at, committed in ours.items():
            self.group.committed[at] = committed
            if self._kernel.trace is not None:
                note = f" note {committed.metadata!r}" if committed.metadata else ""
                self._kernel.note(self.process, f"commits {at.topic}:{at.number} to {committed.offset}{note}")
            self._kernel.wake(COMMITTED)
            for react in self._broker.on_commit:
                react(self.group.name, at, committed)
        self.process.committing = ours
        self._kernel.turn()  # done, but not heard of yet
        self.process.committing = {}
        return frozenset(ours)

    def pause(self, partitions: Sequence[Partition]) -> None:
        """See the port."""
        self._paused.update(at for at in partitions if at in self._following)

    def resume(self, partitions: Sequence[Partition]) -> None:
        """See the port."""
        self._paused.difference_update(partitions)

    def close(self) -> None:
        """See the port; gives its partitions up first."""
        self._kernel.turn()
        self._give_up(frozenset(self._following))
        self._broker.leave(self)
        super().close()

    def _wakes(self) -> list[str]:
        return [self.group.name, *(topic.name for topic in self.topics)]

    def _settle(self) -> None:
        while not self._closed and self._settled_changes != self.group.changes:
            self._settle_once()

    def _settle_once(self) -> None:
        if self.number not in self.group.members:  # it was taken for dead
            self._give_up(frozenset(self._following))
            self.number = self._broker.join(self)
        self._settled_changes = self.group.changes
        if lost := frozenset(self._following) - self.group.shares[self.number]:
            self._give_up(lost)
            return
        gained = sorted(at for at in self.group.shares[self.number] if at not in self.group.owners)
        self.group.owners.update(dict.fromkeys(gained, self.number))
        if gained:
            committed = {at: self.group.committed.get(at) for at in gained}
            chosen = self._assigned(committed) if self._assigned else {}
            for at, known in committed.items():
                self._following[at] = chosen.get(at, known.offset if known else 0)

    def _give_up(self, lost: frozenset[Partition]) -> None:
        if not lost:
            return
        if self._revoked is not None:
            self._revoked(lost)
        for at in sorted(lost):
            self._following.pop(at, None)
            self._paused.discard(at)
            if self.group.owners.get(at) == self.number:
                del self.group.owners[at]
        self._broker.released(self.group)


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
