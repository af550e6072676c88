"""Checkpoints: how far a projection is, per partition, in the same store as its rows."""

from collections.abc import Iterable
from typing import Final

from projections.models.model import Model, insert
from projections.projector.partition import Checkpoint
from projections.projector.store import Store
from schemas.cassandra import Statement
from schemas.eventlog.port import Partition

READ: Final = "SELECT topic, partition, next_offset, causes FROM projection_checkpoints WHERE projection = ?"
WRITE: Final = insert("projection_checkpoints", "projection", "topic", "partition", "next_offset", "causes")


class Checkpoints:
    """The checkpoints of one projection.

    Their write timestamp is the offset itself, so that they only ever move ahead: one who lost a partition without
    knowing cannot take it back.
    """

    def __init__(self, model: Model, store: Store, *, projection: str | None = None) -> None:
        """`projection` where it is not the live one that goes on, but a rebuild of it."""
        self._projection = projection or model.projection
        self._store = store

    async def read(self) -> dict[Partition, Checkpoint]:
        """All that there are."""
        return {
            Partition(row["topic"], row["partition"]): Checkpoint(
                next_offset=row["next_offset"], causes=dict(row["causes"] or {})
            )
            for row in await self._store.execute(READ, (self._projection,))
        }

    async def write(self, checkpoints: Iterable[tuple[Partition, Checkpoint]]) -> None:
        """Keeps these. They are of one partition of the table, and so one batch."""
        await self._store.write([[self._statement(*one) for one in checkpoints]])

    def _statement(self, partition: Partition, checkpoint: Checkpoint) -> Statement:
        place = (self._projection, *partition, checkpoint.next_offset)
        return Statement(WRITE, (*place, dict(checkpoint.causes) or None, checkpoint.next_offset))
