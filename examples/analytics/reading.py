"""Reading topics of judgestream with nothing but confluent-kafka and the registry's URL."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from table import Place

WAIT_S = 1.0
AT_ONCE = 2000
BROKER_WITHIN_S = 10.0


class Batch(NamedTuple):
    """What was read at once, by topic, and where to go on after it."""

    events: dict[str, list[dict[str, Any]]]
    next_offsets: dict[Place, int]


class Topics:
    """Reads all partitions of topics from given offsets; joins no group, since whoever keeps rows keeps the offsets."""

    def __init__(self, kafka: str, registry_url: str, topics: Iterable[str], next_offsets: Mapping[Place, int]) -> None:
        self._registry = SchemaRegistryClient({"url": registry_url})
        self._decode = AvroDeserializer(self._registry)
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": "analytics",
                "enable.auto.commit": False,
                "error_cb": lambda _: None,
            }
        )
        places = [place for topic in topics for place in self._partitions(topic)]
        self._next = {place: next_offsets.get(place, 0) for place in places}
        self._consumer.assign([TopicPartition(*place, self._from(place)) for place in places])

    def to_the_end(self) -> Iterator[Batch]:
        """Everything up to where the topics end when this is called."""
        ends = {place: self._watermarks(place)[1] for place in self._next}
        while any(self._next[place] < end for place, end in ends.items()):
            batch = self.read()
            if batch.next_offsets:
                yield batch

    def read(self) -> Batch:
        """What has come, at most `AT_ONCE` records; nothing after `WAIT_S`."""
        events: dict[str, list[dict[str, Any]]] = {}
        moved: dict[Place, int] = {}
        first = self._consumer.poll(WAIT_S)
        for message in [] if first is None else [first, *self._consumer.consume(AT_ONCE - 1, 0)]:
            if message.error() is not None:
                raise KafkaException(message.error())
            place, offset, value = _parts(message)
            moved[place] = self._next[place] = offset + 1
            context = SerializationContext(place.topic, MessageField.VALUE)
            events.setdefault(place.topic, []).append(self._decode(value, context))
        return Batch(events, moved)

    def close(self) -> None:
        """Lets go of broker and registry."""
        self._consumer.close()
        self._registry.close()

    def _partitions(self, topic: str) -> list[Place]:
        found = self._consumer.list_topics(topic, timeout=BROKER_WITHIN_S).topics[topic]
        return [Place(topic, number) for number in found.partitions]

    def _from(self, place: Place) -> int:
        """What is no longer kept cannot be read."""
        return max(self._next[place], self._watermarks(place)[0])

    def _watermarks(self, place: Place) -> tuple[int, int]:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=BROKER_WITHIN_S)
        return int(low), int(high)


def _parts(message: Message) -> tuple[Place, int, bytes]:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if topic is None or partition is None or offset is None:
        raise ValueError("a record without a place")
    return Place(topic, partition), offset, message.value() or b""
