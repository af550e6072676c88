"""Judging a job: what is run, what is told, and what is concluded."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from executor.attempt import Attempt
from executor.compile_cache import DirectoryCompileCache
from executor.errors import UnknownLanguage
from executor.judge import NO_CASES
from executor.policy import Strain
from executor.provenance import cases_digest
from executor.sandbox.port import Exited, Halted, Limit, RunOutcome, Signalled
from schemas.blobs.directory import DirectoryBlobStore
from schemas.blobs.port import BlobMissing
from schemas.events import CaseJudged, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import Sha256, attempt_id, derived_event_id
from schemas.values import Calibration, CaseResult, Provenance, UsageSample, Verdict
from tests.unit.executor.jobs import EXECUTOR, NOW, POSITION, case, job, judge_with, missing_case
from tests.unit.executor.scripted_sandbox import MEBIBYTE, Ran, ScriptedSandbox, outcome

Told = list[JudgingStarted | CaseJudged]


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobStore:
    return DirectoryBlobStore(tmp_path)


def attempt_at(request: JudgingRequested, start: int = 1) -> Attempt:
    return Attempt(request=request, position=POSITION, start=start, executor_id=EXECUTOR)


def judged(
    request: JudgingRequested, blobs: DirectoryBlobStore, sandbox: ScriptedSandbox
) -> tuple[VerdictReached, Told]:
    told: Told = []
    return judge_with(sandbox, blobs).judge(attempt_at(request), told.append), told


def verdicts(results: Sequence[CaseResult]) -> list[Verdict]:
    return [result.verdict for result in results]


def test_a_right_program_is_accepted_and_everything_is_told(blobs: DirectoryBlobStore) -> None:
    request = job([case(blobs, "1", b"7\n", b"7"), case(blobs, "2", b"8\n", b"8")])
    verdict, told = judged(request, blobs, ScriptedSandbox())
    attempt = attempt_at(request)
    result = CaseResult(
        case="1",
        verdict=Verdict.AC,
        cpu_time_ms=1,
        wall_time_ms=2,
        memory_bytes=3 * MEBIBYTE,
        exit_code=0,
        output_bytes=2,
        output_sha256=Sha256(sha256(b"7\n").hexdigest()),
        samples=(UsageSample(cpu_time_ms=1, wall_time_ms=2, memory_bytes=3 * MEBIBYTE, verdict=Verdict.AC),),
    )
    assert told[0] == attempt.started(NOW)
    assert told[1] == attempt.case_judged(0, result, NOW)
    assert [type(event) for event in told] == [JudgingStarted, CaseJudged, CaseJudged]
    assert (verdict.verdict, verdict.score, verdict.problem_cases) == (Verdict.AC, 1.0, 2)
    assert (verdict.cpu_time_ms, verdict.memory_bytes) == (1, 3 * MEBIBYTE)
    assert verdict.cases[0] == result
    assert verdict.provenance == Provenance(
        executor_id=EXECUTOR,
        sandbox="scripted",
        software_version="0",
        image_digest="sha256:cpp",
        compiler_version="v1",
        cases_sha256=cases_digest(request.cases),
        limits=request.limits,
        calibration=None,
    )


def test_ids_are_derived_so_that_a_repeat_tells_the_same(blobs: DirectoryBlobStore) -> None:
    request = job([case(blobs, "1", b"1", b"1")])
    assert judged(request, blobs, ScriptedSandbox()) == judged(request, blobs, ScriptedSandbox())
    verdict, told = judged(request, blobs, ScriptedSandbox())
    expected = attempt_id(request.judging_id, str(POSITION), 1)
    assert {event.attempt_id for event in [verdict, *told]} == {expected}
    assert verdict.event_id == derived_event_id("VerdictReached", expected)
    assert len({event.event_id for event in [verdict, *told]}) == 3
    assert {event.caused_by for event in [verdict, *told]} == {POSITION}


def test_a_later_start_is_another_attempt_with_the_next_number() -> None:
    request = job()
    assert attempt_at(request, 2).number == 2
    assert attempt_at(request, 2).id != attempt_at(request, 1).id


def test_the_program_is_compiled_once_and_gets_each_input_alone(blobs: DirectoryBlobStore) -> None:
    sandbox = ScriptedSandbox()
    judged(job([case(blobs, str(n), b"%d" % n, b"%d" % n) for n in range(3)]), blobs, sandbox)
    assert [ran.stdin for ran in sandbox.ran] == [b"", b"0", b"1", b"2"]
    assert {ran.image for ran in sandbox.ran} == {"sha256:cpp"}
    assert [file.name for file in sandbox.ran[1].files] == ["main"]


def test_the_answer_never_enters_the_box(blobs: DirectoryBlobStore) -> None:
    sandbox = ScriptedSandbox()
    judged(job([case(blobs, "1", b"in", b"secret answer")]), blobs, sandbox)
    assert not any(b"secret" in ran.stdin + b"".join(file.content for file in ran.files) for ran in sandbox.ran)


def test_the_first_failure_ends_it(blobs: DirectoryBlobStore) -> None:
    cases = [case(blobs, "1", b"1", b"1"), case(blobs, "2", b"2", b"no"), case(blobs, "3", b"3", b"3")]
    verdict, told = judged(job(cases), blobs, ScriptedSandbox())
    assert verdict.verdict is Verdict.WA
    assert verdicts(verdict.cases) == [Verdict.AC, Verdict.WA]
    assert verdict.problem_cases == 3
    assert len(told) == 3


def test_all_cases_are_run_where_the_problem_says_so(blobs: DirectoryBlobStore) -> None:
    cases = [case(blobs, "1", b"1", b"no"), case(blobs, "2", b"2", b"2")]
    verdict, _ = judged(job(cases, all_cases=True), blobs, ScriptedSandbox())
    assert verdict.verdict is Verdict.WA
    assert verdicts(verdict.cases) == [Verdict.WA, Verdict.AC]
    assert verdict.score == 0.5


@pytest.mark.parametrize(
    ("facts", "expected", "exit_code", "signal"),
    [
        (outcome(Exited(3)), Verdict.RTE, 3, None),
        (outcome(Signalled(11)), Verdict.RTE, None, 11),
        (outcome(Signalled(9), out_of_memory=True), Verdict.MLE, None, 9),
        (outcome(Halted(Limit.OUTPUT)), Verdict.OLE, None, None),
        (outcome(Halted(Limit.WALL)), Verdict.TLE, None, None),
    ],
)
def test_facts_reach_the_case_result(
    blobs: DirectoryBlobStore, facts: RunOutcome, expected: Verdict, exit_code: int | None, signal: int | None
) -> None:
    verdict, _ = judged(job([case(blobs, "1", b"", b"x")]), blobs, ScriptedSandbox(on_run=lambda _: facts))
    result = verdict.cases[0]
    assert (verdict.verdict, result.exit_code, result.signal) == (expected, exit_code, signal)


def test_what_does_not_compile_is_never_run(blobs: DirectoryBlobStore) -> None:
    sandbox = ScriptedSandbox(on_compile=lambda _: outcome(Exited(1), stderr=b"main.cpp: error"))
    verdict, told = judged(job([case(blobs, "1", b"", b"")]), blobs, sandbox)
    assert (verdict.verdict, verdict.score, verdict.cases) == (Verdict.CE, 0.0, ())
    assert verdict.compiler_output == "main.cpp: error"
    assert len(sandbox.ran) == len(told) == 1


def test_a_job_that_was_given_up_is_answered_without_a_run(blobs: DirectoryBlobStore) -> None:
    sandbox = ScriptedSandbox()
    verdict, told = judged(job(give_up="three deaths", language="no such"), blobs, sandbox)
    assert (verdict.verdict, verdict.reason) == (Verdict.JUDGE_ERROR, "three deaths")
    assert sandbox.ran == []
    assert told == []


def test_a_problem_without_cases_is_our_error(blobs: DirectoryBlobStore) -> None:
    verdict, _ = judged(job(), blobs, ScriptedSandbox())
    assert (verdict.verdict, verdict.reason) == (Verdict.JUDGE_ERROR, NO_CASES)


def test_an_unknown_language_and_a_missing_blob_are_our_faults(blobs: DirectoryBlobStore) -> None:
    with pytest.raises(UnknownLanguage):
        judged(job(language="cobol"), blobs, ScriptedSandbox())
    with pytest.raises(BlobMissing):
        judged(job([missing_case("1")]), blobs, ScriptedSandbox())


def test_the_memory_limit_reaches_the_run_command(blobs: DirectoryBlobStore) -> None:
    def hello(ran: Ran) -> RunOutcome:
        assert "-Xms16m" in ran.command
        return outcome(output=b"hello")

    source = b"public class Hi { public static void main(String[] a) {} }"
    request = replace(job([case(blobs, "1", b"", b"hello")], language="java", source=source))
    sandbox = ScriptedSandbox(on_run=hello)
    assert judged(request, blobs, sandbox)[0].verdict is Verdict.AC
    assert sandbox.ran[1].command[-1] == "Hi"


def test_judging_the_same_source_again_compiles_nothing(blobs: DirectoryBlobStore, tmp_path: Path) -> None:
    cache = DirectoryCompileCache(tmp_path / "compiled")
    first, second, broken = (
        ScriptedSandbox(),
        ScriptedSandbox(),
        ScriptedSandbox(on_compile=lambda _: outcome(Exited(1))),
    )
    request = job([case(blobs, "1", b"1", b"1")])
    found = [
        judge_with(sandbox, blobs, compile_cache=cache).judge(attempt_at(request), lambda _: None)
        for sandbox in (first, second, broken)
    ]
    assert found[0] == found[1] == found[2]
    assert [len(sandbox.ran) for sandbox in (first, second, broken)] == [2, 1, 1]


def test_a_narrow_failure_is_run_again_and_the_best_run_counts(blobs: DirectoryBlobStore) -> None:
    times_ms = iter([1_040, 1_001, 1_000])

    def slower_and_slower(ran: Ran) -> RunOutcome:
        return outcome(output=ran.stdin, cpu_time_ns=next(times_ms) * 1_000_000)

    verdict, told = judged(job([case(blobs, "1", b"1", b"1")]), blobs, ScriptedSandbox(on_run=slower_and_slower))
    assert verdict.verdict is Verdict.AC
    assert [(sample.cpu_time_ms, sample.verdict) for sample in verdict.cases[0].samples] == [
        (1_040, Verdict.TLE),
        (1_001, Verdict.TLE),
        (1_000, Verdict.AC),
    ]
    assert verdict.cases[0].cpu_time_ms == 1_000
    assert isinstance(told[-1], CaseJudged)
    assert told[-1].result == verdict.cases[0]
    assert len(told) == 2


@pytest.mark.parametrize(("stolen_ns", "runs"), [(0, 1), (1_000_000_000, 3)])
def test_a_failure_is_run_again_where_the_machine_was_disturbed(
    blobs: DirectoryBlobStore, stolen_ns: int, runs: int
) -> None:
    sandbox = ScriptedSandbox(on_run=lambda _: outcome(Halted(Limit.CPU), cpu_time_ns=1_200_000_000))
    judge = judge_with(sandbox, blobs, watch_strain=lambda: lambda: Strain(stolen_ns=stolen_ns))
    verdict = judge.judge(attempt_at(job([case(blobs, "1", b"1", b"1")])), lambda _: None)
    assert (verdict.verdict, len(verdict.cases[0].samples)) == (Verdict.TLE, runs)


def test_a_verdict_names_the_cases_the_limits_and_how_fast_the_machine_was(blobs: DirectoryBlobStore) -> None:
    calibration = Calibration(measured_at=NOW, arithmetic_ns=20_000_000, memory_access_ns=30_000_000)
    request, other = job([case(blobs, "1", b"1", b"1")]), job([case(blobs, "2", b"1", b"1")])
    judge = judge_with(ScriptedSandbox(), blobs, calibration=calibration)
    grounds = [judge.judge(attempt_at(one), lambda _: None).provenance for one in (request, other)]
    assert grounds[0].limits == request.limits
    assert grounds[0].calibration == calibration
    assert grounds[0].cases_sha256 != grounds[1].cases_sha256
    assert judge.give_up(attempt_at(request), "why").provenance == grounds[0]


def test_nobody_else_has_the_sandbox_while_a_job_is_judged(blobs: DirectoryBlobStore) -> None:
    seen: list[bool] = []

    def noticed(_: Ran) -> RunOutcome:
        seen.append(judge.turn.locked())
        return outcome(output=b"1")

    judge = judge_with(ScriptedSandbox(on_run=noticed), blobs)
    judge.judge(attempt_at(job([case(blobs, "1", b"1", b"1")])), lambda _: None)
    assert seen == [True]
    assert not judge.turn.locked()
