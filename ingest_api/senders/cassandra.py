"""Senders in Cassandra: one partition for each user; the table is in `ingest_api/cql`."""

from collections.abc import Collection
from typing import Final

from ingest_api import limits
from ingest_api.senders.port import SendersUnavailable
from schemas.cassandra import Cassandra, CassandraError, Row
from schemas.ids import Sha256, UserId

NAMES_AT_ONCE: Final = 1000

RECORD: Final = "INSERT INTO blob_senders (user_id, sha256) VALUES (?, ?)"
SENT: Final = "SELECT sha256 FROM blob_senders WHERE user_id = ? AND sha256 IN ?"


class CassandraSenders:
    """Implements `Senders`."""

    def __init__(self, cassandra: Cassandra) -> None:
        self._cassandra = cassandra

    async def record(self, user_id: UserId, name: Sha256) -> None:
        """See the port."""
        await self._execute(RECORD, (user_id, name))

    async def sent(self, user_id: UserId, names: Collection[Sha256]) -> frozenset[Sha256]:
        """See the port."""
        asked, found = sorted(set(names)), set[Sha256]()
        for first in range(0, len(asked), NAMES_AT_ONCE):
            rows = await self._execute(SENT, (user_id, asked[first : first + NAMES_AT_ONCE]))
            found.update(Sha256(row["sha256"]) for row in rows)
        return frozenset(found)

    async def _execute(self, cql: str, values: tuple[object, ...]) -> list[Row]:
        try:
            return await self._cassandra.execute(cql, values, timeout_s=limits.CLAIM_WITHIN_S)
        except CassandraError as error:
            raise SendersUnavailable(str(error)) from error
