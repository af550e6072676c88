"""How many jobs of rejudgings may wait, whose is next, and what such a job holds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.events import ExecutorReported, JudgingRequested, RejudgingOpened, VerdictReached
from schemas.golden_records import example
from schemas.ids import ExecutorId, ProblemRevision, RejudgingId, Sha256, derived_event_id, judging_id
from schemas.manifests import Selected
from schemas.values import (
    CaseResult,
    Comparison,
    ComparisonKind,
    JudgingOverride,
    Lane,
    Limits,
    LimitsOverride,
    Position,
    ProblemCase,
    RejudgingPriority,
    Stub,
    Verdict,
)
from stream_processors.build_job import Unobtainable
from stream_processors.release_rejudgings import (
    JOBS_PER_SLOT,
    LIVE_SHARE,
    LONGEST_REST_S,
    Definitions,
    Piece,
    Report,
    Waiting,
    in_log_order,
    may_reuse,
    overridden_limits,
    owed_after,
    piece,
    rejudging_job,
    share,
    slots_of,
    window,
    window_beside,
)
from tests.unit.stream_processors.examples import DEFINITION, NOW, STUB, judged, received, submission_id

NORMAL, URGENT = RejudgingPriority.NORMAL, RejudgingPriority.URGENT
SOURCE = Position(topic="rejudgings", partition=0, offset=7)
EXACT = Comparison(kind=ComparisonKind.EXACT)


def report(slots: int, age_s: float = 0, why_aside: str | None = None) -> Report:
    event: ExecutorReported = example(ExecutorReported)
    event = replace(event, executor_id=ExecutorId(f"{slots}"), slots=slots, why_aside=why_aside)
    return Report(event=event, appended_at=NOW - timedelta(seconds=age_s))


@pytest.mark.parametrize(
    ("reports", "slots"),
    [
        ([], 0),
        ([report(2)], 2),
        ([report(2), report(3, age_s=59)], 5),
        ([report(2), report(3, age_s=61)], 2),
        ([report(2), report(3, why_aside="too slow")], 2),
    ],
)
def test_the_window_is_for_slots_that_live_and_take_jobs(reports: list[Report], slots: int) -> None:
    assert slots_of(reports, NOW) == slots
    assert window(slots) == JOBS_PER_SLOT * slots


@pytest.mark.parametrize(("slots", "owed_s", "most"), [(0, 0, 0), (1, 0, 1), (2, 0, 1), (2, 0.01, 0), (40, 0, 4)])
def test_while_submissions_come_in_few_jobs_may_run(slots: int, owed_s: float, most: int) -> None:
    assert window_beside(slots, owed_s) == most


@pytest.mark.parametrize("slots", [1, 2, 7, 40])
@pytest.mark.parametrize("took_s", [0.05, 1.0, 20.0])
def test_over_time_rejudgings_use_their_share_of_the_slots(slots: int, took_s: float) -> None:
    """All whose turn it is begin at once and take so long; the time that they rest makes up for it, up to a limit."""
    step_s, left_s, owed_s, used_s = 0.02, 0.0, 0.0, 0.0
    running, longest_rest_s, rested_s = 0, 0.0, 0.0
    for _ in range(10_000):
        owed_s = owed_after(owed_s, step_s, running, slots)
        used_s += running * step_s
        left_s -= step_s
        rested_s = 0.0 if running else rested_s + step_s
        longest_rest_s = max(longest_rest_s, rested_s)
        if left_s <= 0:
            running = window_beside(slots, owed_s)
            left_s = took_s if running else 0.0
    assert longest_rest_s <= LONGEST_REST_S + 2 * step_s
    wanted_s = LIVE_SHARE * slots * 200.0
    assert used_s >= wanted_s * 0.7
    if longest_rest_s < LONGEST_REST_S:
        assert used_s <= wanted_s * 1.1 + took_s * window_beside(slots, 0)


def waiting(name: str, left: int, priority: RejudgingPriority = NORMAL) -> Waiting:
    return Waiting(rejudging_id=RejudgingId(name), priority=priority, left=left)


@pytest.mark.parametrize(
    ("those", "room", "last", "order"),
    [
        ([waiting("a", 9)], 3, None, "aaa"),
        ([waiting("a", 2)], 3, None, "aa"),
        ([waiting("a", 9)], 0, None, ""),
        ([waiting("a", 9)], -4, None, ""),
        ([waiting("a", 9), waiting("b", 9)], 4, None, "abab"),
        ([waiting("a", 9), waiting("b", 9)], 1, "a", "b"),
        ([waiting("a", 9), waiting("b", 9)], 1, "b", "a"),
        ([waiting("a", 1), waiting("b", 9)], 4, None, "abbb"),
        ([waiting("a", 9), waiting("u", 2, URGENT)], 4, None, "uuaa"),
        ([waiting("a", 9), waiting("u", 9, URGENT), waiting("v", 9, URGENT)], 3, "u", "vuv"),
        ([waiting("a", 9), waiting("x", 9, RejudgingPriority.UNKNOWN)], 2, "u", "ax"),
    ],
)
def test_open_ones_share_by_turns_and_urgent_ones_go_first(
    those: list[Waiting], room: int, last: str | None, order: str
) -> None:
    assert "".join(share(those, room, RejudgingId(last) if last else None)) == order


def row(number: int, **fields: Any) -> Selected:
    plain = Selected(
        submission_id=submission_id(number),
        offset=number,
        contest_id=None,
        judging_id=judging_id(submission_id(number)),
        verdict_offset=3,
        verdict=Verdict.WA,
    )
    return replace(plain, **fields)


def opened(repeats: int = 1, **override: Any) -> RejudgingOpened:
    event: RejudgingOpened = example(RejudgingOpened)
    return replace(event, rejudging_id=RejudgingId("a"), repeats=repeats, override=JudgingOverride(**override))


def test_submissions_are_judged_as_they_stand_in_the_log() -> None:
    assert in_log_order([row(2, offset=9), row(3, offset=1), row(1, offset=9)]) == (
        row(3, offset=1),
        row(1, offset=9),
        row(2, offset=9),
    )


def test_all_are_judged_once_before_any_is_judged_again() -> None:
    rows = (row(1), row(2))
    assert [piece(rows, number) for number in range(4)] == [
        Piece(row=row(1), repeat=0),
        Piece(row=row(2), repeat=0),
        Piece(row=row(1), repeat=1),
        Piece(row=row(2), repeat=1),
    ]


@pytest.mark.parametrize(
    ("opening", "of", "reused"),
    [
        (opened(comparison=EXACT), row(1), True),
        (opened(limits=LimitsOverride(cpu_time_ms=1)), row(1), True),
        (opened(problem_revision=ProblemRevision("f" * 64)), row(1), True),
        (opened(all_cases=True), row(1), True),
        (opened(), row(1), False),
        (opened(repeats=2, comparison=EXACT), row(1), False),
        (opened(comparison=EXACT, image="cpp:2"), row(1), False),
        (opened(comparison=EXACT), row(1, verdict_offset=None, verdict=None), False),
        (opened(comparison=EXACT), row(1, verdict=Verdict.JUDGE_ERROR), False),
    ],
)
def test_what_was_left_is_reused_only_where_it_may_decide(opening: RejudgingOpened, of: Selected, reused: bool) -> None:
    assert may_reuse(opening, of) is reused


def job(opening: RejudgingOpened, definitions: Any = None, before: VerdictReached | None = None) -> JudgingRequested:
    definitions = definitions or Definitions(wanted=DEFINITION)
    return rejudging_job(opening, SOURCE, Piece(row=row(1), repeat=0), received(), definitions, NOW, before=before)


def test_a_job_is_the_original_one_but_for_whose_it_is() -> None:
    plain = job(opened())
    judging = judging_id(submission_id(), "a")
    assert (plain.lane, plain.rejudging_id, plain.repeat, plain.judging_id) == (Lane.REJUDGE, "a", 0, judging)
    assert (plain.event_id, plain.caused_by) == (derived_event_id("JudgingRequested", judging), SOURCE)
    assert (plain.limits, plain.comparison, plain.files) == (
        DEFINITION.limits,
        DEFINITION.comparison,
        received().files,
    )
    assert (plain.recorded, plain.image, plain.give_up, plain.stub) == (None, None, None, STUB)
    assert plain.problem_revision == received().problem_revision


def test_what_is_to_be_other_is_other() -> None:
    revision = ProblemRevision("f" * 64)
    other = job(opened(problem_revision=revision, comparison=EXACT, all_cases=not DEFINITION.all_cases, image="cpp:2"))
    assert (other.problem_revision, other.comparison, other.all_cases, other.image) == (
        revision,
        EXACT,
        not DEFINITION.all_cases,
        "cpp:2",
    )


def test_a_wall_limit_that_follows_from_the_cpu_limit_follows_the_new_one() -> None:
    limits = Limits(cpu_time_ms=1000, memory_bytes=1, output_bytes=2, wall_time_ms=4000)
    assert overridden_limits(limits, LimitsOverride(cpu_time_ms=2000)) == replace(
        limits, cpu_time_ms=2000, wall_time_ms=7000
    )
    sleeper = replace(limits, wall_time_ms=9000)
    assert overridden_limits(sleeper, LimitsOverride(cpu_time_ms=2000)).wall_time_ms == 9000
    assert overridden_limits(sleeper, LimitsOverride(wall_time_ms=5, memory_bytes=6, output_bytes=7)) == Limits(
        cpu_time_ms=1000, memory_bytes=6, output_bytes=7, wall_time_ms=5
    )


def test_without_a_definition_the_job_is_to_be_given_up() -> None:
    lost = job(opened(comparison=EXACT), Definitions(wanted=Unobtainable(reason="gone")), before=verdict())
    assert (lost.give_up, lost.recorded, lost.rejudging_id) == ("gone", None, "a")


def verdict() -> VerdictReached:
    result: CaseResult = example(CaseResult)
    results = tuple(replace(result, case=case.name) for case in DEFINITION.cases)
    return replace(judged(), cases=results, problem_revision=received().problem_revision)


def test_results_of_the_same_inputs_are_recorded() -> None:
    recorded = job(opened(comparison=EXACT), before=verdict()).recorded
    assert recorded is not None
    assert (recorded.judging_id, recorded.cases, recorded.provenance) == (
        verdict().judging_id,
        verdict().cases,
        verdict().provenance,
    )


def test_of_another_revision_only_cases_with_the_same_input_are_recorded() -> None:
    first, *others = DEFINITION.cases
    other_input: ProblemCase = replace(first, input_sha256=Sha256("e" * 64))
    revised = replace(
        DEFINITION, cases=(other_input, *(replace(case, answer_sha256=Sha256("d" * 64)) for case in others))
    )
    definitions = Definitions(wanted=revised, before=DEFINITION)
    recorded = job(opened(problem_revision=ProblemRevision("f" * 64)), definitions, verdict()).recorded
    assert recorded is not None
    assert [result.case for result in recorded.cases] == [case.name for case in others]


@pytest.mark.parametrize(
    "before",
    [Unobtainable(reason="gone"), replace(DEFINITION, stubs=(replace(STUB, after="other"),))],
    ids=["unknown", "other stub"],
)
def test_nothing_is_recorded_of_what_may_have_been_another_program(before: Any) -> None:
    definitions = Definitions(wanted=DEFINITION, before=before)
    assert job(opened(problem_revision=ProblemRevision("f" * 64)), definitions, verdict()).recorded is None


def test_the_wrapping_of_a_stub_counts_and_its_starter_does_not() -> None:
    starter: Stub = replace(STUB, starter="other")
    definitions = Definitions(wanted=replace(DEFINITION, stubs=(starter,)), before=DEFINITION)
    assert job(opened(problem_revision=ProblemRevision("f" * 64)), definitions, verdict()).recorded is not None


def test_a_record_that_would_be_too_long_goes_without_what_was_left() -> None:
    result: CaseResult = example(CaseResult)
    many = replace(
        verdict(), cases=(replace(result, case=DEFINITION.cases[0].name, samples=result.samples * 9000),) * 20
    )
    assert job(opened(comparison=EXACT), before=many).recorded is None
