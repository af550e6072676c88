"""Real engines for the projector: one log for all tests, keyspaces as they are needed."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from projections.models import CQL_AREA, CQL_FOLDER
from schemas.cassandra import Cassandra, connect
from schemas.cql_versions import apply_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.port import EventLog
from schemas.settings import MigrateSettings, PrepareSettings, read_settings


@pytest.fixture(scope="module")
def event_log(engines: dict[str, str]) -> Iterator[EventLog]:
    """The log."""
    settings = read_settings(PrepareSettings, engines)
    log = connect_log(settings.kafka, settings.registry_url, client_id="test")
    yield log
    log.close()


@pytest.fixture(scope="module")
def environment(engines: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a projector with a keyspace of this module needs to know; its tables are there."""
    return with_own_keyspace(engines, tmp_path_factory.mktemp("projector"))


@pytest.fixture
async def cassandra(environment: dict[str, str]) -> AsyncIterator[Cassandra]:
    """A session with the module's keyspace."""
    async with await open_keyspace(environment) as session:
        yield session


def with_own_keyspace(engines: dict[str, str], folder: Path) -> dict[str, str]:
    """The variables of a projector with a fresh keyspace, whose tables are made here."""
    keyspace = f"test_{secrets.token_hex(6)}"
    environment = {**engines, "JUDGESTREAM_KEYSPACE": keyspace, "JUDGESTREAM_BLOBS": str(folder / "blobs")}
    settings = read_settings(MigrateSettings, environment)
    asyncio.run(apply_versions(settings.cassandra, settings.keyspace, CQL_FOLDER, area=CQL_AREA))
    return environment


async def open_keyspace(environment: dict[str, str]) -> Cassandra:
    """A session with the keyspace of these variables."""
    settings = read_settings(MigrateSettings, environment)
    return await connect(settings.cassandra, settings.keyspace)
