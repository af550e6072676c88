"""Judges a job: compile once, run the cases in order, tell of each as it ends, conclude.

A job with the record of an earlier judging runs only what that does not decide. The author's faults end as verdicts;
every exception that leaves here is a fault of ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Final

from executor import metrics
from executor.attempt import Attempt
from executor.case_result import case_result
from executor.checkers.compare import matches
from executor.compile import Compiled, CompileFailed, compile_task
from executor.compile_cache import CompileCache, compile_once
from executor.errors import UnknownLanguage
from executor.machine import WatchStrain
from executor.other_images import OtherImage, no_other_image
from executor.outputs import NoOutputs, Outputs
from executor.policy import JudgedRun, Strain, best, case_verdict, runs_again
from executor.provenance import cases_digest
from executor.recorded_cases import NONE_DECIDED, RecordedCases, usable_record
from executor.sandbox.port import Box, RunLimits, Sandbox
from executor.toolchains import Toolchain, Toolchains
from schemas.blobs.port import BlobStore
from schemas.events import CaseJudged, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import ExecutorId
from schemas.rules.verdict import GAVE_UP, NOT_COMPILED, Conclusion, conclude, is_settled
from schemas.values import Calibration, CaseResult, JobCase, Provenance, RecordedJudging, Verdict

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
    outputs: Outputs = field(default_factory=NoOutputs)
    other_image: OtherImage = no_other_image
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
        request = attempt.request
        toolchain = self._toolchain(request)
        progress(attempt.started(self.clock()))
        decided = NONE_DECIDED
        if recorded := usable_record(request, toolchain):
            decided = RecordedCases(self.outputs, self.blobs).decided(request, recorded, toolchain)
            if decided.complete:
                return self._judge_by_record(attempt, recorded, decided.results, progress)
        compiled = self._compile(attempt, toolchain)
        cases: tuple[CaseResult, ...] = ()
        if isinstance(compiled, CompileFailed):
            conclusion = NOT_COMPILED
        else:
            cases = self._judge_cases(attempt, toolchain, compiled, decided.results, progress)
            conclusion = _conclusion(request, cases)
        return attempt.verdict_reached(
            conclusion,
            self.clock(),
            provenance=self._provenance(request, toolchain),
            cases=cases,
            compiler_output=compiled.compiler_output,
            reason=None if request.cases else NO_CASES,
        )

    def _judge_by_record(
        self, attempt: Attempt, recorded: RecordedJudging, results: Mapping[str, CaseResult], progress: Progress
    ) -> VerdictReached:
        """Nothing is run, so that the verdict still rests on the executor and the image that the runs were on."""
        request = attempt.request
        cases = tuple(results.values())
        for index, result in enumerate(cases):
            progress(attempt.case_judged(index, result, self.clock()))
        metrics.CASES.labels("stored").inc(len(cases))
        return attempt.verdict_reached(
            NOT_COMPILED if recorded.verdict is Verdict.CE else _conclusion(request, cases),
            self.clock(),
            provenance=replace(
                recorded.provenance,
                software_version=self.software_version,
                cases_sha256=cases_digest(request.cases),
                limits=request.limits,
            ),
            cases=cases,
            compiler_output=recorded.compiler_output or "",
            reason=None if request.cases else NO_CASES,
        )

    def _toolchain(self, request: JudgingRequested) -> Toolchain:
        if request.language not in self.toolchains:
            raise UnknownLanguage(request.language)
        toolchain = self.toolchains[request.language]
        return toolchain if request.image is None else self.other_image(toolchain, request.image)

    def _compile(self, attempt: Attempt, toolchain: Toolchain) -> Compiled | CompileFailed:
        request = attempt.request
        task = compile_task(
            toolchain.image, toolchain.language, request.files, stub=request.stub, entry_point=request.entry_point
        )
        return compile_once(self.compile_cache, self.sandbox, task)

    def _judge_cases(
        self,
        attempt: Attempt,
        toolchain: Toolchain,
        compiled: Compiled,
        decided: Mapping[str, CaseResult],
        progress: Progress,
    ) -> tuple[CaseResult, ...]:
        """The cases in order, those run that are not decided."""
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
                known = decided.get(case.name)
                results.append(known or self._run_case(attempt, box, command, limits, case))
                metrics.CASES.labels("stored" if known else "run").inc()
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
        result = case_result(case.name, runs)
        if result.output_sha256 and result.output_bytes and result.output_sha256 != case.answer_sha256:
            self.outputs.keep(result.output_sha256, best(runs).outcome.output)
        return result

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


def _conclusion(request: JudgingRequested, cases: tuple[CaseResult, ...]) -> Conclusion:
    return conclude(cases, problem_cases=len(request.cases), all_cases=request.all_cases)
