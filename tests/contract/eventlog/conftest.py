"""The adapters of the event log, one after the other, before the same suite.

On Kafka the topics outlive a test, so every test works from the end that it finds, with groups and keys of its own.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas.eventlog.connect import connect
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.port import EventLog
from schemas.topics import Topic

Inject = Callable[[Topic, bytes], Any]


@pytest.fixture(scope="module", params=["memory", pytest.param("kafka", marks=pytest.mark.engine)])
def log(request: pytest.FixtureRequest) -> Iterator[EventLog]:
    log: EventLog
    if request.param == "memory":
        log = MemoryEventLog()
    else:
        engines = request.getfixturevalue("engines")
        log = connect(engines["JUDGESTREAM_KAFKA"], engines["JUDGESTREAM_REGISTRY_URL"], client_id="contract")
    yield log
    log.close()


@pytest.fixture
def inject(log: EventLog, request: pytest.FixtureRequest) -> Inject:
    """Puts bytes that are no event into partition 0 of a topic."""
    if isinstance(log, MemoryEventLog):
        return log.inject

    def produce(topic: Topic, value: bytes) -> None:
        producer = Producer({"bootstrap.servers": request.getfixturevalue("engines")["JUDGESTREAM_KAFKA"]})
        producer.produce(topic.name, value, partition=0)
        assert producer.flush(10) == 0

    return produce
