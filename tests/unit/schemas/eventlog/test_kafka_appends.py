"""Appends where no broker ever answers; what a real one does is tested on a real one."""

from collections.abc import Iterator

import pytest

from schemas.eventlog.errors import AppendRefused, AppendUncertain
from schemas.eventlog.kafka_appends import QUEUE_MESSAGES, KafkaAppends
from schemas.eventlog.topic_checks import MESSAGE_BYTES

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
    assert isinstance(future.exception(0), AppendRefused)


def test_a_full_queue_refuses_at_once() -> None:
    appends = KafkaAppends(NOBODY, "unit", delivery_timeout_ms=60_000)
    futures = [appends.append("problems", b"key", b"value", None) for _ in range(2 * QUEUE_MESSAGES)]
    refused = [future for future in futures if future.done()]
    assert isinstance(refused[-1].exception(0), AppendRefused)
    assert len(futures) - len(refused) <= QUEUE_MESSAGES
    appends.close(0)
    waiting = set(futures) - set(refused)
    assert all(isinstance(future.exception(5), AppendUncertain | AppendRefused) for future in waiting)
