"""What a record saves: ten cases of 100 ms each, judged again by running them and by what they left.

Beside it, what it costs to keep outputs: the same judging of quick cases with and without, in turns.
"""

import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from deploy.setup.places import HOME
from executor.attempt import Attempt
from executor.compile_cache import DirectoryCompileCache
from executor.judge import Judge
from executor.languages.loader import load_languages
from executor.machine import Machine
from executor.outputs import DirectoryOutputs, NoOutputs
from executor.sandbox.nested import KIND
from executor.toolchains import Toolchain
from schemas.blobs.directory import DirectoryBlobStore
from schemas.events import JudgingRequested, VerdictReached
from schemas.ids import EventId, ExecutorId, LanguageId, ProblemId, ProblemRevision, SubmissionId, UserId, judging_id
from schemas.values import (
    Comparison,
    ComparisonKind,
    JobCase,
    Lane,
    Limits,
    Position,
    RecordedJudging,
    SourceFile,
    Verdict,
)
from tests.bench.compile import nested_sandbox
from tests.bench.measurement import Measurement

CASES: Final = 10
RUN_ROUNDS: Final = 5
STORED_ROUNDS: Final = 200
KEEPING_ROUNDS: Final = 150
WARM_UP: Final = 5

LANGUAGE: Final = LanguageId("c")
SUBMISSION: Final = SubmissionId("01936d5e-0000-7000-8000-000000000001")
NOW: Final = datetime(2026, 11, 21, tzinfo=UTC)
LIMITS: Final = Limits(cpu_time_ms=2000, memory_bytes=256 * 1024 * 1024, output_bytes=1024 * 1024, wall_time_ms=7000)
NEAR: Final = Comparison(kind=ComparisonKind.FLOAT, absolute=0.001)

BUSY: Final = b"""\
#include <stdio.h>
#include <time.h>
int main() {
    int n;
    scanf("%d", &n);
    while (clock() < CLOCKS_PER_SEC / 10);
    for (int i = 0; i < 1000; i++) printf("%d \\n", n + i);
}
"""
QUICK: Final = b"""\
#include <stdio.h>
#include <time.h>
int main() {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (int i = 0; i < 1000; i++) printf("%ld\\n", now.tv_sec * 1000000000 + now.tv_nsec + i);
}
"""
"""Never writes the same twice, so that all of it has to be kept."""


def run() -> list[Measurement]:
    """Both figures."""
    with _judge() as judge:
        return [_by_record(judge), _keeping(judge)]


def _by_record(judge: Judge) -> Measurement:
    request = _job(judge, BUSY)
    first = _judged(judge, request)
    again = replace(request, comparison=NEAR, recorded=_record(first))
    run_ms = _median_ms(judge, replace(again, recorded=None), RUN_ROUNDS)
    stored_ms = _median_ms(judge, again, STORED_ROUNDS)
    found = _judged(judge, again)
    if found.verdict is not Verdict.AC or not all(result.from_stored_output for result in found.cases):
        raise RuntimeError("a case was not judged by what it left")
    return Measurement(
        name=f"regrade: {CASES} cases of 100 ms each by another comparison, from stored outputs, p50",
        value=stored_ms,
        unit="ms",
        baseline=run_ms,
        ratio=stored_ms / run_ms,
        repetitions=STORED_ROUNDS,
        note=f"{run_ms / stored_ms:,.0f} times as fast as running them; at least 50",
    )


def _keeping(judge: Judge) -> Measurement:
    judges = {"kept": judge, "not kept": replace(judge, outputs=NoOutputs())}
    request = replace(_job(judge, QUICK), all_cases=True)
    times: dict[str, list[float]] = {how: [] for how in judges}
    for number in range(WARM_UP + KEEPING_ROUNDS):
        for how, one in judges.items():
            began = time.perf_counter()
            _judged(one, request)
            times[how].extend([(time.perf_counter() - began) * 1000] if number >= WARM_UP else [])
    kept_ms, not_kept_ms = (statistics.median(times[how]) for how in ("kept", "not kept"))
    return Measurement(
        name=f"regrade: judging {CASES} cases of which every output is kept, p50",
        value=kept_ms,
        unit="ms",
        baseline=not_kept_ms,
        ratio=kept_ms / not_kept_ms,
        repetitions=KEEPING_ROUNDS,
        note="baseline: the same without keeping any; 20 KB each, in turns",
    )


def _median_ms(judge: Judge, request: JudgingRequested, rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        _judged(judge, request)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _judged(judge: Judge, request: JudgingRequested) -> VerdictReached:
    position = Position(topic="jobs.rejudge", partition=0, offset=0)
    attempt = Attempt(request=request, position=position, start=1, executor_id=judge.executor_id)
    return judge.judge(attempt, lambda _: None)


def _record(verdict: VerdictReached) -> RecordedJudging:
    return RecordedJudging(
        judging_id=verdict.judging_id,
        verdict=verdict.verdict,
        compiler_output=verdict.compiler_output,
        cases=verdict.cases,
        provenance=verdict.provenance,
    )


def _job(judge: Judge, source: bytes) -> JudgingRequested:
    cases = tuple(_case(judge, number) for number in range(CASES))
    return JudgingRequested(
        event_id=EventId("bench"),
        occurred_at=NOW,
        caused_by=None,
        submission_id=SUBMISSION,
        judging_id=judging_id(SUBMISSION),
        attempt=1,
        lane=Lane.REJUDGE,
        user_id=UserId("bench"),
        team_id=None,
        problem_id=ProblemId("bench"),
        problem_revision=ProblemRevision("0" * 64),
        contest_id=None,
        submitted_at=NOW,
        language=LANGUAGE,
        files=(SourceFile(name="main.c", content=source),),
        entry_point=None,
        stub=None,
        limits=LIMITS,
        comparison=Comparison(kind=ComparisonKind.TOKENS),
        cases=cases,
        all_cases=False,
    )


def _case(judge: Judge, number: int) -> JobCase:
    answer = b"".join(b"%d\n" % (number + i) for i in range(1000))
    return JobCase(
        name=str(number), input_sha256=judge.blobs.put(b"%d\n" % number), answer_sha256=judge.blobs.put(answer)
    )


@contextmanager
def _judge() -> Iterator[Judge]:
    folder = HOME / "bench" / "regrade-blobs"
    shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as held:
        sandbox, image = held.enter_context(nested_sandbox("regrade"))
        language = load_languages()[LANGUAGE]
        yield Judge(
            sandbox=sandbox,
            sandbox_kind=KIND,
            toolchains={LANGUAGE: Toolchain(language=language, image=image, compiler_version="not asked")},
            blobs=DirectoryBlobStore(folder / "blobs"),
            executor_id=ExecutorId("bench"),
            software_version="0",
            clock=lambda: datetime.now(UTC),
            compile_cache=DirectoryCompileCache(folder / "compiled"),
            calibration=lambda: None,
            watch_strain=Machine(None).watch,
            outputs=held.enter_context(closing(DirectoryOutputs(folder / "outputs"))),
        )
    shutil.rmtree(folder)
