"""The decision what of an event moves a contest, and how it stands in the contest's feed."""

from dataclasses import replace
from typing import TypeAlias

from schemas.events import (
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    Event,
    SubmissionReceived,
    TeamRegistered,
    VerdictReached,
)
from schemas.ids import derived_event_id
from schemas.rules.submission import is_original
from schemas.values import Position

FeedEvent: TypeAlias = (
    ContestRevised | TeamRegistered | ContestThawed | ContestSubmissionAccepted | ContestVerdictReached
)


def copy_to_feed(event: Event, source: Position) -> FeedEvent | None:
    """What goes into `contest-feed` for the event that stands at `source`; None where it moves no contest.

    A repeat gives an equal event. A rejudging's verdict moves a board only when it is applied, so it is left out.
    """
    match event:
        case ContestRevised() | TeamRegistered() | ContestThawed():
            return replace(event, caused_by=source)
        case SubmissionReceived():
            return _accepted(event, source)
        case VerdictReached() if is_original(event.submission_id, event.judging_id):
            return _judged(event, source)
        case _:
            return None


def _accepted(event: SubmissionReceived, source: Position) -> ContestSubmissionAccepted | None:
    if event.contest_id is None or event.team_id is None:
        return None
    return ContestSubmissionAccepted(
        event_id=derived_event_id(ContestSubmissionAccepted.__name__, str(source)),
        occurred_at=event.occurred_at,
        caused_by=source,
        contest_id=event.contest_id,
        team_id=event.team_id,
        submission_id=event.submission_id,
        problem_id=event.problem_id,
        submitted_at=event.submitted_at,
    )


def _judged(event: VerdictReached, source: Position) -> ContestVerdictReached | None:
    if event.contest_id is None or event.team_id is None:
        return None
    return ContestVerdictReached(
        event_id=derived_event_id(ContestVerdictReached.__name__, str(source)),
        occurred_at=event.occurred_at,
        caused_by=source,
        contest_id=event.contest_id,
        team_id=event.team_id,
        submission_id=event.submission_id,
        judging_id=event.judging_id,
        problem_id=event.problem_id,
        submitted_at=event.submitted_at,
        verdict=event.verdict,
        score=event.score,
    )
