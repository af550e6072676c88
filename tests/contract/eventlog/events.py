"""Events to append: small, valid, each with its own key."""

import itertools
import uuid
from dataclasses import replace
from datetime import UTC, datetime

from schemas.events import ContestThawed, JudgingRequested, ProblemRetired
from schemas.golden_records import example
from schemas.ids import ContestId, EventId, ProblemId, SubmissionId

_numbers = itertools.count()
MOMENT = datetime(2026, 9, 1, 10, tzinfo=UTC)


def retired(problem_id: str | None = None) -> ProblemRetired:
    """For `problems`, keyed by problem."""
    number = next(_numbers)
    problem = ProblemId(problem_id or f"problem-{uuid.uuid4().hex[:8]}-{number}")
    return ProblemRetired(event_id=EventId(f"event-{number}"), occurred_at=MOMENT, caused_by=None, problem_id=problem)


def thawed(contest_id: str) -> ContestThawed:
    """For `contests`, keyed by contest."""
    return ContestThawed(
        event_id=EventId(f"event-{next(_numbers)}"),
        occurred_at=MOMENT,
        caused_by=None,
        contest_id=ContestId(contest_id),
    )


def job() -> JudgingRequested:
    """For a lane of jobs, which has no key."""
    requested: JudgingRequested = example(JudgingRequested)
    return replace(requested, submission_id=SubmissionId(str(uuid.uuid4())))
