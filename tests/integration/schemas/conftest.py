"""Engines with our topics and schemas in them."""

from collections.abc import Iterator

import pytest

from schemas.__main__ import prepare
from schemas.eventlog.connect import connect
from schemas.eventlog.kafka import KafkaEventLog
from schemas.settings import PrepareSettings, read_settings


@pytest.fixture(scope="module")
def prepared(engines: dict[str, str]) -> dict[str, str]:
    prepare(read_settings(PrepareSettings, engines))
    return engines


@pytest.fixture
def log(prepared: dict[str, str]) -> Iterator[KafkaEventLog]:
    log = connect(prepared["JUDGESTREAM_KAFKA"], prepared["JUDGESTREAM_REGISTRY_URL"], client_id="integration")
    yield log
    log.close()
