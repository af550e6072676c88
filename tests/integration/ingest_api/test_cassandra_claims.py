"""Claims in Cassandra keep the contract."""

from collections.abc import AsyncIterator

import pytest

from ingest_api.claims.cassandra import AREA, CQL, CassandraClaims
from schemas.cassandra import connect
from schemas.cql_versions import apply_versions
from schemas.settings import MigrateSettings, read_settings
from tests.contract.claims.suite import ClaimsContract


class TestCassandraClaims(ClaimsContract):
    @pytest.fixture
    async def claims(self, engines: dict[str, str]) -> AsyncIterator[CassandraClaims]:
        settings = read_settings(MigrateSettings, engines)
        await apply_versions(settings.cassandra, settings.keyspace, CQL, area=AREA)
        async with await connect(settings.cassandra, settings.keyspace) as cassandra:
            yield CassandraClaims(cassandra)
