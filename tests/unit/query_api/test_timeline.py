"""The past of a board: at every offset what the live board was then, however the feed was cut when it was read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from projections.models.model import Fact
from projections.query_api.timeline import Dated, Timeline
from schemas.events import Event
from schemas.manifests import current_manifest, read_current
from schemas.rules.icpc_board import Board, empty_board, evolve
from schemas.rules.icpc_row import View
from schemas.values import Position
from tests.unit.rules.contests import CONTEST_ID, START, revised
from tests.unit.rules.test_icpc_board import decided, interleaved, source, sources, team, thaw, tried
from tests.unit.rules.test_icpc_rejudged import RECHECK, now, rejudged

GAP = 3
"""Between two records of the contest stand those of others."""


def dated(events: Sequence[Event], manifests: dict[int, bytes] | None = None) -> list[Dated]:
    """These as the contest's records in its partition, taken in a second apart."""
    return [
        Dated(
            fact=Fact(
                Position(topic="contest-feed", partition=0, offset=GAP * number), event, (manifests or {}).get(number)
            ),
            appended_at=moment(number),
        )
        for number, event in enumerate(events)
    ]


def moment(number: float) -> datetime:
    return START + timedelta(seconds=number)


def read(records: Sequence[Dated], cut: int = 0, *, mark_every: int = 4) -> Timeline:
    timeline = Timeline(CONTEST_ID, mark_every=mark_every)
    timeline.extend(records[:cut], GAP * cut)
    timeline.extend(records, GAP * len(records))
    return timeline


def live(records: Sequence[Dated]) -> list[Board]:
    """The board after every record, folded step by step."""
    boards = [empty_board(CONTEST_ID)]
    for record in records:
        position, event, manifest = record.fact
        rows = read_current(manifest) if manifest else ()
        boards.append(evolve(boards[-1], position, event, rows).board)
    return boards[1:]


@given(sources(), st.data())
def test_every_moment_is_what_the_live_board_was_then(feeds: list[list[Event]], data: st.DataObject) -> None:
    records = dated(interleaved(feeds, data))
    timeline = read(records, data.draw(st.integers(0, len(records))), mark_every=data.draw(st.integers(1, 9)))
    for number, board in enumerate(live(records)):
        for view in View:
            past = timeline.at(GAP * number + data.draw(st.integers(0, GAP - 1)), view)
            if board.contest is None:
                assert past is None
            else:
                assert past is not None
                assert (past.board.offset, past.board.contest, past.board.thawed, past.appended_at) == (
                    GAP * number,
                    board.contest,
                    board.thawed,
                    moment(number),
                )
                assert past.board.drawn[view] == board.drawn[view]


@given(sources(), st.data())
def test_between_two_moments_nothing_changes(feeds: list[list[Event]], data: st.DataObject) -> None:
    records = dated(interleaved(feeds, data))
    boards = live(records)
    timeline = read(records, mark_every=data.draw(st.integers(1, 9)))
    for view in View:
        moments = {told.offset // GAP for told in timeline.moments(view, -1, 1_000)}
        for number, (before, after) in enumerate(pairwise([empty_board(CONTEST_ID), *boards])):
            if number not in moments:
                assert before.drawn[view] == after.drawn[view]
                assert after.contest is None or (before.contest, before.thawed) == (after.contest, after.thawed)


def test_a_verdict_that_the_freeze_hides_is_no_moment_of_the_public() -> None:
    opened: list[Event] = [revised(source()), team("one"), tried(1, "one", 100), tried(2, "one", 10)]
    judged: list[Event] = [
        decided(1, "one", 100, "AC"),
        decided(2, "one", 10, "WA"),
        decided(3, "one", 100, "AC"),
        thaw(),
    ]
    timeline = read(dated([*opened, *judged]))
    assert [told.offset // GAP for told in timeline.moments(View.PUBLIC, -1, 99)] == [0, 1, 2, 3, 5, 6, 7]
    assert [told.offset // GAP for told in timeline.moments(View.JURY, -1, 99)] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_of_many_moments_some_are_told_the_last_among_them() -> None:
    records = dated([revised(source()), team("one"), *(tried(number, "one", 5) for number in range(20))])
    timeline = read(records)
    for limit in (1, 3, 7, 22):
        told = timeline.moments(View.PUBLIC, -1, limit)
        assert 0 < len(told) <= limit
        assert told[-1] == (21 * GAP, moment(21))
    assert [told.offset for told in timeline.moments(View.PUBLIC, 19 * GAP, 9)] == [20 * GAP, 21 * GAP]


def test_moments_go_on_where_the_feed_does() -> None:
    records = dated([revised(source()), team("one"), tried(1, "one", 5), decided(1, "one", 5, "AC")])
    timeline = Timeline(CONTEST_ID)
    timeline.extend(records[:2], 2 * GAP)
    assert len(timeline.moments(View.PUBLIC, -1, 9)) == 2
    timeline.extend(records, 4 * GAP)
    assert len(timeline.moments(View.PUBLIC, -1, 9)) == 4


def test_a_moment_holds_what_was_taken_in_until_then() -> None:
    timeline = read(dated([revised(source()), team("one")]))
    found = [timeline.offset_at(moment(number)) for number in (-1, 0, 0.5, 1, 99)]
    assert found == [-1, 0, 0, GAP, GAP]


def test_a_clock_that_is_set_back_reorders_nothing() -> None:
    first, second, third = dated([revised(source()), team("one"), team("two")])
    back = Dated(fact=second.fact, appended_at=moment(-60))
    timeline = Timeline(CONTEST_ID)
    timeline.extend([first, back, third], 3 * GAP)
    assert [timeline.offset_at(moment(number)) for number in (-60, -1, 0, 1, 2)] == [-1, -1, GAP, GAP, 2 * GAP]


def test_a_rejudging_is_one_step_and_its_manifest_is_needed_once() -> None:
    moved, rows = rejudged(now(1, "one", 5, "AC", by=RECHECK))
    events: list[Event] = [
        revised(source()),
        team("one"),
        decided(1, "one", 5, "WA"),
        moved,
        decided(2, "one", 6, "AC"),
    ]
    records = dated(events, {3: current_manifest(rows)})
    timeline = read(records, mark_every=100)
    solved = [timeline.at(GAP * number, View.PUBLIC) for number in range(5)]
    assert [past.board.rows(View.PUBLIC)[0].penalty_minutes for past in solved[1:] if past] == [0, 0, 5, 5]
    assert [told.offset // GAP for told in timeline.moments(View.PUBLIC, -1, 99)] == [0, 1, 2, 3, 4]
    assert live(records)[-1].drawn[View.JURY] == timeline.at(99, View.JURY).board.drawn[View.JURY]  # type: ignore[union-attr]
