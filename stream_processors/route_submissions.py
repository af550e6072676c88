"""The decision that turns a submission into a self-contained job in a lane and a partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.events import JudgingRequested, SubmissionReceived
from schemas.ids import derived_event_id, judging_id
from schemas.rules.definition import Definition
from schemas.values import Lane, Position
from stream_processors.build_job import Asking, Unobtainable, build_job


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A job, and where it goes."""

    lane: Lane
    partition: int
    job: JudgingRequested


def lane_of(submission: SubmissionReceived) -> Lane:
    """The lane in which a submission's original judging waits."""
    return Lane.PRACTICE if submission.contest_id is None else Lane.CONTEST


def route(
    submission: SubmissionReceived,
    source: Position,
    definition: Definition | Unobtainable,
    outstanding: Mapping[int, int],
    now: datetime,
) -> Routed:
    """The job of the submission that stands at `source`.

    `outstanding` is the work that waits in each partition of its lane. A repeat gives a job with the same ids,
    perhaps in another partition; the fold of a submission takes the first verdict.
    """
    lane = lane_of(submission)
    asking = Asking(
        event_id=derived_event_id(JudgingRequested.__name__, str(source)),
        caused_by=source,
        judging_id=judging_id(submission.submission_id),
        lane=lane,
        now=now,
    )
    job = build_job(submission, definition, asking)
    partition = least_outstanding(outstanding, turn=source.partition + source.offset)
    return Routed(lane=lane, partition=partition, job=job)


def least_outstanding(outstanding: Mapping[int, int], *, turn: int) -> int:
    """The partition with the least work; equals take turns, so that an idle lane is used evenly."""
    return min(outstanding, key=lambda partition: (outstanding[partition], (partition - turn) % len(outstanding)))
