"""A store in memory that takes writes as Cassandra does, and can fail as it does."""

from collections.abc import Callable, Iterable, Sequence

from projections.models.model import Write
from projections.projector.checkpoints import READ
from schemas.cassandra import CassandraUnavailable, Row, Statement
from tests.unit.projections.tables import SCHEMAS, Tables

CHECKPOINTS = "projection_checkpoints"

Batch = list[Statement]


class MemoryStore:
    """Implements the projector's `Store`. `before_write` is asked with every batch and may raise."""

    def __init__(self, before_write: Callable[[Batch], None] = lambda _: None) -> None:
        self.tables = Tables()
        self.is_down = False
        self.before_write = before_write

    async def execute(self, cql: str, values: Sequence[object] = (), /) -> list[Row]:
        """Knows the one select of a projector: its checkpoints."""
        assert cql == READ
        self._check_up()
        rows = self.tables.cells.get(CHECKPOINTS, {})
        found = [key for key in rows if key[0] == values[0]]
        return [
            {"topic": key[1], "partition": key[2], "causes": None}
            | {name: cell.value for name, cell in rows[key].items()}
            for key in found
        ]

    async def write(self, batches: Iterable[Sequence[Statement]], /) -> None:
        """As Cassandra: each batch whole or not at all."""
        self._check_up()
        for batch in map(list, batches):
            self.before_write(batch)
            self.tables.apply(Write(None, statement.cql, tuple(statement.values)) for statement in batch)

    def rows_but_checkpoints(self) -> dict[str, object]:
        """All there is, but for how it came about."""
        return {name: self.tables.cells.get(name, {}) for name in SCHEMAS if name != CHECKPOINTS}

    def _check_up(self) -> None:
        if self.is_down:
            raise CassandraUnavailable("it is down")


def is_checkpoint(batch: Batch) -> bool:
    return any(CHECKPOINTS in statement.cql for statement in batch)
