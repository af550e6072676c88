"""A room for the router, one for all tests here."""

import subprocess
from collections.abc import Iterator

import pytest

from schemas.eventlog.connect import connect
from tests.integration.stream_processors.room import Room


@pytest.fixture(scope="module")
def room(engines: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    log = connect(engines["JUDGESTREAM_KAFKA"], engines["JUDGESTREAM_REGISTRY_URL"], client_id="test-router")
    room = Room(log, engines, tmp_path_factory.mktemp("router"))
    yield room
    room.close()
    log.close()


@pytest.fixture
def router(room: Room) -> subprocess.Popen[bytes]:
    """A router that runs, the same for all tests that leave it alive."""
    alive = [process for process in room.processes if process.poll() is None]
    return alive[0] if alive else room.start()
