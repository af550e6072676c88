"""Looking after read models, as the query API needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import TypeAdapter

from projections.models.model import Model
from projections.upkeep.controls import Control, Order
from projections.upkeep.task import Kind, Task, Told
from schemas.eventlog.port import Partition
from schemas.values import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldParked:
    """A partition stands still at a record."""

    offset: int
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPartition:
    """What its projector tells of a partition."""

    rate: float
    parked: ToldParked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldModel:
    """What a projector tells of a model; `partitions` by "topic:number", those that it holds."""

    partitions: Mapping[str, ToldPartition]
    last_error: str | None = None
    last_error_at: datetime | None = None
    waits_for: str | None = None


TOLD_MODEL = TypeAdapter(ToldModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """All that is known of the models, by projection. Where no projector works, nothing is `told`."""

    controls: Mapping[str, Control]
    tasks: Mapping[str, Task]
    told: Mapping[str, Sequence[ToldModel]]
    positions: Mapping[str, Mapping[Partition, int]]


class Upkeep(Protocol):
    """All of it raises `CassandraUnavailable` while the store is away."""

    async def look(self, models: Sequence[Model]) -> Looked:
        """How these models are."""

    async def pause(self, projection: str, order: Order | None) -> None:
        """Pauses, or with None goes on."""

    async def retry(self, projection: str, retries: int) -> None:
        """Has parked partitions tried again; `retries` is one more than before."""

    async def skip(self, projection: str, position: Position, order: Order) -> None:
        """Has that record passed over."""

    async def ask(self, projection: str, kind: Kind, task_id: str, told: Told) -> bool:
        """Asks for a task; False where one is under way."""

    async def cancel(self, task: Task, by: str) -> None:
        """Asks for the end of a task."""
