"""Looking after read models, in Cassandra."""

import asyncio
from collections.abc import Sequence
from typing import Final

from projections.models.model import Model
from projections.projector.checkpoints import Checkpoints
from projections.upkeep import tasks
from projections.upkeep.controls import CATALOG, Order, order_pause, order_retry, order_skip, read_controls
from projections.upkeep.port import TOLD_MODEL, Looked, ToldModel
from projections.upkeep.task import Kind, Task, Told
from schemas.cassandra import Cassandra
from schemas.eventlog.port import Partition
from schemas.values import Position

READ_TOLD: Final = "SELECT projection, told FROM projection_progress WHERE catalog = ?"


class CassandraUpkeep:
    """Implements `Upkeep`."""

    def __init__(self, cassandra: Cassandra) -> None:
        self._cassandra = cassandra

    async def look(self, models: Sequence[Model]) -> Looked:
        """See the port."""
        controls, known_tasks, told, positions = await asyncio.gather(
            read_controls(self._cassandra),
            tasks.read_tasks(self._cassandra),
            self._told(),
            asyncio.gather(*(self._positions(model) for model in models)),
        )
        return Looked(
            controls=controls,
            tasks=known_tasks,
            told=told,
            positions={model.projection: position for model, position in zip(models, positions, strict=True)},
        )

    async def pause(self, projection: str, order: Order | None) -> None:
        """See the port."""
        await order_pause(self._cassandra, projection, order)

    async def retry(self, projection: str, retries: int) -> None:
        """See the port."""
        await order_retry(self._cassandra, projection, retries)

    async def skip(self, projection: str, position: Position, order: Order) -> None:
        """See the port."""
        await order_skip(self._cassandra, projection, position, order)

    async def ask(self, projection: str, kind: Kind, task_id: str, told: Told) -> bool:
        """See the port."""
        return await tasks.ask(self._cassandra, projection, kind, task_id, told)

    async def cancel(self, task: Task, by: str) -> None:
        """See the port."""
        await tasks.cancel(self._cassandra, task, by)

    async def _told(self) -> dict[str, list[ToldModel]]:
        told: dict[str, list[ToldModel]] = {}
        for row in await self._cassandra.execute(READ_TOLD, (CATALOG,)):
            told.setdefault(row["projection"], []).append(TOLD_MODEL.validate_json(row["told"]))
        return told

    async def _positions(self, model: Model) -> dict[Partition, int]:
        checkpoints = await Checkpoints(model, self._cassandra).read()
        return {partition: checkpoint.next_offset for partition, checkpoint in checkpoints.items()}
