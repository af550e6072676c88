"""Random orders of everything that may happen to rejudgings: what is kept in every one of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Event, RejudgingApplied, RejudgingOpened, RejudgingRefused, RejudgingReverted
from schemas.ids import RejudgingId, judging_id
from schemas.manifests import read_current, read_selection
from schemas.rules.rejudging import OPEN, Decided, Rejudgings, applied_judgings, under_way
from schemas.rules.rejudging import evolve as evolve_rejudgings
from schemas.rules.submission import Judged, Received, Submission, accepted, current, evolve, initial
from schemas.values import RejudgingChange, Verdict
from tests.unit.stream_processors.rejudging_world import World, change, only, opening

NUMBERS = (1, 2, 3, 4)
NAMES = ("a", "b", "c")
numbers = st.sets(st.sampled_from(NUMBERS), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
verdicts = st.sampled_from([Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.JUDGE_ERROR])
names = st.sampled_from(NAMES)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("open"), names, numbers),
        st.tuples(st.just("judge"), st.sampled_from(NUMBERS), verdicts),
        st.tuples(st.just("rejudge"), names, verdicts),
        st.tuples(st.just("rejudge"), names, verdicts),
        st.tuples(st.just("apply"), names, st.none() | numbers),
        st.tuples(st.just("apply"), names, st.none()),
        st.tuples(st.sampled_from(["revert", "cancel", "pause", "resume"]), names, st.none()),
        st.tuples(st.just("repeat"), st.integers(0, 50), st.none()),
    ),
    max_size=30,
)
Step = tuple[str, Any, Any]


def play(world: World, step: Step) -> None:
    match step:
        case "open", name, chosen:
            world.ask(opening(name, filter=only(*chosen)))
        case "judge", number, verdict:
            world.judge(number, verdict)
        case "rejudge", name, verdict:
            if name in world.rejudgings.known and world.rejudgings.known[RejudgingId(name)].opened is not None:
                world.judge_all(name, verdict)
        case "repeat", number, _:
            if world.decisions:
                world.take(world.decisions[number % len(world.decisions)])
        case what, name, chosen:
            world.ask(change(name, RejudgingChange(what), only(*chosen) if chosen else None))


def played(story: Sequence[Step], most_open: int = len(NAMES)) -> World:
    world = World(most_open=most_open)
    for number in NUMBERS:
        world.submit(number)
    for step in story:
        play(world, step)
    return world


def is_of_new(event: Decided) -> bool:
    """Whether it is about an opening under an id that was not decided about before."""
    if isinstance(event, RejudgingRefused):
        return event.asked == OPEN and event.refusal != "already-decided"
    return isinstance(event, RejudgingOpened)


@settings(max_examples=60)
@given(steps)
def test_every_reader_of_manifests_knows_what_the_rule_says(story: list[Step]) -> None:
    world = played(story)
    assert world.seen_by_a_reader() == world.current()


@settings(max_examples=40)
@given(steps)
def test_current_is_the_last_one_applied_and_not_reverted_that_covers(story: list[Step]) -> None:
    world = played(story)
    applied: list[tuple[RejudgingId, frozenset[str]]] = []
    decided_to = -1
    for event in world.decisions:
        assert event.caused_by is not None
        if event.caused_by.offset <= decided_to:
            continue
        decided_to = event.caused_by.offset
        if isinstance(event, RejudgingApplied):
            covered = frozenset(row.submission_id for row in read_current(world.manifests[event.manifest]))
            applied.append((event.rejudging_id, covered))
        elif isinstance(event, RejudgingReverted):
            applied = [one for one in applied if one[0] != event.rejudging_id]
    for submission in world.submissions:
        by = [name for name, covered in applied if submission.submission_id in covered]
        expected = judging_id(submission.submission_id, by[-1]) if by else judging_id(submission.submission_id)
        assert world.current()[submission.submission_id] == expected


@settings(max_examples=40)
@given(steps)
def test_a_submission_shows_what_the_rule_says(story: list[Step]) -> None:
    world = played(story)
    for submission in world.submissions:
        folded: Submission = initial(submission.submission_id)
        events: list[Event] = [submission, *world.verdicts]
        for event in events:
            folded = evolve(folded, event)
        assert isinstance(folded, Received)
        assert folded.accepted == accepted(submission)
        shown = current(folded, applied_judgings(submission.submission_id, world.covering()))
        expected = world.current()[submission.submission_id]
        assert (shown.judging_id if isinstance(shown, Judged) else judging_id(submission.submission_id)) == expected


@settings(max_examples=40)
@given(steps, steps)
def test_nothing_that_was_known_is_lost_or_changed(before: list[Step], after: list[Step]) -> None:
    world = played(before)
    earlier = {name: known.history for name, known in world.rejudgings.known.items()}
    opened = {name: known.opened for name, known in world.rejudgings.known.items()}
    verdicts_before = list(world.verdicts)
    for step in after:
        play(world, step)
    for name, history in earlier.items():
        assert world.rejudgings.known[name].history[: len(history)] == history
        assert world.rejudgings.known[name].opened == opened[name]
    assert world.verdicts[: len(verdicts_before)] == verdicts_before


@settings(max_examples=40)
@given(steps)
def test_rejudgings_do_not_disturb_one_another(story: list[Step]) -> None:
    """Without the others, each is decided as with them, for what is selected here does not depend on verdicts."""
    world = played(story)
    for name in NAMES:
        kept = ("open", "rejudge", "apply", "revert", "cancel", "pause", "resume")
        alone = played([step for step in story if step[0] == "judge" or (step[0] in kept and step[1] == name)])
        known, known_alone = (one.rejudgings.known.get(RejudgingId(name)) for one in (world, alone))
        if known is None or known_alone is None:
            assert known is known_alone
            continue
        assert known.state is known_alone.state
        assert [type(event) for event in known.history] == [type(event) for event in known_alone.history]
        if known.opened is not None and known_alone.opened is not None:
            selected, selected_alone = (
                {row.submission_id for row in read_selection(one.manifests[opened.manifest])}
                for one, opened in ((world, known.opened), (alone, known_alone.opened))
            )
            assert selected == selected_alone


@settings(max_examples=40)
@given(steps, st.integers(1, 2))
def test_an_opening_is_refused_for_those_under_way_exactly_where_they_are_too_many(
    story: list[Step], most_open: int
) -> None:
    world = played(story, most_open)
    folded = Rejudgings()
    for offset, event in enumerate(world.decisions):
        before, folded = folded, evolve_rejudgings(folded, offset, event)
        assert under_way(folded) <= most_open
        assert event.caused_by is not None
        if event.caused_by.offset > before.decided_to and is_of_new(event):
            assert isinstance(event, RejudgingOpened) == (under_way(before) < most_open)


@settings(max_examples=40)
@given(steps, st.integers(0, 50))
def test_repeats_change_nothing_and_a_refusal_changes_nothing_else(story: list[Step], number: int) -> None:
    world = played(story)
    before = world.rejudgings
    if world.decisions:
        world.take(world.decisions[number % len(world.decisions)])
        assert world.rejudgings == replace(before, offset=before.offset + 1)
    before, current_before = world.rejudgings, world.current()
    if isinstance(world.ask(change("a", RejudgingChange.RESUME)), RejudgingRefused):
        assert world.current() == current_before
        assert {name: known.state for name, known in world.rejudgings.known.items()} == {
            name: known.state for name, known in before.known.items()
        }


@settings(max_examples=40)
@given(steps)
def test_our_own_failure_is_never_current_by_a_rejudging(story: list[Step]) -> None:
    world = played(story)
    for event in world.decisions:
        if isinstance(event, RejudgingApplied):
            assert all(row.verdict is not Verdict.JUDGE_ERROR for row in read_current(world.manifests[event.manifest]))
