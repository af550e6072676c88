"""One read side for all tests here, and a contest that each test begins anew."""

import random
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from schemas.eventlog.port import EventLog
from tests.integration.projections.conftest import with_own_keyspace
from tests.integration.projections.reading.services import ReadSide, read_side
from tests.integration.projections.season import Season


@pytest.fixture(scope="module")
def reading(engines: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadSide]:
    """The services, on a keyspace of their own."""
    folder = tmp_path_factory.mktemp("reading")
    with read_side(with_own_keyspace(engines, folder), folder) as running:
        yield running


@pytest.fixture
def season(event_log: EventLog) -> Season:
    """A contest that has begun, with its teams."""
    season = Season(event_log, random.Random(0))
    season.begin()
    return season


@pytest.fixture
async def http(reading: ReadSide) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the query API."""
    async with httpx.AsyncClient(base_url=f"{reading.query.url}/api/v1", timeout=40) as client:
        yield client
