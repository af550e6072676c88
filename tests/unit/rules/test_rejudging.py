"""Filters, and the fold of `rejudgings`: tables. What random orders keep is in test_rejudging_orders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest

from schemas.events import (
    ContestThawed,
    Event,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCounted,
    RejudgingOpened,
    RejudgingPaused,
    RejudgingRefused,
    RejudgingResumed,
    RejudgingReverted,
    SubmissionReceived,
)
from schemas.golden_records import example
from schemas.ids import (
    ContestId,
    LanguageId,
    ProblemId,
    RejudgingId,
    Sha256,
    SubmissionId,
    TeamId,
    UserId,
    judging_id,
)
from schemas.rules.rejudging import (
    OPEN,
    TRANSITIONS,
    Application,
    Candidate,
    Covering,
    Rejudgings,
    RejudgingState,
    applied_judgings,
    candidate,
    current_judging,
    evolve,
    restricts,
    selects,
)
from schemas.values import Position, Provenance, RejudgingChange, SubmissionFilter, Verdict

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
ONE = SubmissionId("01990000-0000-7000-8000-000000000001")
TWO = SubmissionId("01990000-0000-7000-8000-000000000002")
A, B = RejudgingId("a"), RejudgingId("b")
KNOWN = Candidate(
    submission_id=ONE,
    user_id=UserId("ada"),
    team_id=TeamId("red"),
    contest_id=ContestId("finals"),
    problem_id=ProblemId("sum"),
    language=LanguageId("cpp"),
    submitted_at=NOON,
    verdict=Verdict.WA,
    provenance=Provenance(
        executor_id="e1", sandbox="nested", software_version="1.2", image_digest="cpp:1", compiler_version="13"
    ),
)
UNJUDGED = replace(KNOWN, verdict=None, provenance=None)
NOBODYS = replace(KNOWN, team_id=None, contest_id=None)
HOUR = timedelta(hours=1)


def wanted(**fields: Any) -> SubmissionFilter:
    return SubmissionFilter(**fields)


@pytest.mark.parametrize(
    ("given", "known", "selected"),
    [
        (wanted(), KNOWN, True),
        (wanted(), UNJUDGED, True),
        (wanted(submission_ids=(TWO, ONE)), KNOWN, True),
        (wanted(submission_ids=(TWO,)), KNOWN, False),
        (wanted(problem_ids=("sum",), languages=("cpp", "java")), KNOWN, True),
        (wanted(problem_ids=("sum",), languages=("java",)), KNOWN, False),
        (wanted(contest_ids=("finals",)), KNOWN, True),
        (wanted(contest_ids=("finals",)), NOBODYS, False),
        (wanted(team_ids=("red",)), NOBODYS, False),
        (wanted(user_ids=("ada",)), NOBODYS, True),
        (wanted(verdicts=(Verdict.WA, Verdict.TLE)), KNOWN, True),
        (wanted(verdicts=(Verdict.TLE,)), KNOWN, False),
        (wanted(verdicts=(Verdict.WA,)), UNJUDGED, False),
        (wanted(executor_ids=("e1",), image_digests=("cpp:1",)), KNOWN, True),
        (wanted(executor_ids=("e2",)), KNOWN, False),
        (wanted(executor_ids=("e1",)), UNJUDGED, False),
        (wanted(compiler_versions=("13",), software_versions=("1.2",)), KNOWN, True),
        (wanted(software_versions=("1.3",)), KNOWN, False),
        (wanted(submitted_from=NOON), KNOWN, True),
        (wanted(submitted_from=NOON + HOUR), KNOWN, False),
        (wanted(submitted_before=NOON), KNOWN, False),
        (wanted(submitted_from=NOON - HOUR, submitted_before=NOON + HOUR), KNOWN, True),
    ],
)
def test_all_that_a_filter_gives_must_hold(given: SubmissionFilter, known: Candidate, selected: bool) -> None:
    assert selects(given, known) is selected


def test_an_empty_filter_restricts_nothing() -> None:
    assert not restricts(wanted())
    assert restricts(wanted(submitted_before=NOON))
    assert restricts(wanted(verdicts=(Verdict.AC,)))


def test_a_candidate_is_what_was_accepted() -> None:
    event: SubmissionReceived = example(SubmissionReceived)
    known = candidate(event)
    assert (known.submission_id, known.team_id, known.submitted_at) == (
        event.submission_id,
        event.team_id,
        event.submitted_at,
    )
    assert (known.verdict, known.provenance) == (None, None)


def decided(kind: Any, rejudging_id: RejudgingId, request: int, **fields: Any) -> Any:
    position = Position(topic="rejudging-requests", partition=0, offset=request)
    return replace(example(kind), rejudging_id=rejudging_id, caused_by=position, **fields)


def told(*events: Event) -> Rejudgings:
    return reduce(lambda known, at: evolve(known, *at), enumerate(events), Rejudgings())


STORIES: list[tuple[list[Any], RejudgingState]] = [
    ([RejudgingOpened], RejudgingState.JUDGING),
    ([RejudgingCounted], RejudgingState.COUNTED),
    ([RejudgingCounted, RejudgingApplied], RejudgingState.COUNTED),
    ([RejudgingOpened, RejudgingPaused], RejudgingState.PAUSED),
    ([RejudgingOpened, RejudgingPaused, RejudgingResumed], RejudgingState.JUDGING),
    ([RejudgingOpened, RejudgingResumed], RejudgingState.JUDGING),
    ([RejudgingOpened, RejudgingCancelled], RejudgingState.CANCELLED),
    ([RejudgingOpened, RejudgingCancelled, RejudgingApplied], RejudgingState.CANCELLED),
    ([RejudgingOpened, RejudgingApplied], RejudgingState.APPLIED),
    ([RejudgingOpened, RejudgingPaused, RejudgingApplied], RejudgingState.APPLIED),
    ([RejudgingOpened, RejudgingApplied, RejudgingCancelled], RejudgingState.APPLIED),
    ([RejudgingOpened, RejudgingApplied, RejudgingReverted], RejudgingState.REVERTED),
    ([RejudgingOpened, RejudgingReverted], RejudgingState.JUDGING),
    ([RejudgingOpened, RejudgingApplied, RejudgingReverted, RejudgingApplied], RejudgingState.APPLIED),
    ([RejudgingOpened, RejudgingApplied, RejudgingReverted, RejudgingCancelled], RejudgingState.CANCELLED),
    ([RejudgingOpened, RejudgingRefused], RejudgingState.JUDGING),
]


@pytest.mark.parametrize(("story", "state"), STORIES)
def test_a_rejudging_is_in_one_state(story: list[Any], state: RejudgingState) -> None:
    events = [decided(kind, A, request) for request, kind in enumerate(story)]
    known = told(*events)
    assert known.known[A].state is state
    assert known.decided_to == len(story) - 1
    assert bool(known.applied) is (state is RejudgingState.APPLIED)


def test_a_refused_opening_is_known_and_the_refusal_of_a_stranger_is_not() -> None:
    assert told(decided(RejudgingRefused, A, 0, asked=OPEN)).known[A].state is RejudgingState.REFUSED
    assert told(decided(RejudgingRefused, A, 0, asked="apply")).known == {}


def test_a_second_decision_for_a_request_changes_nothing() -> None:
    opened, applied = decided(RejudgingOpened, A, 0), decided(RejudgingApplied, A, 1)
    rival = decided(RejudgingCancelled, A, 1)
    known = told(opened, applied)
    assert evolve(known, 2, rival) == replace(known, offset=2)
    assert evolve(known, 2, applied) == replace(known, offset=2)
    assert evolve(known, 1, rival) is known
    assert told(opened, rival, applied).known[A].state is RejudgingState.CANCELLED


def test_what_was_decided_stays_in_its_history() -> None:
    events = [
        decided(RejudgingOpened, A, 0),
        decided(RejudgingOpened, B, 1),
        decided(RejudgingRefused, A, 2),
        decided(RejudgingApplied, A, 3),
        decided(RejudgingReverted, A, 4),
    ]
    known = told(*events)
    assert known.known[A].history == (events[0], *events[2:])
    assert known.known[B].history == (events[1],)
    assert (known.known[A].offset, known.known[B].offset) == (0, 1)


def test_a_rejudging_that_is_applied_again_stands_on_top() -> None:
    manifests = [Sha256(letter * 64) for letter in "abc"]
    known = told(
        decided(RejudgingOpened, A, 0),
        decided(RejudgingOpened, B, 1),
        decided(RejudgingApplied, A, 2, manifest=manifests[0]),
        decided(RejudgingApplied, B, 3, manifest=manifests[1]),
        decided(RejudgingReverted, A, 4),
        decided(RejudgingApplied, A, 5, manifest=manifests[2]),
    )
    assert known.applied == (
        Application(rejudging_id=B, offset=3, manifest=manifests[1]),
        Application(rejudging_id=A, offset=5, manifest=manifests[2]),
    )


def test_what_is_no_decision_only_moves_the_offset() -> None:
    assert told(example(ContestThawed)).known == {}
    assert set(TRANSITIONS) == set(RejudgingChange) - {RejudgingChange.UNKNOWN}


def test_the_last_one_that_covers_a_submission_counts() -> None:
    lower, upper = Covering(rejudging_id=A, submissions={ONE, TWO}), Covering(rejudging_id=B, submissions={TWO})
    assert current_judging(ONE, ()) == judging_id(ONE)
    assert current_judging(ONE, (lower, upper)) == judging_id(ONE, A)
    assert current_judging(TWO, (lower, upper)) == judging_id(TWO, B)
    assert current_judging(TWO, (upper, lower)) == judging_id(TWO, A)
    assert applied_judgings(TWO, (lower, upper)) == (judging_id(TWO, A), judging_id(TWO, B))
    assert applied_judgings(ONE, (upper,)) == ()
