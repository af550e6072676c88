"""What goes into a contest's feed."""

from dataclasses import replace

import pytest

from schemas.events import (
    EVENT_TYPES,
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    Event,
    SubmissionReceived,
    TeamRegistered,
    VerdictReached,
)
from schemas.golden_records import example
from schemas.ids import derived_event_id, judging_id
from schemas.topics import CONTEST_FEED
from stream_processors.feed_contests import copy_to_feed
from tests.unit.stream_processors.examples import at, judged, received, submission_id

COPIED = (ContestRevised, TeamRegistered, ContestThawed)
SOURCE = at("contests", 2, 5)


@pytest.mark.parametrize("event_type", COPIED)
def test_what_happens_to_a_contest_is_copied_as_it_is(event_type: type[Event]) -> None:
    event = example(event_type)
    assert copy_to_feed(event, SOURCE) == replace(event, caused_by=SOURCE)


def test_a_contests_submission_is_fed_without_its_files() -> None:
    submission = received(contest=True)
    assert copy_to_feed(submission, at(offset=4)) == ContestSubmissionAccepted(
        event_id=derived_event_id("ContestSubmissionAccepted", "submissions:0:4"),
        occurred_at=submission.occurred_at,
        caused_by=at(offset=4),
        contest_id=submission.contest_id,  # type: ignore[arg-type]  # a contest's submission has one
        team_id=submission.team_id,  # type: ignore[arg-type]
        submission_id=submission.submission_id,
        problem_id=submission.problem_id,
        submitted_at=submission.submitted_at,
    )


def test_a_contests_verdict_is_fed_whole_enough_to_come_first() -> None:
    verdict = judged()
    assert copy_to_feed(verdict, at("verdicts")) == ContestVerdictReached(
        event_id=derived_event_id("ContestVerdictReached", "verdicts:0:0"),
        occurred_at=verdict.occurred_at,
        caused_by=at("verdicts"),
        contest_id=verdict.contest_id,  # type: ignore[arg-type]  # a contest's verdict has one
        team_id=verdict.team_id,  # type: ignore[arg-type]
        submission_id=verdict.submission_id,
        judging_id=verdict.judging_id,
        problem_id=verdict.problem_id,
        submitted_at=verdict.submitted_at,
        verdict=verdict.verdict,
        score=verdict.score,
    )


@pytest.mark.parametrize(
    "event",
    [
        received(contest=False),
        replace(received(contest=True), team_id=None),
        judged(contest=False),
        replace(judged(), team_id=None),
        replace(judged(), judging_id=judging_id(submission_id(), "rejudging-1")),
    ],
)
def test_what_moves_no_contest_is_left_out(event: Event) -> None:
    assert copy_to_feed(event, at()) is None


@pytest.mark.parametrize("event_type", set(EVENT_TYPES) - {*COPIED, SubmissionReceived, VerdictReached})
def test_events_of_other_kinds_are_left_out(event_type: type[Event]) -> None:
    assert copy_to_feed(example(event_type), at()) is None


@pytest.mark.parametrize("event", [received(contest=True), judged(), example(ContestThawed)])
def test_what_is_fed_belongs_into_the_feed_and_is_the_same_each_time(event: Event) -> None:
    copy = copy_to_feed(event, SOURCE)
    assert isinstance(copy, CONTEST_FEED.events)
    assert copy_to_feed(event, SOURCE) == copy
