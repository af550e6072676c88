"""What is decided about rejudgings, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.events import (
    ContestRejudged,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCounted,
    RejudgingOpened,
    RejudgingRefused,
    RejudgingReverted,
)
from schemas.ids import LanguageId, ProblemId, ProblemRevision, TeamId, derived_event_id, judging_id
from schemas.manifests import Selected, read_current, read_selection
from schemas.values import (
    Comparison,
    ComparisonKind,
    JudgingOverride,
    LimitsOverride,
    Position,
    RejudgingChange,
    SubmissionFilter,
    Verdict,
)
from stream_processors.build_job import Unobtainable
from stream_processors.decide_rejudgings import contests_rejudged
from tests.unit.stream_processors.examples import DEFINITION, NOW, submission_id
from tests.unit.stream_processors.rejudging_world import World, change, only, opening

APPLY, REVERT, CANCEL = RejudgingChange.APPLY, RejudgingChange.REVERT, RejudgingChange.CANCEL
PAUSE, RESUME = RejudgingChange.PAUSE, RejudgingChange.RESUME
REVISED = JudgingOverride(problem_revision=ProblemRevision("f" * 64))
OF_SUM = replace(DEFINITION, problem_id=ProblemId("sum"))


@pytest.fixture
def world() -> World:
    """Three of a contest and one of practice, in two problems; the last is not judged yet."""
    world = World()
    world.submit(1, contest="finals", team_id=TeamId("red"))
    world.submit(2, contest="finals", team_id=TeamId("blue"))
    world.submit(3, "graph", contest="finals", team_id=TeamId("red"))
    world.submit(4, language=LanguageId("java"))
    world.judge(1, Verdict.WA)
    world.judge(2, Verdict.AC)
    world.judge(3, Verdict.TLE)
    return world


def refusal(decided: Any) -> str:
    assert isinstance(decided, RejudgingRefused), decided
    assert decided.detail.endswith((".", "definition", "gone"))
    return decided.refusal


def test_what_is_selected_is_resolved_once_and_named_by_its_manifest(world: World) -> None:
    opened = world.ask(opening("a", filter=SubmissionFilter(problem_ids=(ProblemId("sum"),)), everything=False))
    assert isinstance(opened, RejudgingOpened)
    assert opened.event_id == derived_event_id("RejudgingOpened", "rejudging-requests:0:0")
    assert opened.caused_by == Position(topic="rejudging-requests", partition=0, offset=0)
    assert (opened.selected, opened.contest_ids, opened.requested_by) == (3, ("finals",), "jury")
    rows = read_selection(world.manifests[opened.manifest])
    assert rows[0] == Selected(
        submission_id=submission_id(1),
        offset=0,
        contest_id=opened.contest_ids[0],
        judging_id=judging_id(submission_id(1)),
        verdict_offset=0,
        verdict=Verdict.WA,
    )
    assert [(row.submission_id, row.verdict) for row in rows[1:]] == [
        (submission_id(2), Verdict.AC),
        (submission_id(4), None),
    ]


def test_a_filter_asks_for_the_verdict_that_is_current(world: World) -> None:
    world.ask(opening("a", filter=only(1, 2)))
    world.judge_all("a", Verdict.TLE)
    world.ask(change("a", APPLY))
    slow = SubmissionFilter(verdicts=(Verdict.TLE,))
    opened = world.ask(opening("b", filter=slow))
    assert isinstance(opened, RejudgingOpened)
    rows = read_selection(world.manifests[opened.manifest])
    assert [row.submission_id for row in rows] == [submission_id(number) for number in (1, 2, 3)]
    assert rows[0].judging_id == judging_id(submission_id(1), "a")


def test_a_dry_run_counts(world: World) -> None:
    counted = world.ask(opening("a", dry_run=True))
    assert isinstance(counted, RejudgingCounted)
    assert (counted.selected, counted.contest_ids) == (4, ("finals",))
    assert refusal(world.ask(change("a", APPLY))) == "dry-run"
    assert isinstance(world.ask(opening("b", dry_run=True, filter=only(9))), RejudgingCounted)


LATER = NOW + timedelta(seconds=1)
BAD_OPENINGS: list[tuple[dict[str, Any], str]] = [
    ({"everything": False}, "filter-restricts-nothing"),
    ({"filter": only(9)}, "selects-nothing"),
    ({"filter": SubmissionFilter(submitted_from=LATER)}, "time-in-future"),
    ({"filter": SubmissionFilter(submitted_before=LATER)}, "time-in-future"),
    ({"filter": SubmissionFilter(submitted_from=NOW, submitted_before=NOW)}, "empty-time-range"),
    ({"repeats": 0}, "repeats-out-of-bounds"),
    ({"repeats": 1000}, "repeats-out-of-bounds"),
    ({"override": JudgingOverride(limits=LimitsOverride(cpu_time_ms=0))}, "limits-out-of-bounds"),
    ({"override": JudgingOverride(limits=LimitsOverride(memory_bytes=1 << 50))}, "limits-out-of-bounds"),
    ({"override": JudgingOverride(image="UPPER CASE")}, "unknown-image"),
    ({"override": JudgingOverride(image="judgestream/cpp:1")}, "several-languages"),
    (
        {"override": JudgingOverride(comparison=Comparison(kind=ComparisonKind.UNKNOWN))},
        "unknown-comparison",
    ),
]


@pytest.mark.parametrize(("fields", "rule"), BAD_OPENINGS)
def test_a_bad_opening_is_refused_and_opens_nothing(world: World, fields: dict[str, Any], rule: str) -> None:
    assert refusal(world.ask(opening("a", **fields))) == rule
    assert world.rejudgings.known["a"].opened is None  # type: ignore[index]  # an id is a string
    assert refusal(world.ask(change("a", APPLY))) == "unknown-rejudging"


@pytest.mark.parametrize(
    ("numbers", "revised", "rule"),
    [
        ((1, 2), Unobtainable(reason="it is gone."), "unknown-revision"),
        ((1, 3), OF_SUM, "several-problems"),
        ((3,), OF_SUM, "revision-of-other-problem"),
    ],
)
def test_a_revision_has_to_fit_the_selection(world: World, numbers: tuple[int, ...], revised: Any, rule: str) -> None:
    assert refusal(world.ask(opening("a", filter=only(*numbers), override=REVISED), revised)) == rule


def test_a_revision_of_the_problem_and_an_image_of_the_language_are_taken(world: World) -> None:
    assert isinstance(world.ask(opening("a", filter=only(1, 2), override=REVISED), OF_SUM), RejudgingOpened)
    image = JudgingOverride(image="judgestream/cpp:abc")
    assert isinstance(world.ask(opening("b", filter=only(1, 2), override=image)), RejudgingOpened)


def test_an_id_is_used_once(world: World) -> None:
    world.ask(opening("a"))
    assert refusal(world.ask(opening("a"))) == "already-decided"


def test_no_more_are_under_way_at_once_than_may_be(world: World) -> None:
    world.most_open = 2
    assert isinstance(world.ask(opening("a", filter=only(1))), RejudgingOpened)
    assert isinstance(world.ask(opening("b", filter=only(2))), RejudgingOpened)
    world.ask(change("b", RejudgingChange.PAUSE))
    full = world.ask(opening("c", filter=only(1)))
    assert isinstance(full, RejudgingRefused)
    assert (full.refusal, full.detail.startswith("2 are under way")) == ("too-many-open", True)
    assert isinstance(world.ask(opening("d", filter=only(1), dry_run=True)), RejudgingCounted)
    world.judge_all("a")
    assert isinstance(world.ask(change("a", APPLY)), RejudgingApplied)
    assert isinstance(world.ask(opening("e", filter=only(1))), RejudgingOpened)
    world.ask(change("a", RejudgingChange.REVERT))
    assert refusal(world.ask(opening("f", filter=only(1)))) == "too-many-open"
    world.ask(change("b", RejudgingChange.CANCEL))
    assert isinstance(world.ask(opening("g", filter=only(1))), RejudgingOpened)


def test_apply_waits_for_every_judging_and_says_how_many_are_open(world: World) -> None:
    world.ask(opening("a", filter=only(1, 2), repeats=2))
    world.judge(1, Verdict.AC, "a")
    waiting = world.ask(change("a", APPLY))
    assert refusal(waiting) == "judgings-open"
    assert isinstance(waiting, RejudgingRefused)
    assert waiting.detail.startswith("3 of 4 judgings are open")
    world.judge_all("a")
    assert isinstance(world.ask(change("a", APPLY)), RejudgingApplied)


def test_repeat_0_is_what_is_applied_and_the_first_verdict_counts(world: World) -> None:
    world.ask(opening("a", filter=only(1), repeats=2))
    for repeat, verdict in ((1, Verdict.RTE), (0, Verdict.AC), (0, Verdict.WA)):
        world.judge(1, verdict, "a", repeat)
    applied = world.ask(change("a", APPLY))
    assert isinstance(applied, RejudgingApplied)
    [row] = read_current(world.manifests[applied.manifest])
    assert (row.verdict, row.judging_id) == (Verdict.AC, judging_id(submission_id(1), "a"))


def test_a_part_is_what_the_filter_selects_by_what_was_current(world: World) -> None:
    world.ask(opening("a"))
    world.judge_all("a")
    failed = SubmissionFilter(verdicts=(Verdict.WA, Verdict.TLE))
    applied = world.ask(change("a", APPLY, failed))
    assert isinstance(applied, RejudgingApplied)
    assert (applied.part, applied.changed) == (failed, 2)
    assert [row.submission_id for row in read_current(world.manifests[applied.manifest])] == [
        submission_id(1),
        submission_id(3),
    ]


def test_our_own_failure_is_never_applied(world: World) -> None:
    world.ask(opening("a", filter=only(1, 2)))
    world.judge(1, Verdict.JUDGE_ERROR, "a")
    world.judge(2, Verdict.WA, "a")
    applied = world.ask(change("a", APPLY))
    assert isinstance(applied, RejudgingApplied)
    assert applied.changed == 1
    world.ask(opening("b", filter=only(1)))
    world.judge_all("b", Verdict.JUDGE_ERROR)
    assert refusal(world.ask(change("b", APPLY))) == "nothing-to-apply"


STORIES: list[tuple[list[RejudgingChange], str]] = [
    ([APPLY, APPLY], "already-applied"),
    ([APPLY, CANCEL], "already-applied"),
    ([APPLY, PAUSE], "not-judging"),
    ([CANCEL, APPLY], "cancelled"),
    ([CANCEL, REVERT], "cancelled"),
    ([REVERT], "not-applied"),
    ([APPLY, REVERT, REVERT], "not-applied"),
    ([PAUSE, PAUSE], "not-judging"),
    ([RESUME], "not-paused"),
    ([PAUSE, RESUME, RESUME], "not-paused"),
    ([RejudgingChange.UNKNOWN], "unknown-change"),
]


@pytest.mark.parametrize(("asked", "rule"), STORIES)
def test_what_does_not_fit_the_state_is_refused(world: World, asked: list[RejudgingChange], rule: str) -> None:
    world.ask(opening("a"))
    world.judge_all("a")
    *before, last = [world.ask(change("a", what)) for what in asked]
    assert not any(isinstance(decided, RejudgingRefused) for decided in before)
    assert refusal(last) == rule


@pytest.mark.parametrize(
    ("what", "part", "rule"),
    [
        (CANCEL, only(1), "part-not-allowed"),
        (APPLY, SubmissionFilter(), "filter-restricts-nothing"),
        (APPLY, SubmissionFilter(submitted_from=LATER), "time-in-future"),
        (APPLY, only(9), "nothing-to-apply"),
    ],
)
def test_a_bad_part_is_refused(world: World, what: RejudgingChange, part: SubmissionFilter, rule: str) -> None:
    world.ask(opening("a"))
    world.judge_all("a")
    assert refusal(world.ask(change("a", what, part))) == rule


def test_nobody_changes_what_there_is_not(world: World) -> None:
    assert refusal(world.ask(change("z", CANCEL))) == "unknown-rejudging"
    assert world.rejudgings.known == {}


def test_a_reverted_one_may_be_applied_again_or_cancelled(world: World) -> None:
    world.ask(opening("a"))
    world.judge_all("a")
    kinds = [type(world.ask(change("a", what))) for what in (APPLY, REVERT, APPLY, REVERT, CANCEL)]
    assert kinds == [RejudgingApplied, RejudgingReverted, RejudgingApplied, RejudgingReverted, RejudgingCancelled]


def test_a_revert_tells_what_is_current_instead(world: World) -> None:
    for name, numbers in (("a", (1, 2, 4)), ("b", (2, 3)), ("c", (3,))):
        world.ask(opening(name, filter=only(*numbers)))
        world.judge_all(name)
        world.ask(change(name, APPLY))
    world.judge(2, Verdict.RTE)
    reverted = world.ask(change("b", REVERT))
    assert isinstance(reverted, RejudgingReverted)
    assert [(row.judging_id, row.verdict) for row in read_current(world.manifests[reverted.manifest])] == [
        (judging_id(submission_id(2), "a"), Verdict.AC)
    ]
    reverted = world.ask(change("a", REVERT))
    assert isinstance(reverted, RejudgingReverted)
    assert (reverted.changed, reverted.contest_ids) == (3, ("finals",))
    rows = read_current(world.manifests[reverted.manifest])
    assert [(row.judging_id, row.verdict) for row in rows] == [
        (judging_id(submission_id(1)), Verdict.WA),
        (judging_id(submission_id(2)), Verdict.AC),
        (judging_id(submission_id(4)), None),
    ]


def test_each_contest_moves_by_one_event(world: World) -> None:
    world.submit(5, contest="warmup")
    world.ask(opening("a"))
    world.judge_all("a")
    applied = world.ask(change("a", APPLY))
    assert isinstance(applied, RejudgingApplied)
    position = Position(topic="rejudgings", partition=0, offset=1)
    rows = read_current(world.manifests[applied.manifest])
    told = contests_rejudged(applied, position, rows)
    assert told == contests_rejudged(applied, position, rows)
    assert told[0] == ContestRejudged(
        event_id=derived_event_id("ContestRejudged", "rejudgings:0:1:finals"),
        occurred_at=applied.occurred_at,
        caused_by=position,
        contest_id=applied.contest_ids[0],
        rejudging_id=applied.rejudging_id,
        reverted=False,
        manifest=applied.manifest,
        changed=3,
    )
    assert [(one.contest_id, one.changed) for one in told] == [("finals", 3), ("warmup", 1)]
