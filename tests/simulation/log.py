"""The event log of a simulated world: the port's contract on the kernel's virtual time, with the faults of a network.

Not `schemas/eventlog/memory.py`, whose readers wait on threads and on the real clock; the same contract suite holds
both (`test_log.py`). Events are not encoded: that is what the codec's own tests are for, and half of a run's time.

A member of a group that was not heard of for a session's time loses its partitions without knowing; it learns of it
within its next poll.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.eventlog.port import (
    Assigned,
    Committed,
    GroupReader,
    Owner,
    Partition,
    Reader,
    Record,
    Revoked,
)
from schemas.eventlog.topic_checks import check_belongs, check_notes, check_there
from schemas.events import Event
from schemas.topics import Topic
from schemas.values import Position
from tests.simulation.broker import Broker, Fate, hashed_partition
from tests.simulation.kernel import SECOND, Bell, Process, SimFuture

LEAST_WAIT_US: Final = 30 * SECOND
"""Who looks fifty times a second would take all steps of a run in which something stands; a commit wakes it, too."""

COMMITTED: Final = "committed"
"""Wakes who waits for a commit of anybody."""

IDLE_S: Final = 0.1
"""Who polls for so long has nothing to do but to look."""


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
