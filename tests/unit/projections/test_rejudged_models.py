"""What is current moves with what was applied and reverted: in a submission, in lists and on boards, in any order."""

from dataclasses import replace
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.models.boards import BoardFold
from projections.models.model import BATCH_ROWS, Announcement, Effects, Fact, Tell, joined
from projections.models.problem_statistics import ROWS as PROBLEM_ROWS
from projections.models.submission import SubmissionView, currents_of, tell, view_of
from projections.models.submission_body import SubmissionBody, submission_body
from projections.models.submission_lists import OF_CONTEST, OF_PROBLEM, OF_USER, SubmissionLine, line_of
from projections.models.user_statistics import ROWS as USER_ROWS
from projections.projector.rows import batches_of
from schemas.events import ContestRejudged, Event
from schemas.ids import EventId, Sha256
from schemas.manifests import current_manifest
from schemas.rules.icpc_row import View
from schemas.rules.visibility import Sight
from schemas.topics import CONTEST_FEED, REJUDGING_REQUESTS, REJUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import Position, Verdict
from tests.unit.projections.rejudging_stories import RECHECK, RIVAL, Story, now_of, selected, verdict_of
from tests.unit.projections.stories import received, submission, verdict
from tests.unit.projections.tables import Tables
from tests.unit.projections.test_boards_model import feed, judged, rows, team
from tests.unit.rules.contests import CONTEST_ID, at, revised


def first_told() -> Story:
    """Judged as wrong, then rejudged as right; nothing is applied yet."""
    return Story().tell(received(), verdict(said=Verdict.WA)).open(selected(1)).tell(verdict_of(1))


def projected(facts: list[Fact]) -> Tables:
    tables = Tables()
    tables.apply(joined(map(tell, facts)).writes)
    return tables


def view(facts: list[Fact]) -> SubmissionView:
    tables = projected(facts)
    currents = currents_of(tables.rows("submission_currents", submission(1)))
    found = view_of(submission(1), tables.rows("submissions", submission(1)), currents)
    assert found is not None
    return found


def body(facts: list[Fact], sight: Sight = Sight.FULL) -> SubmissionBody:
    found = view(facts)
    return submission_body(found.submission, sight, version=found.version, applied=found.applied)


def current(facts: list[Fact]) -> list[str | None]:
    return [one["rejudging_id"] for one in body(facts)["judgings"] if one["current"]]


def told_of(facts: list[Fact]) -> list[Announcement]:
    return list(joined(map(tell, facts)).announcements)


def test_nothing_moves_before_it_is_applied() -> None:
    story = first_told()
    assert (body(story.facts)["verdict"], current(story.facts)) == ("WA", [None])
    assert [one.type for one in told_of(story.facts)] == ["received", "verdict"]
    assert len(view(story.facts).published().judgings) == 1


def test_applied_it_is_current_and_reverted_the_original_is_again() -> None:
    story = first_told().apply(now_of(1))
    assert (body(story.facts)["verdict"], current(story.facts)) == ("AC", [RECHECK])
    assert len(view(story.facts).published().judgings) == 2
    story.revert(now_of(1, Verdict.WA, by=None))
    assert (body(story.facts)["verdict"], current(story.facts)) == ("WA", [None])


def test_all_judgings_are_listed_with_what_they_are_of() -> None:
    listed = body(first_told().tell(verdict_of(1, Verdict.TLE, repeat=1)).facts)["judgings"]
    assert {(one["rejudging_id"], one["repeat"], one["verdict"], one["current"]) for one in listed} == {
        (None, 0, "WA", True),
        (RECHECK, 0, "AC", False),
        (RECHECK, 1, "TLE", False),
    }


def test_of_two_that_are_applied_the_later_decision_tells() -> None:
    story = first_told().tell(verdict_of(1, Verdict.RTE, rejudging=RIVAL))
    story.apply(now_of(1)).apply(now_of(1, Verdict.RTE, by=RIVAL), rejudging=RIVAL)
    assert current(story.facts) == [RIVAL]
    story.revert(rejudging=RECHECK)  # the other one stands on top: nothing moves
    assert current(story.facts) == [RIVAL]
    story.revert(now_of(1, Verdict.WA, by=None), rejudging=RIVAL)
    assert current(story.facts) == [None]


def test_a_decider_that_was_thought_dead_moves_nothing_back() -> None:
    story = first_told().apply(now_of(1)).revert(now_of(1, Verdict.WA, by=None)).apply(now_of(1))
    (old,) = (fact for fact in story.facts if type(fact.event).__name__ == "RejudgingReverted")
    late = old._replace(position=replace(old.position, offset=old.position.offset + 9))
    assert current([*story.facts, late]) == [RECHECK]
    outcomes = [line(facts).outcome for facts in (story.facts, [*story.facts, late], [late, *story.facts])]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert projected([*story.facts, late]).cells == projected(story.facts).cells
    assert tell(late).announcements[0].version == tell(old).announcements[0].version


def test_every_move_is_told_with_a_higher_version() -> None:
    story = first_told().apply(now_of(1)).revert(now_of(1, Verdict.WA, by=None))
    told = told_of(story.facts)
    assert [one.type for one in told] == ["received", "verdict", "rejudged", "rejudged"]
    assert all(one.version < other.version for one, other in pairwise(told))
    assert told[-1].version == view(story.facts).version < 2**53


def test_a_verdict_that_is_not_here_yet_is_told_by_what_made_it_current() -> None:
    without = [fact for fact in first_told().apply(now_of(1)).facts if fact.event != verdict_of(1)]
    shown = body(without)
    assert (shown["verdict"], shown["cpu_time_ms"], shown["cases"], shown["attempt_id"]) == ("AC", 9, [], None)


def test_what_a_freeze_hides_is_hidden_rejudged_or_not() -> None:
    story = first_told()
    before = body(story.facts, Sight.AS_QUEUED)
    assert body(story.apply(now_of(1)).facts, Sight.AS_QUEUED) == before
    assert before["judgings"] == []


@given(st.lists(st.sampled_from((SUBMISSIONS, VERDICTS, REJUDGING_REQUESTS, REJUDGINGS)), max_size=20), st.booleans())
def test_in_whatever_order_topics_are_read_the_same_is_current(order: list, twice: bool) -> None:  # type: ignore[type-arg]  # of topics
    story = first_told().apply(now_of(1)).revert(now_of(1, Verdict.WA, by=None)).apply(now_of(1))
    manifests = {fact.position: fact.manifest for fact in story.facts}
    facts = [fact._replace(manifest=manifests[fact.position]) for fact in story.log.interleaved(order)]
    assert projected(facts + (facts[::-1] if twice else [])).cells == projected(story.facts).cells
    assert current(facts) == [RECHECK]


def line(facts: list[Fact]) -> SubmissionLine:
    tables = Tables()
    tables.apply(joined(map(OF_USER.tell, facts)).writes)
    [row] = tables.rows("user_submissions", "ada", "202609")
    return line_of(row)


def test_a_list_shows_what_is_current() -> None:
    story = first_told()
    assert line(story.facts).outcome == line(story.facts[:2]).outcome
    story.apply(now_of(1))
    moved = line(story.facts)
    assert moved.outcome is not None
    assert (moved.outcome.verdict, moved.outcome.cpu_time_ms) == (Verdict.AC, 9)
    reverted = line(story.revert(now_of(1, Verdict.WA, by=None)).facts)
    assert reverted.outcome is not None
    assert (reverted.outcome.verdict, reverted.version > moved.version) == (Verdict.WA, True)


def test_a_line_that_has_no_verdict_again_takes_the_one_that_comes() -> None:
    story = Story().tell(received()).open(selected(1, None)).tell(verdict_of(1))
    story.apply(now_of(1)).revert(now_of(1, None, by=None))
    assert line(story.facts).outcome is None
    later = line(story.tell(verdict(said=Verdict.TLE)).facts)
    assert later.outcome is not None
    assert (later.outcome.verdict, later.version) == (Verdict.TLE, line(story.facts[:-1]).version)


def test_a_user_is_told_the_whole_line_and_contests_and_problems_list_it_too() -> None:
    story = Story().tell(received(contest="finals")).open(selected(1)).apply(now_of(1, contest="finals"))
    told = joined(map(OF_USER.tell, story.facts)).announcements[-1]
    assert (told.channel, orjson.loads(told.data)["verdict"]) == ("user:ada", "AC")
    for one in (OF_CONTEST, OF_PROBLEM):
        tables = Tables()
        tables.apply(joined(map(one.tell, story.facts)).writes)
        [cells] = [cells for cells in tables.cells[one.table].values() if "rejudged" in cells]
        assert set(cells) == {"received", "rejudged"}


@pytest.mark.parametrize("told", [OF_USER.tell, OF_PROBLEM.tell, PROBLEM_ROWS.tell, USER_ROWS.tell])
def test_many_rows_of_an_owner_are_written_some_at_a_time_and_each_once(told: Tell) -> None:
    applied = Story().apply(*map(now_of, range(3 * BATCH_ROWS))).facts[-1]
    writes = told(applied).writes
    assert len(set(writes)) == len(writes)
    assert len([write for write in writes if "_buckets" in write.cql]) <= 1
    sizes = sorted(map(len, batches_of(writes)))
    assert sizes[-1] <= BATCH_ROWS
    assert len(sizes) <= 8  # as many partitions as an owner's statistics have


def board_moved(offset: int, *verdicts: tuple[int, Verdict], reverted: bool = False) -> Fact:
    """The feed's step that makes these current, as the record at that offset."""
    by = None if reverted else RECHECK
    now = (replace(now_of(number, said, by=by, contest=CONTEST_ID), team_id="a") for number, said in verdicts)  # type: ignore[arg-type]  # a team's id
    manifest = current_manifest(replace(one, submitted_at=at(10)) for one in now)
    event = ContestRejudged(
        event_id=EventId("moved"),
        occurred_at=at(0),
        caused_by=Position(topic=REJUDGINGS.name, partition=0, offset=offset),
        contest_id=CONTEST_ID,
        rejudging_id=RECHECK,
        reverted=reverted,
        manifest=Sha256("0" * 64),
        changed=len(verdicts),
    )
    return Fact(Position(topic=CONTEST_FEED.name, partition=0, offset=offset), event, manifest)


WRONG: tuple[Event, ...] = (revised(), team("a"), team("b"), judged(1, said=Verdict.WA), judged(2, "b"))


def steps(*facts: Fact) -> tuple[Tables, list[Effects]]:
    fold, tables = BoardFold(), Tables()
    effects = [fold.step([fact]) for fact in facts]
    for one in effects:
        tables.apply(one.writes)
    return tables, effects


def test_a_rejudging_is_one_batch_one_reset_and_another_epoch_of_both_boards() -> None:
    tables, effects = steps(*feed(*WRONG), board_moved(5, (1, Verdict.AC)))
    assert {write.partition for write in effects[-1].writes} == {(CONTEST_ID, view.value) for view in View}
    assert [(one.type, orjson.loads(one.data)["epoch"]) for one in effects[-1].announcements] == [("reset", "1.r5")] * 2
    for one in View:
        shown = rows(tables, one)
        assert [shown[name]["solved"] for name in "ab"] == [1, 1]
    [row, *_] = tables.rows("boards", CONTEST_ID, "public")
    assert (row["rejudged_at"], row["board_offset"]) == (5, 5)


def test_reverted_the_board_is_as_it_was_in_yet_another_epoch() -> None:
    before, _ = steps(*feed(*WRONG))
    tables, effects = steps(
        *feed(*WRONG), board_moved(5, (1, Verdict.AC)), board_moved(6, (1, Verdict.WA), reverted=True)
    )
    for one in View:
        now, then = ({name: {**row, "version": 0} for name, row in rows(it, one).items()} for it in (tables, before))
        assert now == then
    assert orjson.loads(effects[-1].announcements[0].data)["epoch"] == "1.r6"


def test_however_the_feed_is_cut_around_it_the_rows_are_the_same() -> None:
    facts = [*feed(*WRONG), board_moved(5, (1, Verdict.AC)), board_moved(6, (1, Verdict.WA), reverted=True)]
    whole = Tables()
    whole.apply(BoardFold().step(facts).writes)
    assert whole.cells == steps(*facts)[0].cells
