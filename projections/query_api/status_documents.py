"""The shape of the status, for the API's description."""

from typing import Literal

from projections.query_api.documents import Document


class StatusPartition(Document):
    """A partition of a lane; jobs below `committed` have verdicts, `executor` reads it now."""

    partition: int
    committed: int
    end: int
    outstanding: int
    oldest_s: float | None
    executor: str | None


class StatusLane(Document):
    """A lane of jobs; `oldest_s` is how long its oldest unfinished job has waited."""

    lane: Literal["contest", "practice", "rejudge"]
    outstanding: int
    oldest_s: float | None
    partitions: list[StatusPartition]


class StatusCalibration(Document):
    """How fast an executor's machine is: CPU time of fixed work, medians."""

    measured_at: str
    arithmetic_ns: int
    memory_access_ns: int


class StatusExecutor(Document):
    """An executor that reported lately; `why_aside` says why it takes no jobs at present."""

    executor_id: str
    pool: str
    slots: int
    busy: int
    sandbox: str
    software_version: str
    languages: list[str]
    calibration: StatusCalibration | None
    why_aside: str | None
    reported_s_ago: float


class StatusProjection(Document):
    """A read model: how many records it has still to read, in all and by topic."""

    model: str
    lag: int
    topics: dict[str, int]


class StatusStall(Document):
    """A judging that made no progress for `stood_s`, and what was done; `stands` where its job is still unfinished."""

    submission_id: str
    judging_id: str
    job: str | None
    attempt: int
    executor_id: str | None
    stood_s: int
    answer: str
    at: str
    stands: bool


class StatusStalls(Document):
    """Stalls of the last day; the newest are listed."""

    last_day: int
    standing: int
    newest: list[StatusStall]


class StatusRejudging(Document):
    """A rejudging that is under way."""

    rejudging_id: str
    state: str
    selected: int | None
    done: int
    total: int | None
    rate_per_s: float | None
    remaining_s: float | None


class StatusDeadLetters(Document):
    """Records that were given up."""

    last_day: int


class Status(Document):
    """How the whole system is, at one moment."""

    at: str
    lanes: list[StatusLane]
    executors: list[StatusExecutor]
    projections: list[StatusProjection]
    stalls: StatusStalls
    rejudgings: list[StatusRejudging]
    dead_letters: StatusDeadLetters
