"""The shapes of answers about read models, for the API's description."""

from projections.query_api.documents import Document


class Order(Document):
    """Who ordered something, when and why."""

    by: str
    at: str
    reason: str


class Skip(Order):
    """A record that is passed over."""

    position: str


class Parked(Document):
    """A partition stands still at a record."""

    offset: int
    detail: str
    since: str


class ProjectionPartition(Document):
    """How far a model is in a partition; `lag_s` is the age of the next record, `rate` events per second."""

    topic: str
    partition: int
    position: int
    end: int
    lag_events: int
    lag_s: float
    rate: float
    parked: Parked | None


class Difference(Document):
    """A cell, or with an empty `column` a whole row, that is not as the log has it."""

    table: str
    key: str
    column: str
    live: str | None
    replayed: str | None


class ProjectionTask(Document):
    """A rebuild or a verification; `done` and `total` are events, and partitions of tables while it compares."""

    task_id: str
    kind: str
    state: str
    generation: int
    requested_by: str
    requested_at: str
    reason: str
    only_if_equal: bool
    accept_loss: bool
    started_at: str | None
    ended_at: str | None
    cancelled_by: str | None
    done: int
    total: int
    rate: float
    remaining_s: float | None
    waits_for: str | None
    events: int
    events_per_s: float
    given_up: int
    compared: int
    differing: int
    differences: list[Difference]
    error: str | None


class Projection(Document):
    """A read model: `state` is running, waiting, parked, paused or stopped (no projector works on it)."""

    name: str
    version: int
    state: str
    parks: bool
    generation: int
    paused: Order | None
    position: int
    end: int
    lag_events: int
    lag_s: float
    rate: float
    last_error: str | None
    last_error_at: str | None
    waits_for: str | None
    partitions: list[ProjectionPartition]
    skipped: list[Skip]
    task: ProjectionTask | None


class ProjectionList(Document):
    """All read models."""

    projections: list[Projection]
