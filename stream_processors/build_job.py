"""A self-contained job from a submission and its problem's definition."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.events import JudgingRequested, SubmissionReceived
from schemas.ids import EventId, JudgingId
from schemas.rules.definition import Definition
from schemas.values import Comparison, ComparisonKind, JobCase, Lane, Limits, Position

NOTHING_TO_RUN: Final = Limits(cpu_time_ms=0, memory_bytes=0, output_bytes=0, wall_time_ms=0)
"""The limits of a job that is given up: an executor answers it without running anything."""

JOB_BYTES: Final = 4 * 1024 * 1024
"""The longest job: half of what a record may be, since its length is only estimated here."""

TOO_LONG: Final = f"the job would be longer than {JOB_BYTES} bytes"

DIGESTS_BYTES: Final = 140
"""What a case takes in a job beside its name."""

RESULT_BYTES: Final = 200
SAMPLE_BYTES: Final = 24
"""What a recorded result takes, and each run of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unobtainable:
    """The definition that a submission was pinned to cannot be had, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Which judging a job is for, and what brought it about."""

    event_id: EventId
    caused_by: Position
    judging_id: JudgingId
    lane: Lane
    now: datetime


def build_job(
    submission: SubmissionReceived, definition: Definition | Unobtainable, asking: Asking
) -> JudgingRequested:
    """The job; it tells the executor to give up where there is no definition, or no record could hold it."""
    job = _job(submission, definition, asking)
    return job if fits(job) else _job(submission, Unobtainable(reason=TOO_LONG), asking)


def fits(job: JudgingRequested) -> bool:
    """Whether a record can hold the job."""
    texts = [case.name for case in job.cases] + ([job.stub.before, job.stub.after] if job.stub else [])
    files = sum(len(file.content) for file in job.files)
    recorded = job.recorded.cases if job.recorded else ()
    results = sum(RESULT_BYTES + SAMPLE_BYTES * len(result.samples) + len(result.case) for result in recorded)
    output = len(job.recorded.compiler_output or "") if job.recorded else 0
    named = len(job.cases) * DIGESTS_BYTES + sum(len(text.encode()) for text in texts)
    return files + named + results + 4 * output <= JOB_BYTES


def _job(submission: SubmissionReceived, definition: Definition | Unobtainable, asking: Asking) -> JudgingRequested:
    known = definition if isinstance(definition, Definition) else None
    return JudgingRequested(
        event_id=asking.event_id,
        occurred_at=asking.now,
        caused_by=asking.caused_by,
        submission_id=submission.submission_id,
        judging_id=asking.judging_id,
        attempt=1,
        lane=asking.lane,
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
