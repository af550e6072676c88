"""A rejudged board: one step, and the same as if the new verdicts had been the first ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import ContestRejudged, Event
from schemas.ids import ContestId, EventId, LanguageId, ProblemId, RejudgingId, Sha256, TeamId, UserId, judging_id
from schemas.manifests import NowCurrent
from schemas.rules.icpc_board import Board, FeedRecord, Step, draw, empty_board, evolve
from schemas.rules.icpc_learning import learn
from schemas.rules.icpc_row import View
from schemas.values import Position, Verdict
from tests.unit.rules.contests import CONTEST_ID, START, at, revised
from tests.unit.rules.test_icpc_board import OPENED, decided, drawing, source, submission_id, team, thaw, tried

RECHECK = "0197a000-0000-7000-8000-0000000000aa"

Told = tuple[Event, tuple[NowCurrent, ...]]


def now(
    number: int, who: str | None, minute: float, verdict: str | None, problem: str = "sum", *, by: str = "original"
) -> NowCurrent:
    return NowCurrent(
        submission_id=submission_id(number),
        user_id=UserId("u"),
        team_id=None if who is None else TeamId(who),
        contest_id=CONTEST_ID,
        problem_id=ProblemId(problem),
        language=LanguageId("cpp"),
        submitted_at=at(minute),
        judging_id=judging_id(submission_id(number), by),
        verdict=None if verdict is None else Verdict(verdict),
        score=float(verdict == "AC"),
        cpu_time_ms=3,
        memory_bytes=1,
    )


def rejudged(*rows: NowCurrent, reverted: bool = False) -> Told:
    event = ContestRejudged(
        event_id=EventId("r"),
        occurred_at=START,
        caused_by=source("rejudgings"),
        contest_id=CONTEST_ID,
        rejudging_id=RejudgingId(RECHECK),
        reverted=reverted,
        manifest=Sha256("0" * 64),
        changed=len(rows),
    )
    return event, rows


def steps(*told: Event | Told) -> list[Step]:
    board, taken = empty_board(CONTEST_ID), []
    for offset, one in enumerate(told):
        event, rows = one if isinstance(one, tuple) else (one, ())
        taken.append(evolve(board, Position(topic="contest-feed", partition=0, offset=offset), event, rows))
        board = taken[-1].board
    return taken


def fold(*told: Event | Told) -> Board:
    """The board after these; whoever learns them without drawing has the same."""
    board = steps(*told)[-1].board
    records = (
        FeedRecord(
            Position(topic="contest-feed", partition=0, offset=offset), *(one if isinstance(one, tuple) else (one,))
        )
        for offset, one in enumerate(told)
    )
    assert draw(learn(empty_board(CONTEST_ID), records)) == board
    return board


def drawings(board: Board) -> tuple[str, str]:
    return drawing(board, "jury"), drawing(board, "public")


JUDGED = (
    *OPENED,
    decided(1, "one", 5, "WA"),
    decided(2, "one", 9, "AC"),
    decided(3, "two", 7, "AC"),
    decided(4, "two", 100, "WA", "gcd"),
)
APPLIED = rejudged(
    now(1, "one", 5, "AC", by=RECHECK), now(3, "two", 7, "WA", by=RECHECK), now(4, "two", 100, "AC", "gcd", by=RECHECK)
)
REVERTED = rejudged(now(1, "one", 5, "WA"), now(3, "two", 7, "AC"), now(4, "two", 100, "WA", "gcd"), reverted=True)


def test_an_applied_rejudging_moves_cells_penalties_and_first_solves() -> None:
    assert drawing(fold(*JUDGED), "jury") == "1 two 1 7 A:1@7* B:1\n2 one 1 29 A:2@9 B:0"
    assert drawing(fold(*JUDGED, APPLIED), "jury") == "1 one 1 5 A:1@5* B:0\n2 two 1 100 A:1 B:1@100*"


def test_what_the_freeze_hides_stays_hidden_and_shows_after_the_thaw() -> None:
    board = fold(*JUDGED, APPLIED)
    assert drawing(board, "public") == "1 one 1 5 A:1@5* B:0\n2 two 0 0 A:1 B:0+1"
    assert drawing(fold(*JUDGED, APPLIED, thaw()), "public") == drawing(board, "jury")


def test_it_is_one_step_that_changes_the_contest() -> None:
    *_, step = steps(*JUDGED, APPLIED)
    assert step.contest_changed
    assert {row.team_id for row in step.changed[View.JURY]} == {"one", "two"}
    assert step.board.rejudged_at == step.board.offset


def test_a_rejudging_of_another_contest_and_of_nobody_moves_nothing() -> None:
    elsewhere = replace(now(1, "one", 5, "AC", by=RECHECK), contest_id=ContestId("another"))
    board = fold(*JUDGED, rejudged(elsewhere, now(9, None, 5, "AC", by=RECHECK)))
    assert drawings(board) == drawings(fold(*JUDGED))


def test_a_repeat_is_no_second_step() -> None:
    *_, step = steps(*JUDGED, APPLIED, APPLIED)
    assert not step.contest_changed


def test_an_original_verdict_that_comes_later_lies_under_the_rejudged_one() -> None:
    late = decided(1, "one", 5, "WA")
    board = fold(*OPENED, tried(1, "one", 5), rejudged(now(1, "one", 5, "AC", by=RECHECK)), late)
    assert drawing(board, "jury").startswith("1 one 1 5 A:1@5*")
    there_and_back = (rejudged(now(1, "one", 5, "AC", by=RECHECK)), rejudged(now(1, "one", 5, None), reverted=True))
    assert drawings(fold(*OPENED, *there_and_back, late)) == drawings(fold(*OPENED, late))


@dataclass(frozen=True)
class Story:
    """A submission: whose, when, to what, its verdict, and that of a rejudging, if it was in one."""

    who: str
    minute: int
    problem: str
    first: str | None
    then: str | None


VERDICTS = st.sampled_from([verdict.value for verdict in Verdict if verdict is not Verdict.UNKNOWN])
APPLICABLE = VERDICTS.filter(lambda verdict: verdict != "JUDGE_ERROR")
STORIES = st.lists(
    st.builds(
        Story,
        st.sampled_from(("one", "two", "three")),
        st.integers(0, 119),
        st.sampled_from(("sum", "gcd")),
        VERDICTS,
        st.none() | APPLICABLE,
    ),
    max_size=12,
)


def originals(stories: Sequence[Story]) -> list[Event]:
    return [
        decided(number, one.who, one.minute, one.first, one.problem)
        for number, one in enumerate(stories)
        if one.first is not None
    ]


def applied(stories: Sequence[Story]) -> Told:
    chosen = [(number, one) for number, one in enumerate(stories) if one.then is not None]
    return rejudged(*(now(number, one.who, one.minute, one.then, one.problem, by=RECHECK) for number, one in chosen))


def reverted(stories: Sequence[Story]) -> Told:
    chosen = [(number, one) for number, one in enumerate(stories) if one.then is not None]
    rows = (now(number, one.who, one.minute, one.first, one.problem) for number, one in chosen)
    return rejudged(*rows, reverted=True)


TEAMS = (revised(), team("one"), team("two"), team("three"))


@given(STORIES, st.booleans())
def test_applied_it_equals_a_board_of_which_the_new_verdicts_were_the_first(stories: list[Story], thaws: bool) -> None:
    end = (thaw(),) if thaws else ()
    new = [replace(one, first=one.then or one.first) for one in stories]
    ours = fold(*TEAMS, *originals(stories), applied(stories), *end)
    assert drawings(ours) == drawings(fold(*TEAMS, *originals(new), *end))
    assert {view: drawn.firsts for view, drawn in ours.drawn.items()} == {
        view: drawn.firsts for view, drawn in fold(*TEAMS, *originals(new), *end).drawn.items()
    }


@given(STORIES)
def test_applied_and_reverted_it_equals_the_board_without(stories: list[Story]) -> None:
    ours = fold(*TEAMS, *originals(stories), applied(stories), reverted(stories))
    assert drawings(ours) == drawings(fold(*TEAMS, *originals(stories)))
    assert ours.tries == fold(*TEAMS, *originals(stories)).tries


@given(STORIES, st.data())
def test_wherever_in_the_feed_it_comes_the_board_is_the_same(stories: list[Story], data: st.DataObject) -> None:
    feed: list[Event | Told] = [*TEAMS, *originals(stories)]
    first = data.draw(st.integers(0, len(feed)))
    then = data.draw(st.integers(first, len(feed)))
    for ending in ([applied(stories)], [applied(stories), reverted(stories)]):
        places = [first, then][: len(ending)]
        mixed = list(feed)
        for shift, (place, one) in enumerate(zip(places, ending, strict=True)):
            mixed.insert(place + shift, one)
        assert drawings(fold(*mixed)) == drawings(fold(*feed, *ending))
