"""A contest of two hours with half an hour of freeze, for the tests of the rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.events import ContestRevised
from schemas.ids import ContestId, EventId
from schemas.values import ContestProblem, Position, Scoring

START = datetime(2026, 9, 1, 10, tzinfo=UTC)
CONTEST_ID = ContestId("finals")


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def revised(caused_by: Position | None = None, **changes: Any) -> ContestRevised:
    given: dict[str, Any] = {
        "event_id": EventId(f"revised at {caused_by}"),
        "occurred_at": START,
        "caused_by": caused_by,
        "contest_id": CONTEST_ID,
        "name": "Finals",
        "starts_at": START,
        "duration_s": 7200,
        "freeze_s": 1800,
        "penalty_minutes": 20,
        "scoring": Scoring.ICPC,
        "problems": (ContestProblem(problem_id="sum", label="A"), ContestProblem(problem_id="gcd", label="B")),
    }
    return ContestRevised(**{**given, **changes})
