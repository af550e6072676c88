"""The board's read model: rows by the shared rule, in one batch per view, the same however the feed is cut."""

from dataclasses import replace
from itertools import pairwise

import orjson
from hypothesis import given
from hypothesis import strategies as st

from projections.models.boards import MAX_ROWS_TOLD, BoardFold
from projections.models.model import Effects, Fact
from schemas.events import (
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    Event,
    TeamRegistered,
)
from schemas.ids import ContestId, EventId, ProblemId, TeamId, UserId, judging_id
from schemas.rules.board_body import row_body
from schemas.rules.icpc_board import empty_board, evolve
from schemas.rules.icpc_row import View
from schemas.topics import CONTEST_FEED
from schemas.values import Position, Verdict
from tests.unit.projections.stories import submission
from tests.unit.projections.tables import Tables
from tests.unit.rules.contests import CONTEST_ID, at, revised


def feed(*events: Event) -> list[Fact]:
    """These as the records of a partition of the feed, each copied from a place of its own."""
    return [
        Fact(
            Position(topic=CONTEST_FEED.name, partition=0, offset=offset),
            replace(event, caused_by=Position(topic=f"source {offset}", partition=0, offset=0)),
        )
        for offset, event in enumerate(events)
    ]


def team(name: str, contest_id: ContestId = CONTEST_ID) -> TeamRegistered:
    return TeamRegistered(
        event_id=EventId(name),
        occurred_at=at(0),
        caused_by=None,
        contest_id=contest_id,
        team_id=TeamId(name),
        name=f"Team {name}",
        members=(UserId(name),),
    )


def accepted(number: int, who: str = "a", minute: float = 10, problem: str = "sum") -> ContestSubmissionAccepted:
    return ContestSubmissionAccepted(
        event_id=EventId(f"accepted {number}"),
        occurred_at=at(minute),
        caused_by=None,
        contest_id=CONTEST_ID,
        team_id=TeamId(who),
        submission_id=submission(number),
        problem_id=ProblemId(problem),
        submitted_at=at(minute),
    )


def judged(
    number: int, who: str = "a", minute: float = 10, said: Verdict = Verdict.AC, problem: str = "sum"
) -> ContestVerdictReached:
    return ContestVerdictReached(
        event_id=EventId(f"judged {number}"),
        occurred_at=at(minute),
        caused_by=None,
        contest_id=CONTEST_ID,
        team_id=TeamId(who),
        submission_id=submission(number),
        judging_id=judging_id(submission(number)),
        problem_id=ProblemId(problem),
        submitted_at=at(minute),
        verdict=said,
        score=1.0,
    )


def thawed() -> ContestThawed:
    return ContestThawed(event_id=EventId("thawed"), occurred_at=at(130), caused_by=None, contest_id=CONTEST_ID)


def effects_of(facts: list[Fact], cuts: list[int] | None = None) -> list[Effects]:
    fold, places = BoardFold(), [0, *sorted(cuts or []), len(facts)]
    return [fold.step(facts[start:end]) for start, end in pairwise(places)]


def written(facts: list[Fact], cuts: list[int] | None = None) -> Tables:
    tables = Tables()
    for effects in effects_of(facts, cuts):
        tables.apply(effects.writes)
    return tables


def rows(tables: Tables, view: View) -> dict[str, dict[str, object]]:
    found = tables.rows("boards", CONTEST_ID, view.value)
    return {row["team_id"]: orjson.loads(row["team_row"]) for row in found if row["team_id"] is not None}


def test_a_solve_shows_on_both_boards() -> None:
    tables = written(feed(revised(), team("a"), accepted(1), judged(1)))
    for view in View:
        row = rows(tables, view)["a"]
        assert (row["solved"], row["penalty_minutes"], row["version"]) == (1, 10, 3)


def test_a_solve_in_the_freeze_shows_to_the_jury_alone_until_the_thaw() -> None:
    story: list[Event] = [revised(), team("a"), accepted(1, minute=100), judged(1, minute=100)]
    before = written(feed(*story))
    assert [rows(before, view)["a"]["solved"] for view in (View.PUBLIC, View.JURY)] == [0, 1]
    after = written(feed(*story, thawed()))
    assert [rows(after, view)["a"]["solved"] for view in (View.PUBLIC, View.JURY)] == [1, 1]


def test_all_writes_of_a_view_are_of_one_partition() -> None:
    for effects in effects_of(feed(revised(), team("a"), team("b"), judged(1), judged(2, "b"))):
        assert {write.partition for write in effects.writes} == {(CONTEST_ID, view.value) for view in View}


def test_a_change_is_told_by_the_rows_that_changed() -> None:
    facts = feed(revised(), team("a"), team("b"), accepted(1), judged(1))
    told = effects_of(facts, [4])[-1].announcements
    assert [one.channel for one in told] == [f"board:{CONTEST_ID}:jury", f"board:{CONTEST_ID}"]
    assert {one.type for one in told} == {"rows"}
    data = orjson.loads(told[0].data)
    assert ([row["team_id"] for row in data["rows"]], data["offset"], data["epoch"]) == (["a"], 4, "1")
    assert data["rows"][0]["version"] == 4


def test_a_thaw_is_told_as_a_reset_and_makes_another_public_board() -> None:
    facts = feed(revised(), team("a"), accepted(1, minute=100), judged(1, minute=100), thawed())
    jury, public = effects_of(facts, [4])[-1].announcements
    assert (jury.type, public.type) == ("reset", "reset")
    assert [orjson.loads(one.data)["epoch"] for one in (jury, public)] == ["1", "1.thawed"]


def test_very_many_changed_rows_are_told_as_a_reset() -> None:
    facts = feed(revised(), *(team(str(number)) for number in range(MAX_ROWS_TOLD + 1)))
    assert {one.type for one in effects_of(facts, [1])[-1].announcements} == {"reset"}


def test_what_the_public_does_not_see_is_not_told_to_it() -> None:
    facts = feed(revised(), team("a"), accepted(1, minute=100), judged(1, minute=100))
    assert [one.channel for one in effects_of(facts, [3])[-1].announcements] == [f"board:{CONTEST_ID}:jury"]


def test_nothing_is_told_of_a_contest_that_is_not_known_yet() -> None:
    assert effects_of(feed(team("a"), judged(1)))[0].announcements == ()


def test_a_fold_that_failed_is_as_it_was_before() -> None:
    fold, facts = BoardFold(), feed(revised(), team("a"), judged(1))
    fold.step(facts[:2])
    try:
        fold.step([facts[2], Fact(facts[2].position, None)])  # type: ignore[arg-type]  # what cannot be folded
    except AttributeError:
        pass
    else:
        raise AssertionError("it was folded")
    assert fold.step(facts[2:]).announcements


STORIES = st.lists(
    st.one_of(
        st.just(revised()),
        st.just(thawed()),
        st.builds(team, st.sampled_from("ab")),
        st.builds(accepted, st.integers(1, 3), st.sampled_from("ab"), st.sampled_from((10, 100))),
        st.builds(
            judged, st.integers(1, 3), st.sampled_from("ab"), st.sampled_from((10, 100)), st.sampled_from(Verdict)
        ),
    ),
    max_size=15,
)


@given(STORIES, st.lists(st.integers(0, 15)))
def test_however_the_feed_is_cut_the_rows_are_the_same(events: list[Event], cuts: list[int]) -> None:
    facts = feed(*events)
    places = [cut for cut in cuts if cut <= len(facts)]
    assert written(facts, places).cells == written(facts, list(range(len(facts)))).cells


@given(STORIES)
def test_what_is_written_is_what_the_rule_says(events: list[Event]) -> None:
    facts = feed(*events)
    board = empty_board(CONTEST_ID)
    for fact in facts:
        board = evolve(board, fact.position, fact.event).board
    tables = written(facts)
    for view in View:
        found = {team_id: {**row, "version": 0} for team_id, row in rows(tables, view).items()}
        assert found == {row.team_id: {**row_body(row), "version": 0} for row in board.rows(view)}


def test_another_revision_draws_all_rows_anew() -> None:
    facts = feed(revised(), team("a"), judged(1, minute=30), revised(starts_at=at(20)))
    assert rows(written(facts), View.JURY)["a"]["penalty_minutes"] == 10
    assert isinstance(facts[-1].event, ContestRevised)
