"""The two boards: tables against boards made by hand, properties over orders and repeats."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import (
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    Event,
    JudgingStarted,
    TeamRegistered,
)
from schemas.ids import AttemptId, ContestId, EventId, ExecutorId, ProblemId, SubmissionId, TeamId, judging_id
from schemas.rules.board_body import board_body, row_body, row_of
from schemas.rules.icpc_board import Board, FeedRecord, Step, draw, empty_board, evolve
from schemas.rules.icpc_learning import learn
from schemas.rules.icpc_row import Cell, Row, View, ranked
from schemas.values import ContestProblem, Position, Scoring, Verdict
from tests.unit.rules.contests import CONTEST_ID, START, at, revised

offsets = count()
BOTH = ("jury", "public")


def source(topic: str = "contests", partition: int = 0) -> Position:
    """The next place in a source; offsets grow over all of them, which is all that counts."""
    return Position(topic=topic, partition=partition, offset=next(offsets))


def team(team_id: str, name: str | None = None, caused_by: Position | None = None) -> TeamRegistered:
    return TeamRegistered(
        event_id=EventId("t"),
        occurred_at=START,
        caused_by=caused_by or source(),
        contest_id=CONTEST_ID,
        team_id=TeamId(team_id),
        name=name or team_id,
        members=(),
    )


def submission_id(number: int) -> SubmissionId:
    return SubmissionId(f"01990000-0000-7000-8000-{number:012}")


def tried(
    number: int, team_id: str, minute: float, problem: str = "sum", caused_by: Position | None = None
) -> ContestSubmissionAccepted:
    return ContestSubmissionAccepted(
        event_id=EventId("s"),
        occurred_at=START,
        caused_by=caused_by or source("submissions"),
        contest_id=CONTEST_ID,
        team_id=TeamId(team_id),
        submission_id=submission_id(number),
        problem_id=ProblemId(problem),
        submitted_at=at(minute),
    )


def decided(
    number: int, team_id: str, minute: float, verdict: str, problem: str = "sum", caused_by: Position | None = None
) -> ContestVerdictReached:
    return ContestVerdictReached(
        event_id=EventId("v"),
        occurred_at=START,
        caused_by=caused_by or source("verdicts"),
        contest_id=CONTEST_ID,
        team_id=TeamId(team_id),
        submission_id=submission_id(number),
        judging_id=judging_id(submission_id(number)),
        problem_id=ProblemId(problem),
        submitted_at=at(minute),
        verdict=Verdict(verdict),
        score=float(verdict == "AC"),
    )


def thaw() -> ContestThawed:
    return ContestThawed(event_id=EventId("h"), occurred_at=START, caused_by=source(), contest_id=CONTEST_ID)


def steps(events: Iterable[Event], board: Board | None = None) -> list[Step]:
    """Every step of the fold; the feed goes on where the board stands."""
    board = board or empty_board(CONTEST_ID)
    taken = []
    for offset, event in enumerate(events, board.offset + 1):
        taken.append(evolve(board, Position(topic="contest-feed", partition=0, offset=offset), event))
        board = taken[-1].board
    return taken


def fold(events: Iterable[Event], board: Board | None = None) -> Board:
    taken = steps(events, board)
    return taken[-1].board if taken else board or empty_board(CONTEST_ID)


def drawing(board: Board, view: str) -> str:
    """One line per team: rank, team, solved, penalty, then the cells as attempts+pending@minute, * for the first."""
    return "\n".join(
        f"{rank} {row.team_id} {row.solved} {row.penalty_minutes} {' '.join(map(cell_drawing, row.cells))}"
        for rank, row in ranked(board.rows(View(view)))
    )


def cell_drawing(cell: Cell) -> str:
    tries = f"{cell.attempts}+{cell.pending}" if cell.pending else f"{cell.attempts}"
    solved = "" if cell.solved_at_minute is None else f"@{cell.solved_at_minute}"
    return f"{cell.label}:{tries}{solved}{'*' if cell.first else ''}"


OPENED = (revised(source()), team("one"), team("two"))

TABLE: list[tuple[str, list[Event], str, str | None]] = [
    ("nobody tried", [], "1 one 0 0 A:0 B:0\n1 two 0 0 A:0 B:0", None),
    ("a try is pending", [tried(1, "one", 3)], "1 one 0 0 A:0+1 B:0\n1 two 0 0 A:0 B:0", None),
    (
        "rejects cost only once solved, minutes are floored",
        [decided(1, "one", 3, "WA"), decided(2, "one", 9.99, "AC"), decided(3, "two", 1, "WA")],
        "1 one 1 29 A:2@9* B:0\n2 two 0 0 A:1 B:0",
        None,
    ),
    (
        "compile errors are free, our own failures pending",
        [decided(1, "one", 1, "CE"), decided(2, "one", 2, "JUDGE_ERROR"), decided(3, "one", 5, "AC")],
        "1 one 1 5 A:1+1@5* B:0\n2 two 0 0 A:0 B:0",
        None,
    ),
    (
        "a verdict that nobody knows is pending",
        [decided(1, "one", 1, "UNKNOWN")],
        "1 one 0 0 A:0+1 B:0\n1 two 0 0 A:0 B:0",
        None,
    ),
    (
        "what follows the accepted try does not count",
        [decided(1, "one", 5, "AC"), decided(2, "one", 6, "WA"), tried(3, "one", 7)],
        "1 one 1 5 A:1@5* B:0\n2 two 0 0 A:0 B:0",
        None,
    ),
    (
        "tries count in the order of their submission, not of their verdicts",
        [decided(2, "one", 6, "AC"), decided(1, "one", 5, "TLE")],
        "1 one 1 26 A:2@6* B:0\n2 two 0 0 A:0 B:0",
        None,
    ),
    (
        "an earlier accepted try moves the solve",
        [decided(2, "one", 6, "AC"), decided(1, "one", 5, "AC")],
        "1 one 1 5 A:1@5* B:0\n2 two 0 0 A:0 B:0",
        None,
    ),
    (
        "a pending try before a solve stays pending",
        [tried(1, "one", 4), decided(2, "one", 6, "AC")],
        "1 one 1 6 A:1+1@6* B:0\n2 two 0 0 A:0 B:0",
        None,
    ),
    (
        "more solved wins, then less penalty",
        [
            decided(1, "one", 50, "AC"),
            decided(2, "two", 10, "AC"),
            decided(3, "one", 60, "AC", "gcd"),
        ],
        "1 one 2 110 A:1@50 B:1@60*\n2 two 1 10 A:1@10* B:0",
        None,
    ),
    (
        "equal solved and penalty: the earlier last solve wins",
        [
            decided(1, "one", 10, "AC"),
            decided(2, "one", 50, "AC", "gcd"),
            decided(3, "two", 20, "AC"),
            decided(4, "two", 40, "AC", "gcd"),
        ],
        "1 two 2 60 A:1@20 B:1@40*\n2 one 2 60 A:1@10* B:1@50",
        None,
    ),
    (
        "equal in everything: they share a rank, the next one is third",
        [decided(1, "two", 10.2, "AC"), decided(2, "one", 10.9, "AC"), team("zed")],
        "1 one 1 10 A:1@10 B:0\n1 two 1 10 A:1@10* B:0\n3 zed 0 0 A:0 B:0",
        None,
    ),
    (
        "first to solve goes by the time of submission, then the id",
        [decided(2, "one", 10, "AC"), decided(1, "two", 10, "AC")],
        "1 one 1 10 A:1@10 B:0\n1 two 1 10 A:1@10* B:0",
        None,
    ),
    (
        "before the start and from the end on nothing counts",
        [decided(1, "one", -0.01, "AC"), decided(2, "one", 120, "AC"), tried(3, "two", 121)],
        "1 one 0 0 A:0 B:0\n1 two 0 0 A:0 B:0",
        None,
    ),
    (
        "only registered teams are shown and can be first",
        [decided(1, "stranger", 1, "AC"), decided(2, "one", 5, "AC")],
        "1 one 1 5 A:1@5* B:0\n2 two 0 0 A:0 B:0",
        None,
    ),
    (
        "a team that is registered late takes its first solve",
        [decided(2, "one", 5, "AC"), decided(1, "late", 1, "AC"), team("late")],
        "1 late 1 1 A:1@1* B:0\n2 one 1 5 A:1@5 B:0\n3 two 0 0 A:0 B:0",
        None,
    ),
    (
        "a problem of another contest does not count",
        [decided(1, "one", 1, "AC", "islands")],
        "1 one 0 0 A:0 B:0\n1 two 0 0 A:0 B:0",
        None,
    ),
    (
        "the first verdict counts",
        [decided(1, "one", 5, "WA"), decided(1, "one", 5, "AC")],
        "1 one 0 0 A:1 B:0\n1 two 0 0 A:0 B:0",
        None,
    ),
    (
        "the public sees tries in the freeze as pending",
        [decided(1, "one", 89.99, "WA"), decided(2, "one", 90, "AC"), decided(3, "two", 119, "WA")],
        "1 one 1 110 A:2@90* B:0\n2 two 0 0 A:1 B:0",
        "1 one 0 0 A:1+1 B:0\n1 two 0 0 A:0+1 B:0",
    ),
    (
        "a team that had solved before the freeze shows nothing more",
        [decided(1, "one", 80, "AC"), decided(2, "one", 100, "WA"), decided(3, "two", 100, "AC")],
        "1 one 1 80 A:1@80* B:0\n2 two 1 100 A:1@100 B:0",
        "1 one 1 80 A:1@80* B:0\n2 two 0 0 A:0+1 B:0",
    ),
    (
        "even a compile error in the freeze is pending in public",
        [decided(1, "one", 100, "CE")],
        "1 one 0 0 A:0 B:0\n1 two 0 0 A:0 B:0",
        "1 one 0 0 A:0+1 B:0\n1 two 0 0 A:0 B:0",
    ),
    (
        "the thaw opens the public board",
        [decided(1, "one", 100, "AC"), thaw(), decided(2, "two", 101, "AC")],
        "1 one 1 100 A:1@100* B:0\n2 two 1 101 A:1@101 B:0",
        None,
    ),
    (
        "a revision changes times, penalty and problems for what was there before",
        [
            decided(1, "one", 5, "WA"),
            decided(2, "one", 100, "AC"),
            decided(3, "two", 9, "AC", "islands"),
            revised(
                source(),
                freeze_s=0,
                penalty_minutes=5,
                problems=(
                    ContestProblem(problem_id="islands", label="I"),
                    ContestProblem(problem_id="sum", label="S"),
                ),
            ),
        ],
        "1 two 1 9 I:1@9* S:0\n2 one 1 105 I:0 S:2@100*",
        None,
    ),
]


@pytest.mark.parametrize(("events", "jury", "public"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_board_is_as_one_makes_it_by_hand(events: list[Event], jury: str, public: str | None) -> None:
    board = fold([*OPENED, *events])
    assert drawing(board, "jury") == jury
    assert drawing(board, "public") == (public or jury)


@pytest.mark.parametrize("scoring", list(Scoring))
def test_no_scoring_stops_the_fold(scoring: Scoring) -> None:
    board = fold([revised(source(), scoring=scoring), team("one"), decided(1, "one", 5, "AC")])
    assert drawing(board, "jury") == "1 one 1 5 A:1@5* B:0"


def test_nothing_is_shown_before_the_contest_is_known() -> None:
    board = fold([team("one"), decided(1, "one", 5, "AC"), thaw()])
    assert [board.rows(view) for view in View] == [(), ()]
    assert drawing(fold([revised(source())], board), "public") == "1 one 1 5 A:1@5* B:0"


def test_a_step_names_the_rows_that_it_changed() -> None:
    *_, own, overtaken, nothing = steps(
        [*OPENED, decided(2, "one", 5, "AC"), decided(1, "two", 4, "AC"), tried(1, "two", 4)]
    )
    assert [row.team_id for row in own.changed[View.JURY]] == ["one"]
    assert {row.team_id for row in overtaken.changed[View.PUBLIC]} == {"one", "two"}
    assert nothing.changed == {View.JURY: (), View.PUBLIC: ()}


def test_a_verdict_in_the_freeze_changes_the_jurys_row_alone() -> None:
    *_, accepted, verdict = steps([*OPENED, tried(1, "one", 100), decided(1, "one", 100, "AC")])
    assert {view: len(rows) for view, rows in accepted.changed.items()} == {View.JURY: 1, View.PUBLIC: 1}
    assert {view: len(rows) for view, rows in verdict.changed.items()} == {View.JURY: 1, View.PUBLIC: 0}


def test_a_thaw_and_a_revision_change_the_contest_and_every_row_that_differs() -> None:
    board = fold([*OPENED, decided(1, "one", 100, "AC")])
    (thawed,) = steps([thaw()], board)
    assert thawed.contest_changed
    assert [row.team_id for row in thawed.changed[View.PUBLIC]] == ["one"]
    assert thawed.changed[View.JURY] == ()
    again, *_ = steps([thaw()], thawed.board)
    assert not again.contest_changed


def test_a_renamed_team_is_a_changed_row() -> None:
    (step,) = steps([team("one", "Uno")], fold(OPENED))
    assert [row.name for row in step.changed[View.PUBLIC]] == ["Uno"]


def test_records_that_are_not_this_contests_change_nothing() -> None:
    board = fold(OPENED)
    other = replace(tried(1, "one", 5), contest_id=ContestId("another"))
    started = JudgingStarted(
        event_id=EventId("j"),
        occurred_at=START,
        caused_by=None,
        submission_id=submission_id(1),
        judging_id=judging_id(submission_id(1)),
        attempt_id=AttemptId("a"),
        attempt=1,
        executor_id=ExecutorId("e"),
        case_names=(),
    )
    for event in (other, started):
        assert evolve(board, Position(topic="contest-feed", partition=0, offset=99), event).board == board


def test_verdicts_of_rejudgings_do_not_move_a_board() -> None:
    rejudged = replace(decided(1, "one", 5, "AC"), judging_id=judging_id(submission_id(1), "rejudging-1"))
    odd = replace(decided(1, "one", 5, "AC"), submission_id=SubmissionId("no uuid"))
    assert fold([*OPENED, rejudged, odd]).tries == {}


def test_the_feed_read_again_changes_nothing() -> None:
    events: list[Event] = [*OPENED, decided(1, "one", 5, "AC")]
    board = fold(events)
    for offset, event in enumerate(events):
        again = evolve(board, Position(topic="contest-feed", partition=0, offset=offset), event)
        assert again == Step(board=board, changed={View.JURY: (), View.PUBLIC: ()})


def test_an_older_record_of_a_source_is_a_repeat() -> None:
    first, second = revised(source(), name="First"), revised(source(), name="Second")
    board = fold([first, second, first])
    assert board.contest is not None
    assert board.contest.name == "Second"


def test_a_board_as_json_is_whole() -> None:
    board = fold([*OPENED, decided(1, "one", 5, "AC"), tried(2, "two", 100)])
    assert board.contest is not None
    body = board_body(
        board.contest,
        board.rows(View.PUBLIC),
        view=View.PUBLIC,
        thawed=False,
        epoch="e",
        offset=board.offset,
        now=at(95),
    )
    empty = {"pending": 0, "solved_at_minute": None, "first": False, "score": None}
    assert body == {
        "contest_id": "finals",
        "epoch": "e",
        "offset": 4,
        "state": "frozen",
        "frozen": "The scoreboard was frozen with 30 minutes remaining - submissions in the last 30 minutes "
        "of the contest are still shown as pending.",
        "problems": [
            {"problem_id": "sum", "label": "A", "color": None},
            {"problem_id": "gcd", "label": "B", "color": None},
        ],
        "rows": [
            {
                "rank": 1,
                "team_id": "one",
                "name": "one",
                "solved": 1,
                "penalty_minutes": 5,
                "last_accepted_minute": 5,
                "score": None,
                "cells": [
                    {**empty, "label": "A", "attempts": 1, "solved_at_minute": 5, "first": True},
                    {**empty, "label": "B", "attempts": 0},
                ],
            },
            {
                "rank": 2,
                "team_id": "two",
                "name": "two",
                "solved": 0,
                "penalty_minutes": 0,
                "last_accepted_minute": 0,
                "score": None,
                "cells": [
                    {**empty, "label": "A", "attempts": 0, "pending": 1},
                    {**empty, "label": "B", "attempts": 0},
                ],
            },
        ],
    }
    assert [row_of(row_body(row)) for row in board.rows(View.JURY)] == list(board.rows(View.JURY))


# Any feed: up to 12 submissions of 4 teams (one of them never registered), each with or without a verdict.
teams = st.sampled_from(["one", "two", "three", "stranger"])
minutes = st.sampled_from([-5, 0, 4, 4.5, 30, 60, 89, 90, 100, 119, 125])
problems = st.sampled_from(["sum", "gcd", "islands"])
verdicts = st.sampled_from([None, "AC", "AC", "WA", "CE", "JUDGE_ERROR"])


@st.composite
def sources(draw: st.DrawFn, *, freeze: bool = True) -> list[list[Event]]:
    """The feed's sources, each in its own order: contest and teams, two partitions of submissions and of verdicts."""
    freeze_s = draw(st.sampled_from([0, 1800])) if freeze else 0
    contests: list[Event] = [revised(source(), freeze_s=0, penalty_minutes=1), revised(source(), freeze_s=freeze_s)]
    contests += [team(name) for name in draw(st.permutations(["one", "two", "three"]))]
    contests += [thaw()] if draw(st.booleans()) else []
    feeds: list[list[Event]] = [contests, [], [], [], []]
    for number in range(draw(st.integers(0, 12))):
        who, minute, problem, verdict = draw(teams), draw(minutes), draw(problems), draw(verdicts)
        partition = number % 2
        feeds[1 + partition].append(tried(number, who, minute, problem, source("submissions", partition)))
        if verdict is not None:
            judged = decided(number, who, minute, verdict, problem, source("verdicts", partition))
            feeds[3 + partition].append(judged)
    return feeds


def interleaved(feeds: Sequence[Sequence[Event]], data: st.DataObject) -> list[Event]:
    order = data.draw(st.permutations([number for number, feed in enumerate(feeds) for _ in feed]))
    iterators = [iter(feed) for feed in feeds]
    return [next(iterators[number]) for number in order]


def shown(board: Board) -> list[dict[TeamId, Row]]:
    return [dict(board.drawn[view].rows) for view in View]


@given(sources(), st.data())
def test_every_order_that_keeps_each_sources_gives_the_same_boards(
    feeds: list[list[Event]], data: st.DataObject
) -> None:
    in_a_row = fold([event for feed in feeds for event in feed])
    mixed = fold(interleaved(feeds, data))
    assert shown(mixed) == shown(in_a_row)
    assert mixed.drawn == in_a_row.drawn


@given(sources(), st.data())
def test_repeats_change_nothing(feeds: list[list[Event]], data: st.DataObject) -> None:
    """The feed's writer repeats a stretch of each source after a crash; no source goes further back than it was."""
    once = interleaved(feeds, data)
    cut = data.draw(st.integers(0, len(once)))
    back = data.draw(st.integers(0, cut))
    assert shown(fold([*once[:cut], *once[back:]])) == shown(fold(once))


@given(sources(), st.data())
def test_the_steps_name_every_change(feeds: list[list[Event]], data: st.DataObject) -> None:
    """Whoever applies the changed rows of all steps has the board, as the read model does."""
    taken = steps(interleaved(feeds, data))
    for view in View:
        rows: dict[TeamId, Row] = {}
        for step in taken:
            rows.update({row.team_id: row for row in step.changed[view]})
        assert rows == taken[-1].board.drawn[view].rows


@given(sources(freeze=False), st.data())
def test_without_a_freeze_both_boards_are_one(feeds: list[list[Event]], data: st.DataObject) -> None:
    jury, public = shown(fold(interleaved(feeds, data)))
    assert public == jury


@given(sources(), st.data())
def test_after_the_thaw_both_boards_are_one(feeds: list[list[Event]], data: st.DataObject) -> None:
    jury, public = shown(fold([*interleaved(feeds, data), thaw()]))
    assert public == jury


@given(sources(), st.data())
def test_the_public_never_sees_more_than_the_jury(feeds: list[list[Event]], data: st.DataObject) -> None:
    jury, public = shown(fold(interleaved(feeds, data)))
    assert {team_id: row.solved for team_id, row in public.items() if row.solved > jury[team_id].solved} == {}


@given(sources(), st.data())
def test_what_was_learnt_in_parts_and_drawn_at_last_is_the_same_board(
    feeds: list[list[Event]], data: st.DataObject
) -> None:
    events = interleaved(feeds, data)
    cut, until = sorted(data.draw(st.tuples(st.integers(0, len(events)), st.integers(0, len(events)))))
    records = [
        FeedRecord(Position(topic="contest-feed", partition=0, offset=at), event) for at, event in enumerate(events)
    ]
    known = learn(learn(empty_board(CONTEST_ID), records[:cut]), records[cut:until])
    assert all(not drawn.rows for drawn in known.drawn.values())
    assert draw(known) == fold(events[:until])
