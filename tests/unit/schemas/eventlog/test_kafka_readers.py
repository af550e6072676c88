"""What a member of a group delivers while its partitions come and go; the rest is tested on a real broker.

The client may hand over records together with the news that their partition is another's, which no broker can be
made to do on demand: here they are put before the reader as the client would.
"""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError, Message, Producer, TopicPartition

from schemas.eventlog.errors import LogMisconfigured
from schemas.eventlog.kafka_readers import KafkaGroupReader, consumer_configuration
from schemas.eventlog.port import Committed, Partition
from schemas.local_codec import local_codec
from tests.unit.schemas.eventlog.mock_broker import MockBroker

OURS = Partition("problems", 0)
OTHERS = Partition("problems", 1)
DEADLINE_S = 10.0


@pytest.fixture
def lost() -> list[frozenset[Partition]]:
    return []


@pytest.fixture
def reader(lost: list[frozenset[Partition]]) -> Iterator[KafkaGroupReader]:
    """A member that holds both partitions, on a broker that really gave them to it."""
    broker = MockBroker()
    Producer({"bootstrap.servers": broker.address, "log_level": 2}).list_topics("problems", timeout=10)
    reader = KafkaGroupReader(
        consumer_configuration(broker.address, "unit", "group", prefetch=1),
        local_codec(),
        ["problems"],
        assigned=None,
        revoked=lost.append,
    )
    deadline = time.monotonic() + DEADLINE_S
    while not {OURS, OTHERS} <= reader.assignment():
        assert time.monotonic() < deadline, "nothing was assigned"
        reader.poll(1, 0.05)
    yield reader
    reader.close()


def give_up(reader: KafkaGroupReader, partition: Partition) -> None:
    """As the client tells it."""
    reader._on_revoke(reader._consumer, [TopicPartition(partition.topic, partition.number)])


def message(at: Partition, offset: int) -> Message:
    return Message(topic=at.topic, partition=at.number, offset=offset, value=b"junk", timestamp=(2, 1))


def waiting(reader: KafkaGroupReader) -> list[tuple[int | None, int | None]]:
    return [(one.partition(), one.offset()) for one in reader._waiting]


def test_records_that_come_after_their_partition_was_given_up_are_not_taken_in(reader: KafkaGroupReader) -> None:
    give_up(reader, OTHERS)
    reader._take_in([message(OTHERS, 4), message(OURS, 7), message(OTHERS, 5)])
    assert waiting(reader) == [(0, 7)]
    assert OTHERS not in reader.assignment()


def test_what_waits_here_goes_with_its_partition(reader: KafkaGroupReader, lost: list[frozenset[Partition]]) -> None:
    reader._take_in([message(OTHERS, 4), message(OURS, 7)])
    give_up(reader, OTHERS)
    assert waiting(reader) == [(0, 7)]
    assert lost == [frozenset({OTHERS})]


def test_a_commit_for_what_is_not_ours_is_left_out(reader: KafkaGroupReader) -> None:
    give_up(reader, OTHERS)
    assert reader.commit({OTHERS: Committed(offset=3), OURS: Committed(offset=0)}) == {OURS}


def test_records_of_a_paused_partition_keep_their_place(reader: KafkaGroupReader) -> None:
    reader._take_in([message(OURS, 7), message(OTHERS, 4), message(OURS, 8)])
    reader.pause([OURS])
    assert [record.position.offset for record in reader._decoded(10)] == [4]
    reader.resume([OURS])
    assert [record.position.offset for record in reader._decoded(10)] == [7, 8]


def test_a_member_that_is_shut_out_for_good_says_so(reader: KafkaGroupReader) -> None:
    reader._heard(KafkaError(KafkaError._FATAL, "fenced", fatal=True))
    with pytest.raises(LogMisconfigured, match="fenced"):
        reader.poll(1, 0.1)
