"""Where partitions begin and end, and what groups have committed.

Asked through consumers that join nothing. The admin client of librdkafka 2.16 would be the obvious way, but while a
broker is away its `list_offsets` answers -1001 without an error, and a `list_consumer_group_offsets` that timed out
ends the process with a failed assertion when the broker comes back.
"""

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException, TopicPartition

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.kafka_readers import consumer_configuration
from schemas.eventlog.kafka_topics import unavailable
from schemas.eventlog.port import Committed, Partition

NO_GROUP: Final = "none"
PAUSE_S: Final = 0.1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)


class KafkaOffsets:
    """Answers questions about offsets; thread-safe. Every failure is `LogUnavailable`."""

    def __init__(self, kafka: str, client_id: str) -> None:
        self._kafka = kafka
        self._client_id = client_id
        self._lock = threading.Lock()
        self._consumers: dict[str, Consumer] = {}

    def begin(self, partitions: Iterable[Partition], timeout_s: float) -> dict[Partition, int]:
        """The first offset that is still kept."""
        return self._offsets(partitions, OFFSET_BEGINNING, timeout_s)

    def end(self, partitions: Iterable[Partition], timeout_s: float) -> dict[Partition, int]:
        """The offset that the next record will get."""
        return self._offsets(partitions, OFFSET_END, timeout_s)

    def after(self, partitions: Iterable[Partition], moment: datetime, timeout_s: float) -> dict[Partition, int]:
        """The offset of the first record that was appended after that moment; the end where there is none.

        The end is asked for first: what is appended between the questions is not from before a moment that is over.
        """
        deadline = time.monotonic() + timeout_s
        asked = list(partitions)
        ends = self.end(asked, timeout_s)
        found = self._offsets(asked, _next_millisecond(moment), max(0.0, deadline - time.monotonic()))
        return {at: ends[at] if offset == OFFSET_END else offset for at, offset in found.items()}

    def committed(self, group: str, partitions: Iterable[Partition], timeout_s: float) -> dict[Partition, Committed]:
        """What a group has committed; partitions without a commit are left out."""
        asked = [TopicPartition(at.topic, at.number) for at in partitions]
        try:
            answers = self._consumer(group).committed(asked, timeout=timeout_s)
        except KafkaException as error:
            raise unavailable(f"the broker does not say what {group} has committed", error) from error
        _check(answers)
        return {
            Partition(answer.topic, answer.partition): Committed(offset=answer.offset, metadata=answer.metadata or "")
            for answer in answers
            if answer.offset >= 0
        }

    def count(self, topic: str, timeout_s: float) -> int:
        """How many partitions a topic has now."""
        try:
            found = self._consumer(NO_GROUP).list_topics(topic, timeout=timeout_s).topics[topic]
        except KafkaException as error:
            raise unavailable(f"the broker does not say how many partitions {topic} has", error) from error
        if found.error is not None:
            raise LogUnavailable(f"topic {topic}: {found.error.str()}")
        return len(found.partitions)

    def close(self) -> None:
        """Lets go of the connections."""
        with self._lock:
            for consumer in self._consumers.values():
                consumer.close()
            self._consumers.clear()

    def _offsets(self, partitions: Iterable[Partition], which: int, timeout_s: float) -> dict[Partition, int]:
        asked = [TopicPartition(at.topic, at.number, which) for at in partitions]
        deadline = time.monotonic() + timeout_s
        while asked:
            try:
                return self._offsets_once(asked, max(0.0, deadline - time.monotonic()))
            except LogUnavailable:
                # After a restart of the broker the first questions meet leaders and epochs of before.
                if time.monotonic() >= deadline:
                    raise
                time.sleep(PAUSE_S)
        return {}

    def _offsets_once(self, asked: list[TopicPartition], timeout_s: float) -> dict[Partition, int]:
        is_moment = asked[0].offset >= 0
        try:
            answers = self._consumer(NO_GROUP).offsets_for_times(asked, timeout=timeout_s)
        except KafkaException as error:
            raise unavailable("the broker does not say where partitions begin and end", error) from error
        _check(answers)
        # For a moment after all records the answer is the end's name; in an answer to the ends it would be nothing.
        nothing = [answer for answer in answers if answer.offset < 0]
        if any(answer.offset != OFFSET_END for answer in nothing) or (nothing and not is_moment):
            raise LogUnavailable("the broker does not say where every partition begins and ends")
        return {Partition(answer.topic, answer.partition): answer.offset for answer in answers}

    def _consumer(self, group: str) -> Consumer:
        """The consumer for a group; polled now and then, since what it hears would pile up."""
        with self._lock:
            if group not in self._consumers:
                configuration = consumer_configuration(self._kafka, self._client_id, group, prefetch=1)
                self._consumers[group] = Consumer(configuration)
            self._consumers[group].poll(0)
            return self._consumers[group]


def _next_millisecond(moment: datetime) -> int:
    """The first stamp after a moment; below zero stand the names of begin and end."""
    return max(0, (moment - EPOCH) // MILLISECOND + 1)


def _check(answers: Iterable[TopicPartition]) -> None:
    for answer in answers:
        if answer.error is not None:
            raise LogUnavailable(f"{answer.topic}:{answer.partition}: {answer.error.str()}")
