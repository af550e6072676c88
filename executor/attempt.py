"""One attempt at a judging, and the events that tell of it. Pure: the time comes in, ids are derived."""

from dataclasses import dataclass
from datetime import datetime

from schemas.events import CaseJudged, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import AttemptId, EventId, ExecutorId, attempt_id, derived_event_id
from schemas.rules.verdict import Conclusion
from schemas.values import CaseResult, Position, Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The `start`-th start (from 1) of the job at `position` on this executor."""

    request: JudgingRequested
    position: Position
    start: int
    executor_id: ExecutorId

    @property
    def id(self) -> AttemptId:
        """Derived, so that a repeat names the same attempt."""
        return attempt_id(self.request.judging_id, str(self.position), self.start)

    @property
    def number(self) -> int:
        """Counts on from the number that the job came with."""
        return self.request.attempt + self.start - 1

    def started(self, now: datetime) -> JudgingStarted:
        """The attempt has begun."""
        return JudgingStarted(
            event_id=self._event_id("JudgingStarted"),
            occurred_at=now,
            caused_by=self.position,
            submission_id=self.request.submission_id,
            judging_id=self.request.judging_id,
            attempt_id=self.id,
            attempt=self.number,
            executor_id=self.executor_id,
            case_names=tuple(case.name for case in self.request.cases),
        )

    def case_judged(self, index: int, result: CaseResult, now: datetime) -> CaseJudged:
        """A case has ended."""
        return CaseJudged(
            event_id=self._event_id("CaseJudged", index),
            occurred_at=now,
            caused_by=self.position,
            submission_id=self.request.submission_id,
            judging_id=self.request.judging_id,
            attempt_id=self.id,
            attempt=self.number,
            index=index,
            result=result,
        )

    def verdict_reached(
        self,
        conclusion: Conclusion,
        now: datetime,
        *,
        provenance: Provenance,
        cases: tuple[CaseResult, ...] = (),
        compiler_output: str = "",
        reason: str | None = None,
    ) -> VerdictReached:
        """The judging has its verdict."""
        request = self.request
        return VerdictReached(
            event_id=self._event_id("VerdictReached"),
            occurred_at=now,
            caused_by=self.position,
            submission_id=request.submission_id,
            judging_id=request.judging_id,
            attempt_id=self.id,
            attempt=self.number,
            user_id=request.user_id,
            team_id=request.team_id,
            problem_id=request.problem_id,
            problem_revision=request.problem_revision,
            contest_id=request.contest_id,
            language=request.language,
            submitted_at=request.submitted_at,
            verdict=conclusion.verdict,
            score=conclusion.score,
            cpu_time_ms=conclusion.cpu_time_ms,
            memory_bytes=conclusion.memory_bytes,
            compiler_output=compiler_output or None,
            problem_cases=len(request.cases),
            cases=cases,
            provenance=provenance,
            reason=reason,
            rejudging_id=request.rejudging_id,
            repeat=request.repeat,
        )

    def _event_id(self, record: str, index: int | None = None) -> EventId:
        return derived_event_id(record, self.id if index is None else f"{self.id}:{index}")
