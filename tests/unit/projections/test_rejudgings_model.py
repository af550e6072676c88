"""The read model of rejudgings: state and history by the decider's rule, progress, results; whatever the order."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.models.model import Effects, Fact
from projections.models.rejudging_reads import RejudgingView, rejudged, summed, view_of
from projections.models.rejudgings import SHARDS, RejudgingFold, shard_of
from projections.rejudging_body import rejudging_body
from schemas.ids import RejudgingId
from schemas.rules.rejudging_effect import Rejudged
from schemas.values import RejudgingChange, Verdict
from tests.unit.projections.rejudging_stories import (
    RECHECK,
    RIVAL,
    Story,
    asked,
    cancelled,
    change,
    counted,
    now_of,
    opened,
    paused,
    refused,
    resumed,
    selected,
    verdict_of,
)
from tests.unit.projections.stories import NOON, submission, verdict
from tests.unit.projections.tables import Tables


def effects_of(facts: list[Fact]) -> Effects:
    return RejudgingFold().step(facts)


def written(facts: list[Fact]) -> Tables:
    tables = Tables()
    tables.apply(effects_of(facts).writes)
    return tables


def view(story: Story, rejudging: RejudgingId = RECHECK) -> RejudgingView:
    found = view_in(written(story.facts), rejudging)
    assert found is not None
    return found


def view_in(tables: Tables, rejudging: RejudgingId = RECHECK) -> RejudgingView | None:
    results = [row for shard in range(SHARDS) for row in tables.rows("rejudging_results", rejudging, shard)]
    judged = [row for row in results if row["result"] is not None]
    counts = {
        "done": len(judged),
        "last_at_us": max((row["judged_at_us"] for row in judged), default=None),
        "stored": sum(row["cases_stored"] for row in judged),
        "run": sum(row["cases_run"] for row in judged),
    }
    return view_of(rejudging, tables.rows("rejudgings", rejudging), summed([counts]))


def result(story: Story, number: int = 1) -> Rejudged:
    rows = written(story.facts).rows("rejudging_results", RECHECK, shard_of(submission(number)))
    return rejudged([row for row in rows if row["submission_id"] == submission(number)])


def test_what_was_asked_for_shows_before_it_is_decided() -> None:
    body = rejudging_body(view(Story().tell(asked())), NOON)
    assert (body["state"], body["requested_by"], body["total"]) == ("requested", "judy", 0)
    assert [one["asked"] for one in body["undecided"]] == ["open"]
    assert (body["history"], body["rate_per_s"]) == ([], None)


def test_states_are_the_deciders() -> None:
    story = Story().open(selected(1), selected(2))
    assert view(story).state == "judging"
    story.tell(change(RejudgingChange.PAUSE), paused())
    assert view(story).state == "paused"
    story.tell(change(RejudgingChange.RESUME), resumed(), verdict_of(1))
    assert view(story).state == "judging"
    story.tell(verdict_of(2))
    assert view(story).state == "judged"
    story.apply(now_of(1), now_of(2))
    assert view(story).state == "applied"
    story.revert(now_of(1, by=None), now_of(2, by=None))
    assert view(story).state == "reverted"
    story.tell(change(RejudgingChange.CANCEL), cancelled())
    assert view(story).state == "cancelled"


def test_a_dry_run_is_counted() -> None:
    body = rejudging_body(view(Story().tell(asked(dry_run=True), counted(3))), NOON)
    assert (body["state"], body["selected"], body["total"], body["dry_run"]) == ("counted", 3, 0, True)


def test_a_refusal_says_what_to_do_and_changes_nothing() -> None:
    story = Story().open(selected(1)).tell(change(RejudgingChange.APPLY), refused())
    body = rejudging_body(view(story), NOON)
    assert body["state"] == "judging"
    (told,) = body["refusals"]
    assert (told["asked"], told["refusal"], told["caused_by"]) == ("apply", "judgings-open", "rejudging-requests:0:1")
    assert body["undecided"] == []


def test_a_refused_opening_and_a_change_of_nothing_are_refused() -> None:
    assert view(Story().tell(asked(), refused("open"))).state == "refused"
    unknown = Story().tell(change(RejudgingChange.APPLY), refused("apply"))
    assert (view(unknown).state, view(unknown).request) == ("refused", None)


def test_the_history_tells_who_when_and_why() -> None:
    body = rejudging_body(view(Story().open(selected(1)).tell(verdict_of(1)).apply(now_of(1))), NOON)
    assert [(one["event"], one["by"], one["reason"]) for one in body["history"]] == [
        ("opened", "judy", "the checker was wrong"),
        ("applied", "judy", "right"),
    ]
    assert [one["changed"] for one in body["history"]] == [None, 1]
    assert body["history"][1]["position"] == "rejudgings:0:1"


def test_the_rate_leaves_out_what_was_paused() -> None:
    story = Story().open(*(selected(number) for number in range(4)))
    story.tell(verdict_of(0, minute=1), verdict_of(1, minute=2))
    story.tell(change(RejudgingChange.PAUSE), paused(2), change(RejudgingChange.RESUME), resumed(10))
    body = rejudging_body(view(story), NOON + timedelta(minutes=12))
    assert (body["done"], body["left"], body["rate_per_s"], body["remaining_s"]) == (2, 2, 2 / 240, 240.0)


def test_while_it_is_paused_nothing_remains_to_be_waited_for() -> None:
    story = (
        Story().open(selected(1), selected(2)).tell(verdict_of(1, minute=1), change(RejudgingChange.PAUSE), paused(2))
    )
    assert rejudging_body(view(story), NOON + timedelta(minutes=9))["remaining_s"] is None


def test_the_first_verdict_of_a_judging_counts() -> None:
    story = Story().open(selected(1)).tell(verdict_of(1, Verdict.AC), verdict_of(1, Verdict.RTE))
    assert view(story).counts.done == 1
    assert [one.verdict for one in result(story).outcomes] == [Verdict.AC]


def test_results_stand_by_repeat_beside_what_was_selected() -> None:
    story = Story().open(selected(1, Verdict.WA), repeats=2)
    story.tell(verdict_of(1, Verdict.TLE, repeat=1), verdict_of(1, Verdict.AC))
    found = result(story)
    assert (found.old, found.new and found.new.verdict, found.is_changed) == (Verdict.WA, Verdict.AC, True)
    assert [(one.repeat, one.verdict, one.cases_run) for one in found.outcomes] == [
        (0, Verdict.AC, 3),
        (1, Verdict.TLE, 3),
    ]


def test_verdicts_of_others_are_nothing_of_it() -> None:
    story = Story().open(selected(1)).tell(verdict(1), verdict_of(1, rejudging=RIVAL))
    assert view(story).counts.done == 0


def test_many_verdicts_of_a_step_are_told_once() -> None:
    story = Story().open(*(selected(number) for number in range(9)))
    story.tell(*(verdict_of(number) for number in range(9)))
    told = effects_of(story.facts).announcements
    assert [(one.channel, one.type) for one in told] == [
        (f"rejudging:{RECHECK}", kind) for kind in ("requested", "opened", "progressed")
    ]


def test_a_large_selection_is_written_in_pieces() -> None:
    story = Story().open(*(selected(number) for number in range(3_000)))
    pieces = [write.partition for write in effects_of(story.facts).writes]
    assert max(pieces.count(piece) for piece in set(pieces)) <= 100


def test_a_decision_that_stands_twice_is_told_once() -> None:
    story = Story().open(selected(1))
    again = story.facts[-1]
    story.log.tell(again.event)
    story.facts.append(again._replace(position=story.log.of_topic[next(reversed(story.log.of_topic))][-1].position))
    assert [one["event"] for one in rejudging_body(view(story), NOON)["history"]] == ["opened"]


@given(st.permutations(range(9)), st.booleans())
def test_any_order_and_any_repeat_leave_the_same_rows(order: list[int], repeats: bool) -> None:
    story = Story().open(selected(1), selected(2), repeats=2)
    story.tell(verdict_of(1), verdict_of(1, Verdict.WA), verdict_of(2), verdict_of(1, repeat=1))
    story.apply(now_of(1)).tell(verdict(2))
    facts = [story.facts[at] for at in order]
    assert written(facts + (facts if repeats else [])).cells == written(story.facts).cells


def test_an_opening_without_its_manifest_is_not_folded() -> None:
    story = Story().tell(asked(), opened())
    with pytest.raises(ValueError, match="manifest"):
        effects_of([fact._replace(manifest=None) for fact in story.facts])
