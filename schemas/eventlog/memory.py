"""The event log in memory: the port's contract without a broker, for tests.

A test can let the broker fail (`outage`), put in bytes that are no event (`inject`), look at everything (`records`,
`events`) and kill a group's member (`MemoryGroupReader.die`); everything else behaves as on Kafka.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from uuid import uuid4

from schemas.codec import UndecodableBytes
from schemas.eventlog.errors import AppendRefused, AppendRejected, AppendUncertain
from schemas.eventlog.memory_readers import MemoryGroupReader, MemoryReader
from schemas.eventlog.memory_store import MemoryStore, Outage
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import Assigned, Committed, Owner, Partition, Record, Revoked, Undecodable
from schemas.eventlog.topic_checks import MESSAGE_BYTES, check_belongs, check_there
from schemas.events import Event
from schemas.local_codec import local_codec
from schemas.topics import Topic
from schemas.values import Position


class MemoryEventLog:
    """Implements `EventLog`; thread-safe. `clock` stamps what is appended."""

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._codec = local_codec()
        self._store = MemoryStore()
        self._keyless = 0
        self._incarnation = uuid4().hex

    @property
    def outage(self) -> Outage | None:
        """How the broker fails now; None: it works."""
        return self._store.outage

    @outage.setter
    def outage(self, outage: Outage | None) -> None:
        with self._store.changed:
            self._store.outage = outage
            self._store.changed.notify_all()

    def append(self, topic: Topic, event: Event, *, partition: int | None = None) -> "Future[Position]":
        """See the port; an event that the topic does not hold is a ValueError."""
        check_belongs(topic, event)
        at = Partition(topic.name, self._partition(topic, event) if partition is None else partition)
        check_there(at)
        value = self._codec.encode(event)
        future: Future[Position] = Future()
        future.set_running_or_notify_cancel()
        match self.outage:
            case _ if len(value) > MESSAGE_BYTES:
                future.set_exception(AppendRejected(f"{len(value)} bytes are too long for a record"))
            case None:
                future.set_result(self._add(at, value))
            case Outage.DOWN:
                future.set_exception(AppendRefused("the broker is down"))
            case Outage.FATE_UNKNOWN:
                future.set_exception(AppendUncertain("the connection broke"))
            case Outage.ACKNOWLEDGEMENT_LOST:
                self._add(at, value)
                future.set_exception(AppendUncertain("the connection broke"))
        return future

    def inject(self, topic: Topic, value: bytes, *, key: bytes | None = None, partition: int = 0) -> Position:
        """Puts bytes into the log as a stranger would; most are no event of ours."""
        event: Event | Undecodable
        try:
            event = self._codec.decode(value)
        except UndecodableBytes as error:
            event = Undecodable(key=key, value=value, why=error.why)
        return self._store.add(Partition(topic.name, partition), event, value, self._clock())

    def records(self, topic: Topic) -> list[Record]:
        """Everything in a topic, partition after partition."""
        with self._store.changed:
            partitions = (Partition(topic.name, number) for number in range(topic.partitions))
            return [record for at in partitions for record in self._store.records(at)]

    def events(self, topic: Topic) -> list[Event]:
        """The events in a topic, partition after partition, without what is undecodable."""
        return [record.event for record in self.records(topic) if not isinstance(record.event, Undecodable)]

    def end_offsets(self, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, int]:  # noqa: ARG002
        """See the port."""
        with self._store.changed:
            self._store.check_reachable()
            return {
                number: len(self._store.records(Partition(topic.name, number))) for number in range(topic.partitions)
            }

    def begin_offsets(self, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, int]:
        """See the port; nothing is ever trimmed here."""
        return dict.fromkeys(self.end_offsets(topic, timeout_s=timeout_s), 0)

    def offsets_at(self, topic: Topic, moment: datetime, *, timeout_s: float = 5.0) -> dict[int, int]:
        """See the port."""
        with self._store.changed:
            return {
                number: next((it.position.offset for it in self._after(topic, number, moment)), end)
                for number, end in self.end_offsets(topic, timeout_s=timeout_s).items()
            }

    def topic_id(self, topic: Topic, *, timeout_s: float = 5.0) -> str:  # noqa: ARG002
        """See the port."""
        return f"{self._incarnation}-{topic.name}"

    def committed(self, group: str, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, Committed]:  # noqa: ARG002
        """See the port."""
        with self._store.changed:
            self._store.check_reachable()
            known = self._store.group(group).committed
            return {at.number: committed for at, committed in known.items() if at.topic == topic.name}

    def owners(self, group: str, *, timeout_s: float = 5.0) -> dict[Partition, Owner]:  # noqa: ARG002
        """See the port; all members have the same client id."""
        with self._store.changed:
            self._store.check_reachable()
            return {at: Owner("memory", str(member)) for at, member in self._store.group(group).owners.items()}

    def reader(self, starts: Mapping[Partition, int], *, key: str | None = None) -> MemoryReader:
        """See the port."""
        return MemoryReader(self._store, starts, key=key)

    def group_reader(
        self,
        topics: Sequence[Topic],
        group: str,
        *,
        assigned: Assigned | None = None,
        revoked: Revoked | None = None,
    ) -> MemoryGroupReader:
        """See the port."""
        members = self._store.group(group)
        return MemoryGroupReader(self._store, members, topics, assigned=assigned, revoked=revoked)

    def close(self, timeout_s: float = 5.0) -> None:
        """See the port; what is in the log stays there."""

    def _after(self, topic: Topic, number: int, moment: datetime) -> Iterator[Record]:
        return (it for it in self._store.records(Partition(topic.name, number)) if it.appended_at > moment)

    def _add(self, at: Partition, value: bytes) -> Position:
        """Adds what a reader would get from Kafka: the event as it comes back from its bytes."""
        return self._store.add(at, self._codec.decode(value), value, self._clock())

    def _partition(self, topic: Topic, event: Event) -> int:
        """By key as everywhere; without a key one after the other, where Kafka would draw one."""
        key = topic.key_of(event)
        if key is not None:
            return partition_of(key.encode(), topic.partitions)
        self._keyless += 1
        return self._keyless % topic.partitions
