"""The fold of a submission: tables for what is shown, a property for every interleaving."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CaseJudged, ContestThawed, Event, JudgingStarted, SubmissionReceived, VerdictReached
from schemas.ids import (
    AttemptId,
    ContestId,
    EventId,
    ExecutorId,
    JudgingId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    SubmissionId,
    UserId,
    judging_id,
)
from schemas.rules.submission import (
    Compiling,
    IndexedResult,
    Judged,
    Queued,
    Received,
    Running,
    Submission,
    Unreceived,
    accepted,
    current,
    evolve,
    initial,
    judged,
    progressed,
)
from schemas.values import CaseResult, Provenance, SourceFile, Verdict

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
OURS = SubmissionId("01990000-0000-7000-8000-000000000001")
THEIRS = SubmissionId("01990000-0000-7000-8000-000000000002")
ORIGINAL = judging_id(OURS)
REJUDGED = judging_id(OURS, "rejudging-1")
PROVENANCE = Provenance(
    executor_id="e", sandbox="container", software_version="1", image_digest="sha256:0", compiler_version="13"
)


def received(submission_id: SubmissionId = OURS, language: str = "cpp") -> SubmissionReceived:
    return SubmissionReceived(
        event_id=EventId(f"received {submission_id} {language}"),
        occurred_at=NOON,
        caused_by=None,
        submission_id=submission_id,
        user_id=UserId("ada"),
        language=LanguageId(language),
        files=(SourceFile(name="a.cpp", content=b"int main(){}"),),
        entry_point=None,
        problem_id=ProblemId("sum"),
        problem_revision=ProblemRevision("0" * 64),
        contest_id=None,
        team_id=None,
        submitted_at=NOON,
    )


def started(attempt: str, judging: JudgingId = ORIGINAL, submission_id: SubmissionId = OURS) -> JudgingStarted:
    return JudgingStarted(
        event_id=EventId(f"started {attempt}"),
        occurred_at=NOON + timedelta(seconds=1),
        caused_by=None,
        submission_id=submission_id,
        judging_id=judging,
        attempt_id=AttemptId(attempt),
        attempt=1,
        executor_id=ExecutorId("e"),
        case_names=("1", "2", "3"),
    )


def result(index: int, verdict: str = "AC") -> CaseResult:
    return CaseResult(case=str(index + 1), verdict=Verdict(verdict), cpu_time_ms=5, wall_time_ms=6, memory_bytes=7)


def case(
    attempt: str, index: int, verdict: str = "AC", judging: JudgingId = ORIGINAL, submission_id: SubmissionId = OURS
) -> CaseJudged:
    return CaseJudged(
        event_id=EventId(f"case {attempt} {index}"),
        occurred_at=NOON + timedelta(seconds=2),
        caused_by=None,
        submission_id=submission_id,
        judging_id=judging,
        attempt_id=AttemptId(attempt),
        attempt=1,
        index=index,
        result=result(index, verdict),
    )


def verdict(
    said: str, attempt: str = "one", judging: JudgingId = ORIGINAL, submission_id: SubmissionId = OURS
) -> VerdictReached:
    given_up = said == "JUDGE_ERROR"
    return VerdictReached(
        event_id=EventId(f"verdict {attempt} {said}"),
        occurred_at=NOON + timedelta(seconds=3),
        caused_by=None,
        submission_id=submission_id,
        judging_id=judging,
        attempt_id=AttemptId(attempt),
        attempt=1,
        user_id=UserId("ada"),
        team_id=None,
        problem_id=ProblemId("sum"),
        problem_revision=ProblemRevision("0" * 64),
        contest_id=None,
        language=LanguageId("cpp"),
        submitted_at=NOON,
        verdict=Verdict(said),
        score=float(said == "AC"),
        cpu_time_ms=5,
        memory_bytes=7,
        compiler_output=None,
        problem_cases=3,
        cases=() if given_up else (result(0, said),),
        provenance=PROVENANCE,
        reason="gave up" if given_up else None,
    )


def fold(events: Sequence[Event], submission: Submission | None = None) -> Submission:
    return reduce(evolve, events, submission or initial(OURS))


def shown(*events: Event) -> str:
    """`state` of what is shown, then the verdicts that one would see."""
    submission = fold(events)
    if isinstance(submission, Unreceived):
        return "unreceived"
    match current(submission):
        case Queued() | Compiling() as waiting:
            return waiting.state
        case Running() as running:
            return " ".join([running.state, *(known.verdict for known in running.cases)])
        case Judged() as done:
            return f"{done.state} {done.verdict} {done.differing_repeats}"


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((), "unreceived"),
        ((received(),), "queued"),
        ((received(), received(language="java")), "queued"),
        ((received(), started("one")), "compiling"),
        ((received(), started("one"), case("one", 0)), "running AC"),
        ((received(), started("one"), case("one", 1, "WA"), case("one", 0)), "running AC WA"),
        ((received(), started("one"), case("one", 0), case("one", 0, "WA")), "running AC"),
        ((received(), started("one"), case("one", 0), started("one")), "running AC"),
        ((received(), started("one"), case("one", 0), started("two")), "compiling"),
        ((received(), started("one"), started("two"), case("one", 0)), "compiling"),
        ((received(), started("one"), started("two"), case("two", 0), started("one")), "running AC"),
        ((received(), case("one", 0)), "queued"),
        ((received(), started("one"), verdict("AC")), "judged AC 0"),
        ((received(), verdict("WA", "two"), verdict("AC", "one")), "judged WA 1"),
        ((received(), verdict("WA", "two"), verdict("WA", "one")), "judged WA 0"),
        ((received(), verdict("WA"), started("two"), case("two", 0)), "judged WA 0"),
        ((verdict("AC"), started("two")), "unreceived"),
        ((verdict("AC"), received()), "judged AC 0"),
        ((started("one"), case("one", 0), received()), "running AC"),
        ((received(), verdict("UNKNOWN")), "judged UNKNOWN 0"),
        ((received(THEIRS), started("one", submission_id=THEIRS)), "unreceived"),
        ((received(), verdict("AC", submission_id=THEIRS)), "queued"),
        ((received(), verdict("AC", judging=REJUDGED)), "queued"),
    ],
)
def test_progress_is_shown_until_the_first_verdict(events: tuple[Event, ...], told: str) -> None:
    assert shown(*events) == told


def test_events_of_other_kinds_change_nothing() -> None:
    before = fold([received(), started("one")])
    thawed = ContestThawed(event_id=EventId("t"), occurred_at=NOON, caused_by=None, contest_id=ContestId("c"))
    assert evolve(before, thawed) is before


def test_what_was_accepted_stays_as_it_was_first_read() -> None:
    submission = fold([received(), received(language="java")])
    assert submission == Received(submission_id=OURS, accepted=accepted(received()))


def test_an_id_that_is_no_uuid_is_tolerated() -> None:
    odd = SubmissionId("odd")
    submission = fold([received(odd), verdict("AC", submission_id=odd)], initial(odd))
    assert isinstance(submission, Received)
    assert current(submission) == Queued()


@pytest.mark.parametrize(
    ("rejudged", "applied", "expected"),
    [
        ("WA", (), "AC"),
        ("WA", (REJUDGED,), "WA"),
        ("WA", (REJUDGED, judging_id(OURS, "never judged")), "WA"),
        ("JUDGE_ERROR", (REJUDGED,), "AC"),
    ],
)
def test_the_last_applied_rejudging_with_a_verdict_counts(
    rejudged: str, applied: tuple[JudgingId, ...], expected: str
) -> None:
    submission = fold([received(), verdict("AC"), verdict(rejudged, "r", REJUDGED)])
    assert isinstance(submission, Received)
    counting = current(submission, applied)
    assert isinstance(counting, Judged)
    assert counting.verdict == Verdict(expected)


def test_a_read_model_builds_the_same_from_stored_facts() -> None:
    attempt_of = fold([received(), started("zero"), started("one"), case("one", 1, "WA"), case("one", 0)])
    assert isinstance(attempt_of, Received)
    (running,) = attempt_of.judgings
    assert isinstance(running, Running)
    stored = [
        IndexedResult(index=1, result=result(1, "WA")),
        IndexedResult(index=0, result=result(0)),
        IndexedResult(index=1, result=result(1, "TLE")),
    ]
    assert progressed(ORIGINAL, running.attempt, stored) == running
    assert progressed(ORIGINAL, running.attempt, []) == Compiling(judging_id=ORIGINAL, attempt=running.attempt)
    decided = evolve(attempt_of, verdict("WA"))
    assert decided == replace(attempt_of, judgings=(judged(verdict("WA")),))


judgings = st.sampled_from([ORIGINAL, REJUDGED])
submissions = st.sampled_from([OURS, OURS, OURS, THEIRS])
attempts = st.sampled_from(["one", "two", "three"])
said = st.sampled_from(["AC", "WA", "TLE", "JUDGE_ERROR", "UNKNOWN"])
submission_events = st.builds(received, submissions, st.sampled_from(["cpp", "java"]))
starts = st.builds(started, attempts, judgings, submissions)
cases = st.builds(case, attempts, st.integers(0, 2), said, judgings, submissions)
verdicts = st.builds(verdict, said, attempts, judgings, submissions)


@given(
    st.lists(submission_events, max_size=2),
    st.lists(st.one_of(starts, cases), max_size=10),
    st.lists(verdicts, max_size=4),
    st.data(),
)
def test_every_interleaving_of_the_topics_gives_the_same(
    accepts: list[Event], progress: list[Event], decisions: list[Event], data: st.DataObject
) -> None:
    order = data.draw(st.permutations([0] * len(accepts) + [1] * len(progress) + [2] * len(decisions)))
    topics = [iter(accepts), iter(progress), iter(decisions)]
    interleaved = [next(topics[topic]) for topic in order]
    assert fold(interleaved) == fold([*accepts, *progress, *decisions])


@given(st.lists(st.one_of(submission_events, starts, cases), max_size=8), st.sampled_from(["AC", "JUDGE_ERROR"]))
def test_each_event_twice_is_as_good_as_once(events: list[Event], conclusion: str) -> None:
    once = [*events, verdict(conclusion), *events]
    assert fold([event for event in once for _ in range(2)]) == fold(once)


@given(st.lists(st.one_of(starts, cases), max_size=8), st.lists(st.one_of(starts, cases), max_size=8))
def test_progress_after_the_verdict_is_ignored(before: list[Event], after: list[Event]) -> None:
    decided = fold([*before, verdict("AC")], Unreceived(submission_id=OURS))
    later = fold([event for event in after if getattr(event, "judging_id", None) == ORIGINAL], decided)
    assert later == decided
