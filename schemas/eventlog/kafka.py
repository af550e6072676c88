"""The event log on Kafka."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from schemas.codec import Codec
from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.eventlog.kafka_appends import KafkaAppends
from schemas.eventlog.kafka_offsets import NO_GROUP, KafkaOffsets
from schemas.eventlog.kafka_readers import KafkaGroupReader, KafkaReader, consumer_configuration
from schemas.eventlog.kafka_topics import unavailable
from schemas.eventlog.port import Assigned, Committed, Owner, Partition, Revoked
from schemas.eventlog.topic_checks import check_belongs, check_there
from schemas.events import Event
from schemas.topics import Topic
from schemas.values import Position

PREFETCH: Final = 10_000
TIMEOUT_S: Final = 5.0


class KafkaEventLog:
    """Implements `EventLog`; thread-safe. `prefetch` is how many records a reader hoards before they are polled:
    few where each takes long (jobs), many where a backlog is read at full speed. `linger_ms` is how long an append
    waits for others to share a request with: 0 unless many come at once.
    """

    def __init__(
        self, kafka: str, codec: Codec, *, client_id: str, prefetch: int = PREFETCH, linger_ms: float = 0
    ) -> None:
        self.codec: Final = codec
        self._kafka = kafka
        self._client_id = client_id
        self._prefetch = prefetch
        self._offsets = KafkaOffsets(kafka, client_id)
        self._appends = KafkaAppends(kafka, client_id, linger_ms=linger_ms)

    def append(self, topic: Topic, event: Event, *, partition: int | None = None) -> "Future[Position]":
        """See the port; an event that the topic does not hold is a ValueError."""
        check_belongs(topic, event)
        if partition is not None:
            check_there(Partition(topic.name, partition))
        key = topic.key_of(event)
        return self._appends.append(topic.name, key.encode() if key else None, self.codec.encode(event), partition)

    def end_offsets(self, topic: Topic, *, timeout_s: float = TIMEOUT_S) -> dict[int, int]:
        """See the port."""
        ends = self._offsets.end(self._partitions(topic, timeout_s), timeout_s)
        return {at.number: offset for at, offset in ends.items()}

    def begin_offsets(self, topic: Topic, *, timeout_s: float = TIMEOUT_S) -> dict[int, int]:
        """See the port."""
        begins = self._offsets.begin(self._partitions(topic, timeout_s), timeout_s)
        return {at.number: offset for at, offset in begins.items()}

    def offsets_at(self, topic: Topic, moment: datetime, *, timeout_s: float = TIMEOUT_S) -> dict[int, int]:
        """See the port."""
        found = self._offsets.after(self._partitions(topic, timeout_s), moment, timeout_s)
        return {at.number: offset for at, offset in found.items()}

    def topic_id(self, topic: Topic, *, timeout_s: float = TIMEOUT_S) -> str:
        """See the port."""
        admin = self._admin()
        try:
            [future] = admin.describe_topics(TopicCollection([topic.name]), request_timeout=timeout_s).values()
            return str(future.result(timeout_s + 1).topic_id)
        except KafkaException as error:
            raise unavailable(f"the broker does not describe {topic.name}", error) from error
        except TimeoutError as error:
            raise LogUnavailable(f"the broker does not describe {topic.name}") from error

    def committed(self, group: str, topic: Topic, *, timeout_s: float = TIMEOUT_S) -> dict[int, Committed]:
        """See the port."""
        committed = self._offsets.committed(group, self._partitions(topic, timeout_s), timeout_s)
        return {at.number: known for at, known in committed.items()}

    def owners(self, group: str, *, timeout_s: float = TIMEOUT_S) -> dict[Partition, Owner]:
        """See the port."""
        admin = self._admin()
        try:
            [future] = admin.describe_consumer_groups([group], request_timeout=timeout_s).values()
            members = future.result(timeout_s + 1).members
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return {}
            raise unavailable(f"the broker does not describe {group}", error) from error
        except TimeoutError as error:
            raise LogUnavailable(f"the broker does not describe {group}") from error
        return {
            Partition(read.topic, read.partition): Owner(member.client_id, member.member_id)
            for member in members
            for read in member.assignment.topic_partitions
        }

    def reader(self, starts: Mapping[Partition, int], *, key: str | None = None) -> KafkaReader:
        """See the port; a start beyond the end of its partition is `LogMisconfigured`: this is another log."""
        for at in starts:
            check_there(at)
        first = self._offsets.begin(starts, TIMEOUT_S)
        end = self._offsets.end(starts, TIMEOUT_S)
        for at, start in starts.items():
            if start > end[at]:
                raise LogMisconfigured(f"{at.topic}:{at.number} ends at {end[at]}, before {start}, where to begin")
        kept = {at: max(start, first[at]) for at, start in starts.items()}
        return KafkaReader(self._consumer_configuration(NO_GROUP), self.codec, kept, key=key)

    def group_reader(
        self,
        topics: Sequence[Topic],
        group: str,
        *,
        assigned: Assigned | None = None,
        revoked: Revoked | None = None,
    ) -> KafkaGroupReader:
        """See the port."""
        names = [topic.name for topic in topics]
        configuration = self._consumer_configuration(group)
        return KafkaGroupReader(configuration, self.codec, names, assigned=assigned, revoked=revoked)

    def close(self, timeout_s: float = 5.0) -> None:
        """See the port; readers are closed by whoever made them."""
        self._appends.close(timeout_s)
        self._offsets.close()

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self._kafka, "client.id": self._client_id, "log_level": 2})

    def _consumer_configuration(self, group: str) -> dict[str, Any]:
        return consumer_configuration(self._kafka, self._client_id, group, self._prefetch)

    def _partitions(self, topic: Topic, timeout_s: float) -> list[Partition]:
        number = self._offsets.count(topic.name, timeout_s) if topic.partitions_may_grow else topic.partitions
        return [Partition(topic.name, partition) for partition in range(number)]
