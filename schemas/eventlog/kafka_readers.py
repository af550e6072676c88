"""Reading Kafka, alone or as a member of a group (KIP-848).

Outages are not raised out of `poll`: the client reconnects by itself, and meanwhile there is nothing to read. A record
whose schema the registry cannot tell us now stays here until it can: nothing behind it is delivered before.
"""

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec, UndecodableBytes
from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.eventlog.kafka_messages import appended_at, partition_of, position_of
from schemas.eventlog.port import Assigned, Committed, Partition, Record, Revoked, Undecodable
from schemas.eventlog.topic_checks import check_notes
from schemas.log import EventLogger

SLICE_S: Final = 0.1
"""How long one wait lasts, and so how late a `close` may come."""
UNDECIDED_S: Final = 0.5
"""How long a poll waits before it says again that the registry does not answer."""
COMMITTED_S: Final = 5.0
COMMIT_S: Final = 5.0
PROBE_S: Final = 1.0
FEW: Final = 100
FEW_FETCH_BYTES: Final = 8 * 1024
"""Of a partition at a time, where few records are wanted ahead: librdkafka keeps all that one fetch brought, delivers
it before that of the next partition, and throws away what is left of it when the partition is paused."""
QUEUE_KIBIBYTES: Final = 16 * 1024

NOT_OURS: Final = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_MEMBER_EPOCH,
        KafkaError._NO_OFFSET,
    }
)
"""What a commit meets when the group has given our partitions to somebody else."""

RETRIED: Final = frozenset({KafkaError.STALE_MEMBER_EPOCH, KafkaError.REBALANCE_IN_PROGRESS})
"""What a commit meets while the group is giving out partitions; it passes with the next heartbeat."""

log: Final = EventLogger(__name__)


def consumer_configuration(kafka: str, client_id: str, group: str, prefetch: int) -> dict[str, Any]:
    """Settings for latency: nothing waits for more, and outages end soon after the broker is back."""
    few = {"fetch.message.max.bytes": FEW_FETCH_BYTES, "fetch.wait.max.ms": 100} if prefetch < FEW else {}
    return {
        "bootstrap.servers": kafka,
        "client.id": client_id,
        "group.id": group,
        "group.protocol": "consumer",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "queued.min.messages": prefetch,
        "queued.max.messages.kbytes": QUEUE_KIBIBYTES,
        # By default a full queue stops fetching for a second. A fetch that waits for records is answered with the
        # first one; but a partition just resumed waits for the fetch that is under way without it, so that whoever
        # reads a few at a time asks more often, at half a millisecond of the broker's CPU each time.
        "fetch.queue.backoff.ms": 10,
        "fetch.wait.max.ms": 500,
        "fetch.error.backoff.ms": 100,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.nagle.disable": True,
        "log_level": 2,
        **few,
    }


class KafkaReader:
    """Implements `Reader`. One thread polls; `close` may come from any."""

    def __init__(
        self, configuration: Mapping[str, Any], codec: Codec, starts: Mapping[Partition, int], *, key: str | None = None
    ) -> None:
        self._codec = codec
        self._key = None if key is None else key.encode()
        self._starts = dict(starts)
        self._passed: dict[Partition, Message] = {}
        self._waiting: deque[Message] = deque()
        self._fatal: KafkaError | None = None
        self._broker_away = False
        self._closing = threading.Event()
        self._in_use = threading.Lock()
        self._consumer = Consumer({**configuration, "error_cb": self._heard})
        if starts:
            self._consumer.assign([TopicPartition(at.topic, at.number, offset) for at, offset in starts.items()])

    def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """See the port; `LogMisconfigured` when the broker will never again have us."""
        deadline = time.monotonic() + timeout_s
        with self._in_use:
            while not self._closing.is_set():
                if all(map(self._is_held, self._waiting)):
                    self._fetch(max_records, max(0.0, min(SLICE_S, deadline - time.monotonic())))
                had_some = bool(self._waiting) and self._key is not None
                records = self._decoded(max_records)
                if records or had_some or time.monotonic() >= deadline:
                    return records
        return []

    def next_offsets(self) -> dict[Partition, int]:
        """See the port."""
        passed = {at: position_of(message).offset + 1 for at, message in self._passed.items()}
        return self._starts | passed

    def close(self) -> None:
        """See the port."""
        self._closing.set()
        with self._in_use:
            self._consumer.close()

    def _fetch(self, max_records: int, timeout_s: float) -> None:
        """Waits for one message, since `consume` would wait until it has all; then takes those that are here."""
        first = self._consumer.consume(1, timeout_s)
        self._take_in(first)
        if first and max_records > 1:
            self._take_in(self._consumer.consume(max_records - 1, 0))
        if self._fatal is not None:
            raise LogMisconfigured(f"the broker has shut this reader out: {self._fatal.str()}")

    def _take_in(self, messages: Sequence[Message]) -> None:
        """At once after each `consume`, which may give up partitions: what of them is waiting here goes with them."""
        for message in messages:
            error = message.error()
            if error is not None:
                self._heard(error)
            elif self._is_ours(message):
                self._waiting.append(message)

    def _is_ours(self, message: Message) -> bool:  # noqa: ARG002
        return True

    def _heard(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = error
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._broker_away = True
        else:
            log.debug("kafka_reader_error", code=error.name(), why=error.str())

    def _decoded(self, max_records: int) -> list[Record]:
        """Takes what is waiting and can be delivered, at most so many."""
        records: list[Record] = []
        held: list[Message] = []
        try:
            while self._waiting and len(records) < max_records:
                if self._is_held(self._waiting[0]):
                    held.append(self._waiting.popleft())
                else:
                    message = self._waiting[0]
                    if self._key is None or message.key() == self._key:
                        records.append(self._record(message))
                    self._passed[partition_of(message)] = message
                    self._waiting.popleft()
        except LogUnavailable:
            if not records:
                self._closing.wait(UNDECIDED_S)
                raise
        finally:
            self._waiting.extendleft(reversed(held))
        return records

    def _is_held(self, message: Message) -> bool:  # noqa: ARG002
        return False

    def _record(self, message: Message) -> Record:
        value = message.value() or b""
        try:
            event = self._codec.decode(value)
        except UndecodableBytes as error:
            return _record(message, Undecodable(key=message.key(), value=value, why=error.why), value)
        return _record(message, event, value)


def _record(message: Message, event: Any, value: bytes) -> Record:
    return Record(position=position_of(message), appended_at=appended_at(message), event=event, value=value)


class KafkaGroupReader(KafkaReader):
    """Implements `GroupReader`."""

    def __init__(
        self,
        configuration: Mapping[str, Any],
        codec: Codec,
        topics: Sequence[str],
        *,
        assigned: Assigned | None,
        revoked: Revoked | None,
    ) -> None:
        super().__init__(configuration, codec, {})
        self._topics = list(topics)
        self._assigned = assigned
        self._revoked = revoked
        self._ours: frozenset[Partition] = frozenset()
        self._paused: frozenset[Partition] = frozenset()
        self._must_rejoin = False
        self._giving_up = False
        self._committing = ThreadPoolExecutor(1, thread_name_prefix="kafka-commit")
        self._join()

    def assignment(self) -> frozenset[Partition]:
        """See the port."""
        return self._ours

    def commit(self, offsets: Mapping[Partition, Committed]) -> frozenset[Partition]:
        """See the port; `LogUnavailable` when the broker does not acknowledge it in time."""
        check_notes(offsets)
        deadline = time.monotonic() + COMMIT_S
        while ours := {at: offset for at, offset in offsets.items() if at in self._ours}:
            acknowledged = self._commit_once(ours)
            if acknowledged is not None:
                return acknowledged
            if time.monotonic() >= deadline:
                raise LogUnavailable(f"the group has been rebalancing for {COMMIT_S:g} s")
            time.sleep(SLICE_S)
        return frozenset()

    def pause(self, partitions: Sequence[Partition]) -> None:
        """See the port."""
        ours = self._ours.intersection(partitions)
        self._consumer.pause([TopicPartition(at.topic, at.number) for at in ours])
        self._paused |= ours

    def resume(self, partitions: Sequence[Partition]) -> None:
        """See the port."""
        ours = self._ours.intersection(partitions)
        self._paused -= ours
        self._consumer.resume([TopicPartition(at.topic, at.number) for at in ours])

    def close(self) -> None:
        """See the port."""
        super().close()
        self._committing.shutdown(wait=False, cancel_futures=True)

    def _join(self) -> None:
        self._consumer.subscribe(
            self._topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def _fetch(self, max_records: int, timeout_s: float) -> None:
        if self._must_rejoin:
            self._must_rejoin = False
            self._consumer.unsubscribe()
            self._join()
        super()._fetch(max_records, timeout_s)

    def _is_held(self, message: Message) -> bool:
        return partition_of(message) in self._paused

    def _is_ours(self, message: Message) -> bool:
        return partition_of(message) in self._ours

    def _commit_once(self, offsets: Mapping[Partition, Committed]) -> frozenset[Partition] | None:
        """Commits, and answers what was acknowledged; None where it met an error that passes by itself."""
        wanted = [TopicPartition(at.topic, at.number, offset.offset, offset.metadata) for at, offset in offsets.items()]
        try:
            answers = {
                Partition(answer.topic, answer.partition): answer.error for answer in self._committed_now(wanted)
            }
        except TimeoutError as late:
            raise LogUnavailable(f"no commit was acknowledged in {COMMIT_S:g} s") from late
        except KafkaException as raised:
            answers = dict.fromkeys(offsets, raised.args[0])
        errors = [error for error in answers.values() if error is not None]
        if any(error.code() in RETRIED for error in errors):
            return None
        for error in errors:
            if error.code() not in NOT_OURS:
                raise LogUnavailable(f"the commit was not acknowledged: {error.str()}")
        return frozenset(at for at, error in answers.items() if error is None)

    def _committed_now(self, wanted: list[TopicPartition]) -> Sequence[TopicPartition]:
        """Commits, where the broker is not known to be away: then the client would wait for it up to 45 s.

        A thread of its own bounds the wait where the broker goes in this very moment; not so while partitions are
        given up, when the client takes commits from the calling thread only.
        """
        if self._broker_away:
            self._consumer.list_topics(self._topics[0], timeout=PROBE_S)
            self._broker_away = False
        if self._giving_up:
            return self._consumer.commit(offsets=wanted, asynchronous=False) or ()
        committing = self._committing.submit(self._consumer.commit, offsets=wanted, asynchronous=False)
        try:
            return committing.result(COMMIT_S) or ()
        finally:
            committing.cancel()

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        committed = self._committed(consumer, partitions)
        if committed is None:
            consumer.incremental_assign([])
            self._must_rejoin = True
            return
        chosen = self._assigned(committed) if self._assigned and committed else {}
        starts = {at: chosen.get(at, known.offset if known else 0) for at, known in committed.items()}
        begin = [TopicPartition(at.topic, at.number, offset) for at, offset in starts.items()]
        consumer.incremental_assign(begin)
        # The client keeps a pause over an assignment; the port does not, for the next owner of a partition may be us.
        consumer.resume(begin)
        self._ours |= starts.keys()
        self._starts |= starts

    def _committed(
        self, consumer: Consumer, partitions: list[TopicPartition]
    ) -> dict[Partition, Committed | None] | None:
        """What the group committed for these, or None where the broker does not say so."""
        try:
            answers = consumer.committed(partitions, timeout=COMMITTED_S)
        except KafkaException as error:
            log.warning("kafka_committed_unknown", why=error.args[0].str())
            return None
        if any(answer.error for answer in answers):
            return None
        return {
            Partition(answer.topic, answer.partition): Committed(offset=answer.offset, metadata=answer.metadata or "")
            if answer.offset >= 0
            else None
            for answer in answers
        }

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        lost = frozenset(Partition(part.topic, part.partition) for part in partitions) & self._ours
        if lost and self._revoked:
            self._giving_up = True
            try:
                self._revoked(lost)
            finally:
                self._giving_up = False
        self._ours -= lost
        for at in lost:
            self._starts.pop(at, None)
            self._passed.pop(at, None)
        self._paused -= lost
        self._waiting = deque(message for message in self._waiting if partition_of(message) not in lost)
        consumer.incremental_unassign(partitions)
