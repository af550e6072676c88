"""Claims and senders in Cassandra keep their contracts."""

from collections.abc import AsyncIterator

import pytest

from ingest_api.claims.cassandra import AREA, CQL, CassandraClaims
from ingest_api.senders.cassandra import CassandraSenders
from schemas.cassandra import connect
from schemas.cql_versions import apply_versions
from schemas.settings import MigrateSettings, read_settings
from tests.contract.claims.suite import ClaimsContract
from tests.contract.senders.suite import SendersContract


class TestCassandraClaims(ClaimsContract):
    @pytest.fixture
    async def claims(self, engines: dict[str, str]) -> AsyncIterator[CassandraClaims]:
        settings = read_settings(MigrateSettings, engines)
        await apply_versions(settings.cassandra, settings.keyspace, CQL, area=AREA)
        async with await connect(settings.cassandra, settings.keyspace) as cassandra:
            yield CassandraClaims(cassandra)


class TestCassandraSenders(SendersContract):
    @pytest.fixture
    async def senders(self, engines: dict[str, str]) -> AsyncIterator[CassandraSenders]:
        settings = read_settings(MigrateSettings, engines)
        await apply_versions(settings.cassandra, settings.keyspace, CQL, area=AREA)
        async with await connect(settings.cassandra, settings.keyspace) as cassandra:
            yield CassandraSenders(cassandra)
