"""How a read model is, as the query API tells it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from projections.models.model import Model
from projections.upkeep.controls import AS_BORN, Order
from projections.upkeep.port import Looked, ToldModel, ToldPartition
from projections.upkeep.task import Task
from schemas.eventlog.port import Partition

Body = dict[str, Any]

NOTHING_TOLD = ToldPartition(rate=0.0)


def lagging(model: Model, looked: Looked, ends: Mapping[Partition, int]) -> dict[Partition, int]:
    """The partitions in which the model has something left to do, with its position."""
    positions = looked.positions[model.projection]
    return {
        partition: positions.get(partition, 0)
        for partition, end in of_model(model, ends).items()
        if positions.get(partition, 0) < end
    }


def of_model(model: Model, ends: Mapping[Partition, int]) -> dict[Partition, int]:
    """The partitions that a model reads."""
    topics = {topic.name for topic in model.topics}
    return {partition: end for partition, end in ends.items() if partition.topic in topics}


def status(
    model: Model,
    looked: Looked,
    ends: Mapping[Partition, int],
    waiting_since: Mapping[Partition, datetime],
    now: datetime,
) -> Body:
    """The model and its partitions. `waiting_since` is when the next record of a partition with a lag was appended."""
    control = looked.controls.get(model.projection, AS_BORN)
    told = looked.told.get(model.projection, ())
    task = looked.tasks.get(model.projection)
    positions = looked.positions[model.projection]
    partitions = [
        _partition(partition, positions.get(partition, 0), end, _told_of(partition, told), waiting_since, now)
        for partition, end in sorted(of_model(model, ends).items())
    ]
    troubles = [one for one in told if one.last_error_at is not None]
    last = max(troubles, key=lambda one: one.last_error_at or now, default=None)
    return {
        "name": model.name,
        "version": model.version,
        "state": _state(control.paused, told, partitions),
        "parks": model.parks,
        "generation": control.serving,
        "paused": _order(control.paused),
        "position": sum(one["position"] for one in partitions),
        "end": sum(one["end"] for one in partitions),
        "lag_events": sum(one["lag_events"] for one in partitions),
        "lag_s": max((one["lag_s"] for one in partitions), default=0.0),
        "rate": round(sum(one["rate"] for one in partitions), 1),
        "last_error": None if last is None else last.last_error,
        "last_error_at": None if last is None or last.last_error_at is None else last.last_error_at.isoformat(),
        "waits_for": next((one.waits_for for one in told if one.waits_for), None),
        "partitions": partitions,
        "skipped": [{"position": str(position), **(_order(order) or {})} for position, order in control.skips.items()],
        "task": None if task is None else task_body(task),
    }


def task_body(task: Task) -> Body:
    """A rebuild or a verification."""
    told = asdict(task.told)
    return {
        "task_id": task.task_id,
        "kind": task.kind.value,
        "state": task.state.value,
        "generation": task.generation,
        "cancelled_by": task.cancelled_by,
        **{
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in told.items()
            if name not in ("outcome", "resets")
        },
    }


def _partition(
    partition: Partition,
    position: int,
    end: int,
    told: ToldPartition,
    waiting_since: Mapping[Partition, datetime],
    now: datetime,
) -> Body:
    since = waiting_since.get(partition, now)
    lag_events = max(0, end - position)
    return {
        "topic": partition.topic,
        "partition": partition.number,
        "position": position,
        "end": end,
        "lag_events": lag_events,
        "lag_s": round(max(0.0, (now - since).total_seconds()), 3) if lag_events else 0.0,
        "rate": told.rate,
        "parked": None
        if told.parked is None
        else {"offset": told.parked.offset, "detail": told.parked.detail, "since": told.parked.since.isoformat()},
    }


def _told_of(partition: Partition, told: Sequence[ToldModel]) -> ToldPartition:
    name = f"{partition.topic}:{partition.number}"
    return next((one.partitions[name] for one in told if name in one.partitions), NOTHING_TOLD)


def _state(paused: Order | None, told: Sequence[ToldModel], partitions: Sequence[Body]) -> str:
    if paused is not None:
        return "paused"
    if not told:
        return "stopped"
    if any(one["parked"] is not None for one in partitions):
        return "parked"
    return "waiting" if any(one.waits_for for one in told) else "running"


def _order(order: Order | None) -> Body | None:
    return None if order is None else {"by": order.by, "at": order.at.isoformat(), "reason": order.reason}
