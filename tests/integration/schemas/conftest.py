"""The log in real engines."""

from collections.abc import Iterator

import pytest

from schemas.eventlog.connect import connect
from schemas.eventlog.kafka import KafkaEventLog


@pytest.fixture
def log(engines: dict[str, str]) -> Iterator[KafkaEventLog]:
    log = connect(engines["JUDGESTREAM_KAFKA"], engines["JUDGESTREAM_REGISTRY_URL"], client_id="integration")
    yield log
    log.close()
