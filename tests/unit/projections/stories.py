"""What happens to a few submissions, as the events of three topics: for the tests of the read models."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from projections.models.model import Fact
from schemas.events import CaseJudged, Event, JudgingStarted, SubmissionReceived, VerdictReached
from schemas.ids import (
    AttemptId,
    ContestId,
    EventId,
    ExecutorId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    SubmissionId,
    TeamId,
    UserId,
    attempt_id,
    judging_id,
)
from schemas.topics import JUDGINGS, SUBMISSIONS, VERDICTS, Topic
from schemas.values import CaseResult, Position, Provenance, SourceFile, Verdict

NOON = datetime(2026, 9, 1, 12, 0, 0, 123456, tzinfo=UTC)
CASES = ("1", "2", "3")
PROVENANCE = Provenance(
    executor_id="e1", sandbox="container", software_version="1", image_digest="sha256:0", compiler_version="13"
)


def submission(number: int) -> SubmissionId:
    return SubmissionId(f"01990000-0000-7000-8000-{number:012}")


def attempt(number: int, start: int = 0) -> AttemptId:
    return attempt_id(judging_id(submission(number)), f"jobs.practice:0:{number}", start)


def received(
    number: int = 1, *, user: str = "ada", problem: str = "sum", contest: str | None = None, minute: float = 0
) -> SubmissionReceived:
    return SubmissionReceived(
        event_id=EventId(f"received {number}"),
        occurred_at=NOON + timedelta(minutes=minute),
        caused_by=None,
        submission_id=submission(number),
        user_id=UserId(user),
        language=LanguageId("cpp"),
        files=(SourceFile(name="main.cpp", content=b"int main() {} // \xff"),),
        entry_point=None,
        problem_id=ProblemId(problem),
        problem_revision=ProblemRevision("0" * 64),
        contest_id=ContestId(contest) if contest else None,
        team_id=TeamId(f"team of {user}") if contest else None,
        submitted_at=NOON + timedelta(minutes=minute),
    )


def started(number: int = 1, start: int = 0, *, rejudging: str = "original") -> JudgingStarted:
    return JudgingStarted(
        event_id=EventId(f"started {number} {start}"),
        occurred_at=NOON,
        caused_by=None,
        submission_id=submission(number),
        judging_id=judging_id(submission(number), rejudging),
        attempt_id=attempt(number, start),
        attempt=start,
        executor_id=ExecutorId("e1"),
        case_names=CASES,
    )


def result(index: int, verdict: Verdict = Verdict.AC) -> CaseResult:
    return CaseResult(case=CASES[index], verdict=verdict, cpu_time_ms=3 + index, wall_time_ms=5, memory_bytes=1 << 20)


def case(number: int = 1, start: int = 0, index: int = 0, verdict: Verdict = Verdict.AC) -> CaseJudged:
    return CaseJudged(
        event_id=EventId(f"case {number} {start} {index}"),
        occurred_at=NOON,
        caused_by=None,
        submission_id=submission(number),
        judging_id=judging_id(submission(number)),
        attempt_id=attempt(number, start),
        attempt=start,
        index=index,
        result=result(index, verdict),
    )


def verdict(
    number: int = 1,
    start: int = 0,
    said: Verdict = Verdict.AC,
    *,
    of: SubmissionReceived | None = None,
    rejudging: str = "original",
) -> VerdictReached:
    told = of or received(number)
    return VerdictReached(
        event_id=EventId(f"verdict {number} {start}"),
        occurred_at=NOON,
        caused_by=None,
        submission_id=submission(number),
        judging_id=judging_id(submission(number), rejudging),
        attempt_id=attempt(number, start),
        attempt=start,
        user_id=told.user_id,
        team_id=told.team_id,
        problem_id=told.problem_id,
        problem_revision=told.problem_revision,
        contest_id=told.contest_id,
        language=told.language,
        submitted_at=told.submitted_at,
        verdict=said,
        score=1.0 if said is Verdict.AC else 0.0,
        cpu_time_ms=5,
        memory_bytes=1 << 20,
        compiler_output=None,
        problem_cases=len(CASES),
        cases=(result(0), result(1), result(2, said)),
        provenance=PROVENANCE,
    )


@dataclass
class Log:
    """One partition of each topic; `facts` interleaves them as a list of topics says, each in its own order."""

    of_topic: dict[Topic, list[Fact]] = field(default_factory=lambda: {SUBMISSIONS: [], JUDGINGS: [], VERDICTS: []})

    def tell(self, *events: Event) -> list[Fact]:
        """Appends events to their topics; answers them with their positions."""
        facts = []
        for event in events:
            topic = next(topic for topic in self.of_topic if isinstance(event, topic.events))
            position = Position(topic=topic.name, partition=0, offset=len(self.of_topic[topic]))
            facts.append(Fact(position, event))
            self.of_topic[topic].append(facts[-1])
        return facts

    def interleaved(self, order: Sequence[Topic]) -> list[Fact]:
        """All facts, taking the next one of each topic named, then what is left of each."""
        left = {topic: iter(facts) for topic, facts in self.of_topic.items()}
        facts = [fact for topic in order if (fact := next(left[topic], None)) is not None]
        return facts + [fact for rest in left.values() for fact in rest]
