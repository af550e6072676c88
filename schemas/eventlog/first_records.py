"""Holds the registry to the log before a service starts.

A registry that lost its state gives its ids out anew, and every byte in the log would be read with another schema.
The log itself is the witness: the first record of a topic names the id under which its event was written.
"""

import time
from collections.abc import Callable
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.avro_schema import AvroSchema
from schemas.codec import HEADER, MAGIC
from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.eventlog.kafka_messages import partition_of
from schemas.eventlog.kafka_offsets import NO_GROUP, KafkaOffsets
from schemas.eventlog.kafka_readers import consumer_configuration
from schemas.eventlog.kafka_topics import unavailable
from schemas.eventlog.port import Partition
from schemas.registry import Registry
from schemas.topics import TOPICS, Topic

FACTS: Final = tuple(topic for topic in TOPICS if topic.retention is None and not topic.compacted)
CLIENT_ID: Final = "first-records"
TIMEOUT_S: Final = 10.0


def check_first_records(kafka: str, registry: Registry) -> int:
    """Checks one first record of every topic that is kept for ever; answers how many there were.

    `LogMisconfigured` when the registry does not explain one as an event of its topic; `LogUnavailable`.
    """
    try:
        values = _values(kafka, _firsts(kafka))
    except KafkaException as error:
        raise unavailable("the log's first records cannot be read", error) from error
    faults = [fault for topic in FACTS if (fault := contradiction(topic, values.get(topic.name, b""), registry.find))]
    if faults:
        raise LogMisconfigured("; ".join(faults))
    return len(values)


def _firsts(kafka: str) -> list[TopicPartition]:
    """Where the first record stands of each topic that has any, in the first partition that has."""
    partitions = [Partition(topic.name, number) for topic in FACTS for number in range(topic.partitions)]
    offsets = KafkaOffsets(kafka, CLIENT_ID)
    try:
        begins, ends = offsets.begin(partitions, TIMEOUT_S), offsets.end(partitions, TIMEOUT_S)
    finally:
        offsets.close()
    firsts: dict[str, TopicPartition] = {}
    for at in partitions:
        if begins[at] < ends[at]:
            firsts.setdefault(at.topic, TopicPartition(at.topic, at.number, begins[at]))
    return list(firsts.values())


def _values(kafka: str, firsts: list[TopicPartition]) -> dict[str, bytes]:
    """The value of each topic's first record."""
    consumer = Consumer(consumer_configuration(kafka, CLIENT_ID, NO_GROUP, prefetch=1))
    values: dict[str, bytes] = {}
    deadline = time.monotonic() + TIMEOUT_S
    try:
        consumer.assign(firsts)
        while len(values) < len(firsts):
            for message in consumer.consume(1, 1.0):
                if message.error() is None:
                    values.setdefault(partition_of(message).topic, message.value() or b"")
            if time.monotonic() > deadline:
                raise LogUnavailable("the log's first records cannot be read")
    finally:
        consumer.close()
    return values


def contradiction(topic: Topic, value: bytes, find: Callable[[int], AvroSchema | None]) -> str | None:
    """What a record of that topic has against the registry, whose schema of an id `find` answers; None: nothing.

    Bytes that are not in the wire format are nobody's event and prove nothing.
    """
    if len(value) < HEADER.size or value[0] != MAGIC:
        return None
    _, schema_id = HEADER.unpack_from(value)
    schema = find(schema_id)
    name = schema["name"] if schema else None
    if name in {event_type.__name__ for event_type in topic.events}:
        return None
    return (
        f"the first record of {topic.name} was written with schema {schema_id}, which the registry "
        + (f"says is {name}" if name else "does not know")
        + ": it has lost its state, or belongs to another log"
    )
