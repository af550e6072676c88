"""Executors as processes: the log that they share, and a room for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.eventlog.connect import connect
from schemas.eventlog.port import EventLog
from tests.integration.executor.room import Room


@pytest.fixture(scope="module")
def log(engines: dict[str, str]) -> Iterator[EventLog]:
    connected = connect(engines["JUDGESTREAM_KAFKA"], engines["JUDGESTREAM_REGISTRY_URL"], client_id="test")
    yield connected
    connected.close()


@pytest.fixture
def room(log: EventLog, engines: dict[str, str], docker_url: str, tmp_path: Path) -> Iterator[Room]:
    made = Room(log, engines, docker_url, tmp_path)
    yield made
    made.close()
