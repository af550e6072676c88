"""Judging a job that comes with the record of an earlier judging: what is decided by it, and what is run."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from executor.attempt import Attempt
from executor.errors import UnknownComparison, UnknownImage
from executor.judge import Judge
from executor.other_images import OtherImages
from executor.provenance import cases_digest
from executor.sandbox.errors import ImageMissing
from executor.sandbox.port import Exited, Halted, Limit, RunOutcome
from schemas.blobs.directory import DirectoryBlobStore
from schemas.events import CaseJudged, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import RejudgingId, judging_id
from schemas.values import (
    CaseResult,
    Comparison,
    ComparisonKind,
    JobCase,
    Limits,
    RecordedJudging,
    Verdict,
)
from tests.unit.executor.jobs import EXECUTOR, LIMITS, POSITION, SUBMISSION, case, job, judge_with
from tests.unit.executor.memory_compile_cache import MemoryCompileCache
from tests.unit.executor.memory_outputs import MemoryOutputs
from tests.unit.executor.scripted_sandbox import Ran, ScriptedSandbox, outcome

REJUDGING = RejudgingId("01936d5e-0000-7000-8000-00000000000a")
EXACT = Comparison(kind=ComparisonKind.EXACT)
NEAR = Comparison(kind=ComparisonKind.FLOAT, absolute=0.1)


class Bench:
    """A judge, what its sandbox ran, and the outputs that it kept."""

    def __init__(self, folder: Path) -> None:
        self.blobs = DirectoryBlobStore(folder)
        self.outputs = MemoryOutputs()
        self.sandbox = ScriptedSandbox()
        self.compile_cache = MemoryCompileCache()
        self.told: list[JudgingStarted | CaseJudged] = []

    @property
    def judge(self) -> Judge:
        other = OtherImages(sandbox=self.sandbox, digest_of=self._digest)
        return judge_with(
            self.sandbox,
            self.blobs,
            compile_cache=self.compile_cache,
            outputs=self.outputs,
            other_image=other.toolchain,
        )

    def case(self, name: str, given: bytes, answer: bytes) -> JobCase:
        return case(self.blobs, name, given, answer)

    def judged(self, request: JudgingRequested) -> VerdictReached:
        self.sandbox.ran.clear()
        self.told.clear()
        attempt = Attempt(request=request, position=POSITION, start=1, executor_id=EXECUTOR)
        return self.judge.judge(attempt, self.told.append)

    def runs(self) -> list[bytes]:
        """The inputs of the runs; a compile, if it is not in the cache, counts as one without."""
        return [ran.stdin for ran in self.sandbox.ran]

    def _digest(self, image: str) -> str:
        if image == "gone":
            raise ImageMissing(image, "it is not there")
        return image if image.startswith("sha256:") else f"sha256:{image}"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def record_of(verdict: VerdictReached) -> RecordedJudging:
    return RecordedJudging(
        judging_id=verdict.judging_id,
        verdict=verdict.verdict,
        compiler_output=verdict.compiler_output,
        cases=verdict.cases,
        provenance=verdict.provenance,
    )


def again(
    request: JudgingRequested,
    verdict: VerdictReached,
    *,
    comparison: Comparison | None = None,
    limits: Limits | None = None,
    image: str | None = None,
    all_cases: bool | None = None,
) -> JudgingRequested:
    """The job of a rejudging with the record of that verdict."""
    return replace(
        request,
        judging_id=judging_id(SUBMISSION, REJUDGING),
        rejudging_id=REJUDGING,
        comparison=comparison or request.comparison,
        limits=limits or request.limits,
        image=image,
        all_cases=request.all_cases if all_cases is None else all_cases,
        recorded=record_of(verdict),
    )


def stored(results: Sequence[CaseResult]) -> list[bool]:
    return [result.from_stored_output for result in results]


def verdicts(results: Sequence[CaseResult]) -> list[Verdict]:
    return [result.verdict for result in results]


def test_another_comparison_is_decided_by_what_was_written_and_nothing_is_run(bench: Bench) -> None:
    request = job([bench.case("1", b"1\n", b"1"), bench.case("2", b"2 \n", b"2")])
    first = bench.judged(request)
    verdict = bench.judged(again(request, first, comparison=EXACT))
    assert first.verdict is Verdict.AC
    assert (verdict.verdict, bench.runs()) == (Verdict.WA, [])
    assert verdict.cases == (replace(first.cases[0], verdict=Verdict.WA, from_stored_output=True),)
    assert [type(event) for event in bench.told] == [JudgingStarted, CaseJudged]
    assert isinstance(bench.told[1], CaseJudged)
    assert bench.told[1].result == verdict.cases[0]
    assert bench.judged(again(request, verdict)).cases[0] == replace(first.cases[0], from_stored_output=True)


def test_a_verdict_tells_which_rejudging_it_is_of(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    repeated = bench.judged(replace(again(request, first), repeat=2))
    given_up = bench.judged(replace(again(request, first), give_up="enough"))
    assert (first.rejudging_id, first.repeat) == (None, 0)
    assert (repeated.rejudging_id, repeated.repeat) == (REJUDGING, 2)
    assert (given_up.rejudging_id, given_up.verdict) == (REJUDGING, Verdict.JUDGE_ERROR)


def test_what_was_never_run_is_run(bench: Bench) -> None:
    request = job([bench.case(name, name.encode(), b"1.05 1.05") for name in ("1", "1.1", "1.2")])
    bench.sandbox.on_run = lambda ran: outcome(output=ran.stdin + b" 1.05")
    first = bench.judged(request)
    assert verdicts(first.cases) == [Verdict.WA]
    verdict = bench.judged(again(request, first, comparison=NEAR))
    assert verdicts(verdict.cases) == [Verdict.AC, Verdict.AC, Verdict.WA]
    assert stored(verdict.cases) == [True, False, False]
    assert bench.runs() == [b"1.1", b"1.2"]


def test_an_output_that_is_gone_is_made_again(bench: Bench) -> None:
    bench.sandbox.on_run = lambda ran: outcome(output=ran.stdin + b" and more")
    request = job([bench.case("1", b"1", b"1 and more\n"), bench.case("2", b"2", b"2 and more\n")])
    first = bench.judged(request)
    assert first.cases[0].output_sha256
    del bench.outputs.kept[first.cases[0].output_sha256]
    verdict = bench.judged(again(request, first))
    assert (verdict.verdict, stored(verdict.cases), bench.runs()) == (Verdict.AC, [False, True], [b"1"])
    assert list(bench.outputs.kept.values()) == [b"2 and more", b"1 and more"]


def test_an_output_is_found_among_test_data_too(bench: Bench) -> None:
    request = job([bench.case("1", b"as it was given", b"as  it  was  given")])
    first = bench.judged(request)
    bench.outputs.kept.clear()
    assert stored(bench.judged(again(request, first)).cases) == [True]


def test_what_equals_the_answer_is_not_kept_twice(bench: Bench) -> None:
    request = job([bench.case("1", b"same", b"same"), bench.case("2", b"", b"")])
    first = bench.judged(request)
    assert bench.outputs.kept == {}
    assert stored(bench.judged(again(request, first, comparison=EXACT)).cases) == [True, True]


def test_other_limits_are_decided_by_the_recorded_usage(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1"), bench.case("2", b"2", b"2")])
    bench.sandbox.on_run = lambda ran: outcome(output=ran.stdin, cpu_time_ns=int(ran.stdin) * 300_000_000)
    first = bench.judged(request)
    stricter = bench.judged(again(request, first, limits=replace(LIMITS, cpu_time_ms=400)))
    assert (verdicts(stricter.cases), bench.runs()) == ([Verdict.AC, Verdict.TLE], [])
    assert stricter.provenance.limits == replace(LIMITS, cpu_time_ms=400)
    wider = bench.judged(again(request, stricter, limits=replace(LIMITS, cpu_time_ms=9000)))
    assert (wider.verdict, bench.runs()) == (Verdict.AC, [])


def test_only_the_case_that_a_limit_had_ended_is_run_with_a_higher_one(bench: Bench) -> None:
    def runs(ran: Ran) -> RunOutcome:
        slow = ran.stdin == b"2" and ran.limits.cpu_time_ms < 2000
        return outcome(Halted(Limit.CPU), cpu_time_ns=1_200_000_000) if slow else outcome(output=ran.stdin)

    request = job([bench.case(name, name.encode(), name.encode()) for name in "123"], all_cases=True)
    bench.sandbox.on_run = runs
    first = bench.judged(request)
    verdict = bench.judged(again(request, first, limits=replace(LIMITS, cpu_time_ms=2000)))
    assert (verdict.verdict, bench.runs()) == (Verdict.AC, [b"2"])
    assert stored(verdict.cases) == [True, False, True]
    assert verdict.provenance.executor_id == EXECUTOR


def test_going_on_after_a_failure_runs_what_was_left_out(bench: Bench) -> None:
    request = job([bench.case(name, name.encode(), b"2") for name in "123"])
    first = bench.judged(request)
    verdict = bench.judged(again(request, first, all_cases=True))
    assert (verdicts(verdict.cases), bench.runs()) == ([Verdict.WA, Verdict.AC, Verdict.WA], [b"2", b"3"])
    fewer = bench.judged(again(request, verdict, all_cases=False))
    assert (verdicts(fewer.cases), bench.runs()) == ([Verdict.WA], [])


def test_other_answers_decide_and_a_new_case_is_run(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    changed = replace(request, cases=(bench.case("1", b"1", b"no"),))
    assert (bench.judged(again(changed, first)).verdict, bench.runs()) == (Verdict.WA, [])
    more = replace(request, cases=(*request.cases, bench.case("2", b"2", b"2")))
    verdict = bench.judged(again(more, first))
    assert (stored(verdict.cases), bench.runs()) == ([True, False], [b"2"])
    assert verdict.provenance.cases_sha256 == cases_digest(more.cases)


def test_what_did_not_compile_is_not_compiled_again(bench: Bench) -> None:
    bench.sandbox.on_compile = lambda _: outcome(Exited(1), stderr=b"error")
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    verdict = bench.judged(again(request, first, comparison=EXACT))
    assert (verdict.verdict, verdict.compiler_output, bench.runs()) == (Verdict.CE, "error", [])


def test_a_verdict_by_record_rests_on_what_the_runs_rested_on(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    elsewhere = replace(
        first,
        provenance=replace(first.provenance, executor_id="other", image_digest="sha256:old", software_version="1"),
    )
    verdict = bench.judged(again(request, elsewhere, comparison=EXACT))
    assert bench.runs() == []
    assert verdict.provenance == replace(elsewhere.provenance, software_version="0")


def test_a_verdict_never_rests_on_two_images(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1"), bench.case("2", b"2", b"no"), bench.case("3", b"3", b"3")])
    first = bench.judged(request)
    older = replace(first, provenance=replace(first.provenance, image_digest="sha256:old"))
    verdict = bench.judged(again(request, older, all_cases=True))
    assert stored(verdict.cases) == [False, False, False]
    assert verdict.provenance.image_digest == "sha256:cpp"


def test_a_record_without_limits_or_of_our_failure_decides_nothing(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    without = replace(first, provenance=replace(first.provenance, limits=None))
    assert stored(bench.judged(again(request, without)).cases) == [False]
    ours = replace(first, verdict=Verdict.JUDGE_ERROR, cases=())
    assert stored(bench.judged(again(request, ours)).cases) == [False]


def test_where_the_command_depends_on_the_memory_limit_another_one_is_run(bench: Bench) -> None:
    source = b"public class Hi { public static void main(String[] a) {} }"
    request = job([bench.case("1", b"1", b"1")], language="java", source=source)
    first = bench.judged(request)
    more = replace(LIMITS, memory_bytes=LIMITS.memory_bytes * 2)
    assert stored(bench.judged(again(request, first, limits=more)).cases) == [False]
    longer = replace(LIMITS, cpu_time_ms=2000)
    assert stored(bench.judged(again(request, first, limits=longer)).cases) == [True]


def test_another_image_is_used_for_everything_and_named(bench: Bench) -> None:
    bench.sandbox.on_run = lambda ran: outcome(output=ran.stdin or b"g++ 13\n")
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    for image in ("cpp-13", "sha256:cpp-13"):
        verdict = bench.judged(again(request, first, image=image))
        assert {ran.image for ran in bench.sandbox.ran} == {"sha256:cpp-13"}
        assert (verdict.verdict, stored(verdict.cases)) == (Verdict.AC, [False])
        assert (verdict.provenance.image_digest, verdict.provenance.compiler_version) == ("sha256:cpp-13", "g++ 13")
    assert stored(bench.judged(again(request, verdict, image="cpp-13", comparison=EXACT)).cases) == [True]


def test_an_image_that_is_not_there_or_has_no_compiler_is_hopeless(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    with pytest.raises(UnknownImage, match="image gone cannot be judged with: it is not there"):
        bench.judged(again(request, first, image="gone"))
    bench.sandbox.on_run = lambda _: outcome(Exited(127))
    with pytest.raises(UnknownImage, match="the compiler of cpp, fails in it"):
        bench.judged(again(request, first, image="shell"))


def test_an_unknown_comparison_is_hopeless_from_a_record_too(bench: Bench) -> None:
    request = job([bench.case("1", b"1", b"1")])
    first = bench.judged(request)
    with pytest.raises(UnknownComparison):
        bench.judged(again(request, first, comparison=Comparison(kind=ComparisonKind.UNKNOWN)))
