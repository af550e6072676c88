"""Judges a job: compile once, run the cases in order, tell of each as it ends, conclude.

The author's faults end as verdicts; every exception that leaves here is a fault of ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Final

from executor import metrics
from executor.attempt import Attempt
from executor.checkers.compare import matches
from executor.compile import Compiled, CompileFailed, compile_task
from executor.compile_cache import CompileCache, compile_once
from executor.errors import UnknownLanguage
from executor.machine import WatchStrain
from executor.policy import JudgedRun, Strain, best, case_verdict, recorded_ms, runs_again
from executor.provenance import cases_digest
from executor.sandbox.port import Box, Exited, RunLimits, Sandbox, Signalled
from executor.toolchains import Toolchain, Toolchains
from schemas.blobs.port import BlobStore
from schemas.events import CaseJudged, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import ExecutorId, Sha256
from schemas.rules.verdict import GAVE_UP, NOT_COMPILED, conclude, is_settled
from schemas.values import Calibration, CaseResult, JobCase, Provenance, UsageSample, Verdict

Progress = Callable[[JudgingStarted | CaseJudged], None]

NO_CASES: Final = "the problem has no cases"

UNKNOWN: Final = ""
"""In the provenance of a verdict that was reached without any image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges one job at a time in one sandbox; who wants the sandbox for something else takes the `turn`."""

    sandbox: Sandbox
    sandbox_kind: str
    toolchains: Toolchains
    blobs: BlobStore
    executor_id: ExecutorId
    software_version: str
    clock: Callable[[], datetime]
    compile_cache: CompileCache
    calibration: Callable[[], Calibration | None]
    watch_strain: WatchStrain
    turn: Lock = field(default_factory=Lock)

    def judge(self, attempt: Attempt, progress: Progress) -> VerdictReached:
        """The verdict on the attempt's job; `progress` is given what happens on the way, in order."""
        if attempt.request.give_up is not None:
            return self.give_up(attempt, attempt.request.give_up)
        with self.turn:
            return self._judge(attempt, progress)

    def give_up(self, attempt: Attempt, reason: str) -> VerdictReached:
        """JUDGE_ERROR without a run: somebody has decided that this job cannot be judged."""
        provenance = self._provenance(attempt.request, self.toolchains.get(attempt.request.language))
        return attempt.verdict_reached(GAVE_UP, self.clock(), provenance=provenance, reason=reason)

    def _judge(self, attempt: Attempt, progress: Progress) -> VerdictReached:
        toolchain = self._toolchain(attempt)
        progress(attempt.started(self.clock()))
        compiled = self._compile(attempt, toolchain)
        cases: tuple[CaseResult, ...] = ()
        if isinstance(compiled, CompileFailed):
            conclusion = NOT_COMPILED
        else:
            cases = self._run_cases(attempt, toolchain, compiled, progress)
            conclusion = conclude(cases, problem_cases=len(attempt.request.cases), all_cases=attempt.request.all_cases)
        return attempt.verdict_reached(
            conclusion,
            self.clock(),
            provenance=self._provenance(attempt.request, toolchain),
            cases=cases,
            compiler_output=compiled.compiler_output,
            reason=None if attempt.request.cases else NO_CASES,
        )

    def _toolchain(self, attempt: Attempt) -> Toolchain:
        if attempt.request.language not in self.toolchains:
            raise UnknownLanguage(attempt.request.language)
        return self.toolchains[attempt.request.language]

    def _compile(self, attempt: Attempt, toolchain: Toolchain) -> Compiled | CompileFailed:
        request = attempt.request
        task = compile_task(
            toolchain.image, toolchain.language, request.files, stub=request.stub, entry_point=request.entry_point
        )
        return compile_once(self.compile_cache, self.sandbox, task)

    def _run_cases(
        self, attempt: Attempt, toolchain: Toolchain, compiled: Compiled, progress: Progress
    ) -> tuple[CaseResult, ...]:
        request = attempt.request
        command = toolchain.language.run_arguments(
            entry_point=compiled.entry_point, memory_bytes=request.limits.memory_bytes
        )
        limits = RunLimits(
            cpu_time_ms=request.limits.cpu_time_ms,
            wall_time_ms=request.limits.wall_time_ms,
            memory_bytes=request.limits.memory_bytes,
            output_bytes=request.limits.output_bytes,
            processes=toolchain.language.processes,
        )
        results: list[CaseResult] = []
        with self.sandbox.box(toolchain.image, compiled.files) as box:
            for index, case in enumerate(request.cases):
                results.append(self._run_case(attempt, box, command, limits, case))
                progress(attempt.case_judged(index, results[-1], self.clock()))
                if is_settled(results[-1], all_cases=request.all_cases):
                    break
        return tuple(results)

    def _run_case(self, attempt: Attempt, box: Box, command: list[str], limits: RunLimits, case: JobCase) -> CaseResult:
        given, answer = self.blobs.get(case.input_sha256), self.blobs.get(case.answer_sha256)
        comparison = attempt.request.comparison
        runs: list[JudgedRun] = []
        while not runs or runs_again(runs, limits):
            strain_so_far = self.watch_strain()
            outcome = box.run(command, given, limits)
            verdict = case_verdict(outcome, limits, lambda output: matches(comparison, output, answer))
            strain = strain_so_far() if verdict is Verdict.TLE else Strain()
            runs.append(JudgedRun(outcome=outcome, verdict=verdict, strain=strain))
        metrics.RUNS_AGAIN.inc(len(runs) - 1)
        return _case_result(case.name, runs)

    def _provenance(self, request: JudgingRequested, toolchain: Toolchain | None) -> Provenance:
        return Provenance(
            executor_id=self.executor_id,
            sandbox=self.sandbox_kind,
            software_version=self.software_version,
            image_digest=toolchain.image if toolchain else UNKNOWN,
            compiler_version=toolchain.compiler_version if toolchain else UNKNOWN,
            cases_sha256=cases_digest(request.cases),
            limits=request.limits,
            calibration=self.calibration(),
        )


def _case_result(name: str, runs: Sequence[JudgedRun]) -> CaseResult:
    counts = best(runs)
    ending, sample = counts.outcome.ending, _sample(counts)
    return CaseResult(
        case=name,
        verdict=sample.verdict,
        cpu_time_ms=sample.cpu_time_ms,
        wall_time_ms=sample.wall_time_ms,
        memory_bytes=sample.memory_bytes,
        exit_code=ending.code if isinstance(ending, Exited) else None,
        signal=ending.signal if isinstance(ending, Signalled) else None,
        output_bytes=len(counts.outcome.output),
        output_sha256=Sha256(sha256(counts.outcome.output).hexdigest()),
        samples=tuple(map(_sample, runs)),
    )


def _sample(run: JudgedRun) -> UsageSample:
    return UsageSample(
        cpu_time_ms=recorded_ms(run.outcome.cpu_time_ns),
        wall_time_ms=recorded_ms(run.outcome.wall_time_ns),
        memory_bytes=run.outcome.memory_bytes,
        verdict=run.verdict,
    )
