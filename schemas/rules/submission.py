"""The fold of a submission: what is known of it after any number of events of three topics, read in any order.

`submissions`, `judgings` and `verdicts` are read side by side, so a verdict may be seen before its submission. The
result is the same for every interleaving that keeps each topic's own order:

- what was accepted, and what is known of each judging, never touch each other;
- a verdict ends a judging for good and forgets its progress; progress after it is ignored;
- what is shown is derived from both (`current`) and never part of the fold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, TypeAlias

from schemas.events import CaseJudged, Event, JudgingStarted, SubmissionReceived, VerdictReached
from schemas.ids import (
    AttemptId,
    ContestId,
    ExecutorId,
    JudgingId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    RejudgingId,
    SubmissionId,
    TeamId,
    UserId,
    judging_id,
)
from schemas.values import CaseResult, Provenance, SourceFile, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A submission as it was accepted."""

    user_id: UserId
    language: LanguageId
    files: tuple[SourceFile, ...]
    entry_point: str | None
    problem_id: ProblemId
    problem_revision: ProblemRevision
    contest_id: ContestId | None
    team_id: TeamId | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The latest try at a judging; `earlier` are those that started before it and were lost."""

    attempt_id: AttemptId
    attempt: int
    executor_id: ExecutorId
    case_names: tuple[str, ...]
    earlier: frozenset[AttemptId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedResult:
    """The result of the case that stands at `index` (from 0) in the problem."""

    index: int
    result: CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Nobody has begun to judge it."""

    state: ClassVar[str] = "queued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiling:
    """An attempt has begun and no case has ended yet."""

    state: ClassVar[str] = "compiling"

    judging_id: JudgingId
    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Cases of the latest attempt have ended; `results` stand in the order of the cases."""

    state: ClassVar[str] = "running"

    judging_id: JudgingId
    attempt: Attempt
    results: tuple[IndexedResult, ...]

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        """The results alone, in the order of the cases."""
        return tuple(known.result for known in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A judging with its final verdict; `differing_repeats` counts later verdicts that say something else.

    That of a rejudging names it, and which of its repeats it is.
    """

    state: ClassVar[str] = "judged"

    judging_id: JudgingId
    attempt_id: AttemptId
    attempt: int
    verdict: Verdict
    score: float
    cpu_time_ms: int
    memory_bytes: int
    compiler_output: str | None
    problem_cases: int
    cases: tuple[CaseResult, ...]
    provenance: Provenance | None
    reason: str | None
    judged_at: datetime
    differing_repeats: int = 0
    rejudging_id: RejudgingId | None = None
    repeat: int = 0


Judging: TypeAlias = Compiling | Running | Judged
Shown: TypeAlias = Queued | Judging


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreceived:
    """Its acceptance has not been read yet; there may be judgings already. They stand in the order of their ids."""

    submission_id: SubmissionId
    judgings: tuple[Judging, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An accepted submission with what is known of its judgings, in the order of their ids."""

    submission_id: SubmissionId
    accepted: Accepted
    judgings: tuple[Judging, ...] = ()


Submission: TypeAlias = Unreceived | Received

NEVER_APPLIED: Final = frozenset({Verdict.JUDGE_ERROR})
"""Our own failure does not replace an earlier verdict; trying again is a new rejudging."""


def initial(submission_id: SubmissionId) -> Unreceived:
    """What is known of a submission before anything was read."""
    return Unreceived(submission_id=submission_id)


def evolve(submission: Submission, event: Event) -> Submission:
    """What is known after the event. Repeats, events of other submissions and of other kinds change nothing."""
    match event:
        case SubmissionReceived() if event.submission_id == submission.submission_id:
            return _received(submission, event)
        case JudgingStarted() | CaseJudged() | VerdictReached() if event.submission_id == submission.submission_id:
            return _with_judging(submission, event)
        case _:
            return submission


def current(submission: Received, applied: Sequence[JudgingId] = ()) -> Shown:
    """What is shown of a submission.

    `applied` are the judgings of its rejudgings that were applied and not reverted, in the order of `rejudgings`: the
    last of them with a verdict of its own counts, else the original judging.
    """
    known = {judging.judging_id: judging for judging in submission.judgings}
    for rejudged in reversed(applied):
        judging = known.get(rejudged)
        if isinstance(judging, Judged) and judging.verdict not in NEVER_APPLIED:
            return judging
    return next((it for it in submission.judgings if is_original(submission.submission_id, it.judging_id)), Queued())


def is_original(submission_id: SubmissionId, judging: JudgingId) -> bool:
    """Whether that is the judging that the submission got without any rejudging."""
    try:
        return judging == judging_id(submission_id)
    except ValueError:
        # Not a UUID, so no judging can be derived from it; a fold tolerates what ingest would have refused.
        return False


def accepted(event: SubmissionReceived) -> Accepted:
    """What a submission's acceptance says."""
    return Accepted(
        user_id=event.user_id,
        language=event.language,
        files=event.files,
        entry_point=event.entry_point,
        problem_id=event.problem_id,
        problem_revision=event.problem_revision,
        contest_id=event.contest_id,
        team_id=event.team_id,
        submitted_at=event.submitted_at,
    )


def judged(event: VerdictReached) -> Judged:
    """What a judging's first verdict says."""
    return Judged(
        judging_id=event.judging_id,
        attempt_id=event.attempt_id,
        attempt=event.attempt,
        verdict=event.verdict,
        score=event.score,
        cpu_time_ms=event.cpu_time_ms,
        memory_bytes=event.memory_bytes,
        compiler_output=event.compiler_output,
        problem_cases=event.problem_cases,
        cases=event.cases,
        provenance=event.provenance,
        reason=event.reason,
        judged_at=event.occurred_at,
        rejudging_id=event.rejudging_id,
        repeat=event.repeat,
    )


def progressed(judging: JudgingId, attempt: Attempt, results: Iterable[IndexedResult]) -> Compiling | Running:
    """How far the latest attempt is; the first result per case counts, and they come in any order."""
    first: dict[int, CaseResult] = {}
    for known in results:
        first.setdefault(known.index, known.result)
    if not first:
        return Compiling(judging_id=judging, attempt=attempt)
    ordered = tuple(IndexedResult(index=index, result=first[index]) for index in sorted(first))
    return Running(judging_id=judging, attempt=attempt, results=ordered)


def _received(submission: Submission, event: SubmissionReceived) -> Submission:
    match submission:
        case Unreceived(submission_id=submission_id, judgings=judgings):
            return Received(submission_id=submission_id, accepted=accepted(event), judgings=judgings)
        case Received():
            return submission


def _with_judging(submission: Submission, event: JudgingStarted | CaseJudged | VerdictReached) -> Submission:
    known = {judging.judging_id: judging for judging in submission.judgings}
    before = known.get(event.judging_id)
    after = _judging(before, event)
    if after is before or after is None:
        return submission
    known[event.judging_id] = after
    return replace(submission, judgings=tuple(known[key] for key in sorted(known)))


def _judging(judging: Judging | None, event: JudgingStarted | CaseJudged | VerdictReached) -> Judging | None:
    match event:
        case VerdictReached():
            return _decided(judging, event)
        case JudgingStarted():
            return _started(judging, event)
        case CaseJudged():
            return _case_ended(judging, event)


def _decided(judging: Judging | None, event: VerdictReached) -> Judged:
    """The first verdict in the partition's order counts, whichever attempt's it is."""
    if not isinstance(judging, Judged):
        return judged(event)
    if (judging.verdict, judging.score) == (event.verdict, event.score):
        return judging
    return replace(judging, differing_repeats=judging.differing_repeats + 1)


def _started(judging: Judging | None, event: JudgingStarted) -> Judging:
    match judging:
        case Judged():
            return judging
        case Compiling(attempt=latest) | Running(attempt=latest):
            lost = latest.earlier | {latest.attempt_id}
            if event.attempt_id in lost:
                return judging
            return Compiling(judging_id=event.judging_id, attempt=_attempt(event, lost))
        case None:
            return Compiling(judging_id=event.judging_id, attempt=_attempt(event, frozenset()))


def _attempt(event: JudgingStarted, earlier: frozenset[AttemptId]) -> Attempt:
    return Attempt(
        attempt_id=event.attempt_id,
        attempt=event.attempt,
        executor_id=event.executor_id,
        case_names=event.case_names,
        earlier=earlier,
    )


def _case_ended(judging: Judging | None, event: CaseJudged) -> Judging | None:
    """Only the latest attempt's cases are progress; a case without any start behind it is not shown."""
    result = IndexedResult(index=event.index, result=event.result)
    match judging:
        case Compiling(attempt=attempt) if attempt.attempt_id == event.attempt_id:
            return progressed(judging.judging_id, attempt, (result,))
        case Running(attempt=attempt, results=results) if attempt.attempt_id == event.attempt_id:
            if any(known.index == event.index for known in results):
                return judging
            return progressed(judging.judging_id, attempt, (*results, result))
        case _:
            return judging
