"""What a projector needs of Cassandra: to read its checkpoints, and to write batches."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from schemas.cassandra import Row, Statement


class Store(Protocol):
    """Both raise `CassandraUnavailable` for what passes, and `CassandraRefused` for what it will never take."""

    async def execute(self, cql: str, values: Sequence[object] = (), /) -> list[Row]:
        """All rows of a select."""

    async def write(self, batches: Iterable[Sequence[Statement]], /) -> None:
        """Writes all, each batch of one partition at one moment or not at all."""
