"""The jury's board by the fold and by the invariants' own reckoning: written twice, they agree."""

from dataclasses import asdict

from hypothesis import find, given

from schemas.events import Event
from schemas.rules.icpc_row import Row, View, ranked
from tests.invariants.icpc import standings
from tests.invariants.raw_log import RawLog, RawRecord
from tests.unit.rules.contests import CONTEST_ID
from tests.unit.rules.test_icpc_board import fold, sources

NAMES = {"ContestSubmissionAccepted": "SubmissionReceived", "ContestVerdictReached": "VerdictReached"}


def raw(event: Event) -> RawRecord:
    """The event as it stands in its source, of which the feed has a copy."""
    assert event.caused_by is not None
    source, name = event.caused_by, type(event).__name__
    return RawRecord(source.topic, source.partition, source.offset, NAMES.get(name, name), asdict(event))


@given(sources())
def test_both_boards_agree(feeds: list[list[Event]]) -> None:
    events = [event for feed in feeds for event in feed]
    ours = {row.team_id: (rank, row.solved, row.penalty_minutes) for rank, row in ranked(jury(feeds))}
    assert ours == standings(RawLog(tuple(raw(event) for event in events)), CONTEST_ID)


def test_the_feeds_that_are_tried_have_solves_and_penalties() -> None:
    """A property over empty boards would hold of anything."""
    feeds = find(sources(), lambda feeds: any(row.penalty_minutes > row.last_accepted_minute for row in jury(feeds)))
    assert feeds


def jury(feeds: list[list[Event]]) -> tuple[Row, ...]:
    return fold([event for feed in feeds for event in feed]).rows(View.JURY)
