"""Looking after read models, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from projections.models.model import Model
from projections.upkeep.controls import AS_BORN, Control, Order
from projections.upkeep.port import Looked, ToldModel
from projections.upkeep.task import Kind, State, Task, Told
from schemas.eventlog.port import Partition
from schemas.values import Position


@dataclass
class MemoryUpkeep:
    """Implements `Upkeep`; what projectors tell is put in by a test."""

    controls: dict[str, Control] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    told: dict[str, list[ToldModel]] = field(default_factory=dict)
    positions: dict[str, dict[Partition, int]] = field(default_factory=dict)

    async def look(self, models: Sequence[Model]) -> Looked:
        return Looked(
            controls=self.controls,
            tasks=self.tasks,
            told=self.told,
            positions={model.projection: self.positions.get(model.projection, {}) for model in models},
        )

    async def pause(self, projection: str, order: Order | None) -> None:
        self.controls[projection] = replace(self._control(projection), paused=order)

    async def retry(self, projection: str, retries: int) -> None:
        self.controls[projection] = replace(self._control(projection), retries=retries)

    async def skip(self, projection: str, position: Position, order: Order) -> None:
        control = self._control(projection)
        self.controls[projection] = replace(control, skips={**control.skips, position: order})

    async def ask(self, projection: str, kind: Kind, task_id: str, told: Told) -> bool:
        before = self.tasks.get(projection)
        if before is not None and not before.has_ended:
            return False
        self.tasks[projection] = Task(
            projection=projection,
            task_id=task_id,
            kind=kind,
            state=State.REQUESTED,
            generation=2 if before is None else before.generation + 1,
            told=told,
        )
        return True

    async def cancel(self, task: Task, by: str) -> None:
        self.tasks[task.projection] = replace(task, cancelled_by=by)

    def _control(self, projection: str) -> Control:
        return self.controls.get(projection, AS_BORN)
