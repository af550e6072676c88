"""Where a submission goes, and what its job holds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.events import JudgingRequested
from schemas.ids import derived_event_id, judging_id
from schemas.values import Comparison, ComparisonKind, JobCase, Lane, Limits, SourceFile
from stream_processors.build_job import JOB_BYTES, TOO_LONG, Unobtainable
from stream_processors.route_submissions import least_outstanding, route
from tests.unit.stream_processors.examples import DEFINITION, NOW, STUB, at, received, submission_id

IDLE = dict.fromkeys(range(6), 0)


def test_a_job_holds_all_that_an_executor_needs() -> None:
    submission = received(contest=True)
    routed = route(submission, at(offset=7), DEFINITION, IDLE, NOW)
    assert (routed.lane, routed.partition) == (Lane.CONTEST, 1)
    assert routed.job == JudgingRequested(
        event_id=derived_event_id("JudgingRequested", "submissions:0:7"),
        occurred_at=NOW,
        caused_by=at(offset=7),
        submission_id=submission_id(),
        judging_id=judging_id(submission_id()),
        attempt=1,
        lane=Lane.CONTEST,
        user_id=submission.user_id,
        team_id=submission.team_id,
        problem_id=submission.problem_id,
        problem_revision=submission.problem_revision,
        contest_id=submission.contest_id,
        submitted_at=submission.submitted_at,
        language=submission.language,
        files=submission.files,
        entry_point=submission.entry_point,
        stub=STUB,
        limits=DEFINITION.limits,
        comparison=DEFINITION.comparison,
        cases=tuple(
            JobCase(name=case.name, input_sha256=case.input_sha256, answer_sha256=case.answer_sha256)
            for case in DEFINITION.cases
        ),
        all_cases=DEFINITION.all_cases,
        give_up=None,
    )
    assert routed.job.cases


def test_practice_has_a_lane_of_its_own() -> None:
    assert route(received(), at(), DEFINITION, IDLE, NOW).lane is Lane.PRACTICE


def test_a_stub_is_for_its_language_only() -> None:
    assert route(received(language="java"), at(), DEFINITION, IDLE, NOW).job.stub is None


def test_without_a_definition_the_job_is_to_be_given_up() -> None:
    job = route(received(), at(), Unobtainable(reason="no such blob"), IDLE, NOW).job
    assert (job.give_up, job.cases, job.stub) == ("no such blob", (), None)
    assert job.limits == Limits(cpu_time_ms=0, memory_bytes=0, output_bytes=0, wall_time_ms=0)
    assert job.comparison == Comparison(kind=ComparisonKind.TOKENS)


@pytest.mark.parametrize("too_long", ["cases", "files", "stub"])
def test_a_job_that_no_record_can_hold_is_to_be_given_up(too_long: str) -> None:
    submission, definition = received(), DEFINITION
    match too_long:
        case "cases":
            definition = replace(DEFINITION, cases=DEFINITION.cases * 30_000)
        case "stub":
            definition = replace(DEFINITION, stubs=(replace(STUB, after="x" * JOB_BYTES),))
        case _:
            submission = replace(submission, files=(SourceFile(name="a.cpp", content=b"x" * JOB_BYTES),))
    job = route(submission, at(), definition, IDLE, NOW).job
    assert job.give_up == TOO_LONG
    assert job.cases == ()


def test_a_repeat_has_the_same_ids() -> None:
    first = route(received(), at(offset=3), DEFINITION, IDLE, NOW)
    later = route(received(), at(offset=3), DEFINITION, {0: 9, 1: 0}, NOW + timedelta(hours=1))
    assert later.job.event_id == first.job.event_id
    assert later.job.judging_id == first.job.judging_id
    assert route(received(), at(offset=4), DEFINITION, IDLE, NOW).job.event_id != first.job.event_id


@pytest.mark.parametrize(
    ("outstanding", "turn", "partition"),
    [
        ({0: 0}, 5, 0),
        ({0: 3, 1: 1, 2: 2}, 0, 1),
        ({0: 3, 1: 1, 2: 2}, 2, 1),
        ({0: 0, 1: 0, 2: 0}, 0, 0),
        ({0: 0, 1: 0, 2: 0}, 1, 1),
        ({0: 0, 1: 0, 2: 0}, 5, 2),
        ({0: 1, 1: 0, 2: 0}, 0, 1),
        ({0: 0, 1: 1, 2: 0}, 1, 2),
    ],
)
def test_the_partition_with_the_least_work_takes_it(outstanding: dict[int, int], turn: int, partition: int) -> None:
    assert least_outstanding(outstanding, turn=turn) == partition


def test_an_idle_lane_is_used_evenly() -> None:
    turns = [least_outstanding(IDLE, turn=turn) for turn in range(60)]
    assert {partition: turns.count(partition) for partition in IDLE} == dict.fromkeys(range(6), 10)
