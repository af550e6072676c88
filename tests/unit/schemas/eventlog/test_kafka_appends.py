"""Appends where no broker ever answers, or one answers with errors; the rest is tested on a real one."""

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaError

from schemas.eventlog.errors import AppendRefused, AppendRejected, AppendUncertain
from schemas.eventlog.kafka_appends import QUEUE_MESSAGES, KafkaAppends
from schemas.eventlog.topic_checks import MESSAGE_BYTES
from tests.unit.schemas.eventlog.mock_broker import MockBroker

NOBODY = "127.0.0.1:9"


@pytest.fixture
def appends() -> Iterator[KafkaAppends]:
    appends = KafkaAppends(NOBODY, "unit", delivery_timeout_ms=300)
    yield appends
    appends.close(0)


def test_what_was_never_sent_is_refused(appends: KafkaAppends) -> None:
    error = appends.append("problems", b"key", b"value", None).exception(5)
    assert isinstance(error, AppendRefused)
    assert "never sent" in str(error)


def test_a_record_that_is_too_long_is_refused_at_once(appends: KafkaAppends) -> None:
    future = appends.append("problems", b"key", bytes(MESSAGE_BYTES + 1), None)
    assert isinstance(future.exception(0), AppendRejected)


def test_a_full_queue_refuses_at_once() -> None:
    appends = KafkaAppends(NOBODY, "unit", delivery_timeout_ms=60_000)
    futures = [appends.append("problems", b"key", b"value", None) for _ in range(2 * QUEUE_MESSAGES)]
    refused = [future for future in futures if future.done()]
    assert isinstance(refused[-1].exception(0), AppendRefused)
    assert len(futures) - len(refused) <= QUEUE_MESSAGES
    appends.close(0)
    waiting = set(futures) - set(refused)
    assert all(isinstance(future.exception(5), AppendUncertain | AppendRefused) for future in waiting)


@pytest.fixture
def broker() -> MockBroker:
    return MockBroker()


@pytest.fixture
def answered(broker: MockBroker) -> Iterator[KafkaAppends]:
    """Appends to a broker that answers; one is there already, so that nothing has to be found out any more."""
    appends = KafkaAppends(broker.address, "unit")
    assert appends.append("problems", b"key", b"value", 0).result(10).offset == 0
    yield appends
    appends.close(1)


def test_an_acknowledgement_without_an_offset_is_uncertain(broker: MockBroker, answered: KafkaAppends) -> None:
    """A retry whose first try did arrive: the broker knows it for a duplicate, but not where it stands."""
    broker.answer_next_appends(KafkaError.DUPLICATE_SEQUENCE_NUMBER)
    error = answered.append("problems", b"key", b"value", 0).exception(10)
    assert isinstance(error, AppendUncertain)
    assert "does not say where" in str(error)


def test_what_passes_is_tried_again_unseen(broker: MockBroker, answered: KafkaAppends) -> None:
    broker.answer_next_appends(KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.NOT_ENOUGH_REPLICAS)
    assert answered.append("problems", b"key", b"value", 0).result(10).offset == 1


@pytest.mark.parametrize("code", [KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD])
def test_what_the_broker_never_takes_is_rejected(broker: MockBroker, answered: KafkaAppends, code: int) -> None:
    broker.answer_next_appends(code)
    assert isinstance(answered.append("problems", b"key", b"value", 0).exception(10), AppendRejected)


def test_what_may_be_allowed_one_day_is_refused_for_now(broker: MockBroker, answered: KafkaAppends) -> None:
    broker.answer_next_appends(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    error = answered.append("problems", b"key", b"value", 0).exception(10)
    assert isinstance(error, AppendRefused)
    assert not isinstance(error, AppendRejected)
