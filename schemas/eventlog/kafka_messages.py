"""Where a message of Kafka's client stands, in our words."""

from datetime import UTC, datetime

from confluent_kafka import Message

from schemas.eventlog.port import Partition
from schemas.values import Position


def position_of(message: Message) -> Position:
    """The position of a message that the broker gave or acknowledged."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None, "a message that the broker knows has a topic"
    assert partition is not None, "a message that the broker knows has a partition"
    assert offset is not None, "a message that the broker knows has an offset"
    return Position(topic=topic, partition=partition, offset=offset)


def partition_of(message: Message) -> Partition:
    """The partition in which a message stands."""
    topic, partition = message.topic(), message.partition()
    assert topic is not None, "a message that the broker knows has a topic"
    assert partition is not None, "a message that the broker knows has a partition"
    return Partition(topic, partition)


def appended_at(message: Message) -> datetime:
    """The broker's clock when it took the message in (LogAppendTime)."""
    _, milliseconds = message.timestamp()
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
