"""How a submission is told: one shape for GET, snapshots and messages, so that clients need one way to read it."""

from collections.abc import Sequence
from typing import TypedDict

from schemas.events import CaseJudged, JudgingStarted
from schemas.ids import JudgingId
from schemas.rules.submission import Compiling, Judged, Judging, Queued, Received, Running, Shown, current
from schemas.rules.visibility import Sight, as_seen
from schemas.values import CaseResult


class CaseBody(TypedDict):
    """One case, as its author may see it; with `from_stored_output` an earlier run's output and usage decided."""

    case: str
    verdict: str
    cpu_time_ms: int
    wall_time_ms: int
    memory_bytes: int
    from_stored_output: bool


class JudgingBody(TypedDict):
    """One judging of a submission; `current` is the one whose verdict counts.

    `differing_repeats` counts later verdicts of it that say something else: another attempt's, which came too late.
    """

    judging_id: str
    state: str
    attempt: int
    verdict: str | None
    score: float | None
    cpu_time_ms: int | None
    memory_bytes: int | None
    rejudging_id: str | None
    repeat: int
    differing_repeats: int
    current: bool


class SubmissionBody(TypedDict):
    """A submission. What is not known yet is null; `version` grows with its state."""

    submission_id: str
    user_id: str
    team_id: str | None
    problem_id: str
    problem_revision: str
    contest_id: str | None
    language: str
    submitted_at: str
    state: str
    attempt_id: str | None
    verdict: str | None
    score: float | None
    cpu_time_ms: int | None
    memory_bytes: int | None
    compiler_output: str | None
    problem_cases: int | None
    cases: list[CaseBody]
    judgings: list[JudgingBody]
    version: int


class StartedBody(TypedDict):
    """An attempt has begun; what an earlier one had shown is void."""

    submission_id: str
    judging_id: str
    attempt_id: str
    attempt: int
    state: str
    problem_cases: int
    case_names: Sequence[str]
    cases: list[CaseBody]
    version: int


class CaseJudgedBody(TypedDict):
    """The case at `index` has ended in that attempt."""

    submission_id: str
    judging_id: str
    attempt_id: str
    attempt: int
    state: str
    index: int
    result: CaseBody
    version: int


def submission_body(
    submission: Received, sight: Sight = Sight.FULL, *, version: int, applied: Sequence[JudgingId] = ()
) -> SubmissionBody:
    """The submission for someone who sees that much of it; its files are not part of it.

    `applied` are the judgings of rejudgings that are applied, the last one on top. `AS_QUEUED` leaves no trace of a
    judging, not even in the version.
    """
    now = current(submission, applied)
    shown = as_seen(now, sight)
    what = submission.accepted
    hidden = sight is Sight.AS_QUEUED
    verdict = shown if isinstance(shown, Judged) else None
    return {
        "submission_id": submission.submission_id,
        "user_id": what.user_id,
        "team_id": what.team_id,
        "problem_id": what.problem_id,
        "problem_revision": what.problem_revision,
        "contest_id": what.contest_id,
        "language": what.language,
        "submitted_at": what.submitted_at.isoformat(),
        "state": shown.state,
        "attempt_id": _attempt_id(shown),
        "verdict": verdict.verdict.value if verdict else None,
        "score": verdict.score if verdict else None,
        "cpu_time_ms": verdict.cpu_time_ms if verdict else None,
        "memory_bytes": verdict.memory_bytes if verdict else None,
        "compiler_output": verdict.compiler_output if verdict else None,
        "problem_cases": _problem_cases(shown),
        "cases": [case_body(result) for result in _cases(shown)],
        "judgings": []
        if hidden
        else [_judging_body(judging, current=judging is now) for judging in submission.judgings],
        "version": 0 if hidden else version,
    }


def started_body(event: JudgingStarted, *, version: int) -> StartedBody:
    """What a submission's channel is told of a start."""
    return {
        "submission_id": event.submission_id,
        "judging_id": event.judging_id,
        "attempt_id": event.attempt_id,
        "attempt": event.attempt,
        "state": Compiling.state,
        "problem_cases": len(event.case_names),
        "case_names": event.case_names,
        "cases": [],
        "version": version,
    }


def case_judged_body(event: CaseJudged, *, version: int) -> CaseJudgedBody:
    """What a submission's channel is told of a case."""
    return {
        "submission_id": event.submission_id,
        "judging_id": event.judging_id,
        "attempt_id": event.attempt_id,
        "attempt": event.attempt,
        "state": Running.state,
        "index": event.index,
        "result": case_body(event.result),
        "version": version,
    }


def case_body(result: CaseResult) -> CaseBody:
    """A case's result without exit codes, output and samples, which are the jury's."""
    return {
        "case": result.case,
        "verdict": result.verdict.value,
        "cpu_time_ms": result.cpu_time_ms,
        "wall_time_ms": result.wall_time_ms,
        "memory_bytes": result.memory_bytes,
        "from_stored_output": result.from_stored_output,
    }


def _judging_body(judging: Judging, *, current: bool) -> JudgingBody:
    verdict = judging if isinstance(judging, Judged) else None
    return {
        "judging_id": judging.judging_id,
        "state": judging.state,
        "attempt": judging.attempt if isinstance(judging, Judged) else judging.attempt.attempt,
        "verdict": verdict.verdict.value if verdict else None,
        "score": verdict.score if verdict else None,
        "cpu_time_ms": verdict.cpu_time_ms if verdict else None,
        "memory_bytes": verdict.memory_bytes if verdict else None,
        "rejudging_id": verdict.rejudging_id if verdict else None,
        "repeat": verdict.repeat if verdict else 0,
        "differing_repeats": verdict.differing_repeats if verdict else 0,
        "current": current,
    }


def _attempt_id(shown: Shown) -> str | None:
    match shown:
        case Queued():
            return None
        case Compiling() | Running():
            return shown.attempt.attempt_id
        case Judged():
            return shown.attempt_id or None


def _problem_cases(shown: Shown) -> int | None:
    match shown:
        case Queued():
            return None
        case Compiling() | Running():
            return len(shown.attempt.case_names)
        case Judged():
            return shown.problem_cases


def _cases(shown: Shown) -> Sequence[CaseResult]:
    return shown.cases if isinstance(shown, Running | Judged) else ()
