"""The decision that turns a submission into a self-contained job in a lane and a partition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.events import JudgingRequested, SubmissionReceived
from schemas.ids import derived_event_id, judging_id
from schemas.rules.definition import Definition
from schemas.values import Comparison, ComparisonKind, JobCase, Lane, Limits, Position

NOTHING_TO_RUN: Final = Limits(cpu_time_ms=0, memory_bytes=0, output_bytes=0, wall_time_ms=0)
"""The limits of a job that is given up: an executor answers it without running anything."""

JOB_BYTES: Final = 4 * 1024 * 1024
"""The longest job: half of what a record may be, since its length is only estimated here."""

DIGESTS_BYTES: Final = 140
"""What a case takes in a job beside its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unobtainable:
    """The definition that a submission was pinned to cannot be had, and why."""

    reason: str


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
    job = _job(submission, source, definition, lane, now)
    if _estimated_bytes(job) > JOB_BYTES:
        too_long = Unobtainable(reason=f"the job would be longer than {JOB_BYTES} bytes")
        job = _job(submission, source, too_long, lane, now)
    partition = least_outstanding(outstanding, turn=source.partition + source.offset)
    return Routed(lane=lane, partition=partition, job=job)


def least_outstanding(outstanding: Mapping[int, int], *, turn: int) -> int:
    """The partition with the least work; equals take turns, so that an idle lane is used evenly."""
    return min(outstanding, key=lambda partition: (outstanding[partition], (partition - turn) % len(outstanding)))


def _job(
    submission: SubmissionReceived,
    source: Position,
    definition: Definition | Unobtainable,
    lane: Lane,
    now: datetime,
) -> JudgingRequested:
    known = definition if isinstance(definition, Definition) else None
    return JudgingRequested(
        event_id=derived_event_id(JudgingRequested.__name__, str(source)),
        occurred_at=now,
        caused_by=source,
        submission_id=submission.submission_id,
        judging_id=judging_id(submission.submission_id),
        attempt=1,
        lane=lane,
        user_id=submission.user_id,
        team_id=submission.team_id,
        problem_id=submission.problem_id,
        problem_revision=submission.problem_revision,
        contest_id=submission.contest_id,
        submitted_at=submission.submitted_at,
        language=submission.language,
        files=submission.files,
        entry_point=submission.entry_point,
        stub=next((stub for stub in known.stubs if stub.language == submission.language), None) if known else None,
        limits=known.limits if known else NOTHING_TO_RUN,
        comparison=known.comparison if known else Comparison(kind=ComparisonKind.TOKENS),
        cases=_job_cases(known) if known else (),
        all_cases=known.all_cases if known else False,
        give_up=definition.reason if isinstance(definition, Unobtainable) else None,
    )


def _job_cases(definition: Definition) -> tuple[JobCase, ...]:
    return tuple(
        JobCase(name=case.name, input_sha256=case.input_sha256, answer_sha256=case.answer_sha256)
        for case in definition.cases
    )


def _estimated_bytes(job: JudgingRequested) -> int:
    texts = [case.name for case in job.cases] + ([job.stub.before, job.stub.after] if job.stub else [])
    files = sum(len(file.content) for file in job.files)
    return files + len(job.cases) * DIGESTS_BYTES + sum(len(text.encode()) for text in texts)
