"""Judges a job: compile once, run the cases in order, tell of each as it ends, conclude.

The author's faults end as verdicts; every exception that leaves here is a fault of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from executor.attempt import Attempt
from executor.checkers.compare import matches
from executor.compile import Compiled, CompileFailed, compile_program
from executor.errors import UnknownLanguage
from executor.policy import case_verdict, recorded_ms
from executor.sandbox.port import Box, Exited, RunLimits, RunOutcome, Sandbox, Signalled
from executor.toolchains import Toolchain, Toolchains
from schemas.blobs.port import BlobStore
from schemas.events import CaseJudged, JudgingStarted, VerdictReached
from schemas.ids import ExecutorId, Sha256
from schemas.rules.verdict import GAVE_UP, NOT_COMPILED, conclude, is_settled
from schemas.values import CaseResult, JobCase, Provenance, Verdict

Progress = Callable[[JudgingStarted | CaseJudged], None]

NO_CASES: Final = "the problem has no cases"

UNKNOWN: Final = ""
"""In the provenance of a verdict that was reached without any image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges one job at a time in one sandbox."""

    sandbox: Sandbox
    sandbox_kind: str
    toolchains: Toolchains
    blobs: BlobStore
    executor_id: ExecutorId
    software_version: str
    clock: Callable[[], datetime]

    def judge(self, attempt: Attempt, progress: Progress) -> VerdictReached:
        """The verdict on the attempt's job; `progress` is given what happens on the way, in order."""
        if attempt.request.give_up is not None:
            return self.give_up(attempt, attempt.request.give_up)
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
            provenance=self._provenance(toolchain),
            cases=cases,
            compiler_output=compiled.compiler_output,
            reason=None if attempt.request.cases else NO_CASES,
        )

    def give_up(self, attempt: Attempt, reason: str) -> VerdictReached:
        """JUDGE_ERROR without a run: somebody has decided that this job cannot be judged."""
        provenance = self._provenance(self.toolchains.get(attempt.request.language))
        return attempt.verdict_reached(GAVE_UP, self.clock(), provenance=provenance, reason=reason)

    def _toolchain(self, attempt: Attempt) -> Toolchain:
        if attempt.request.language not in self.toolchains:
            raise UnknownLanguage(attempt.request.language)
        return self.toolchains[attempt.request.language]

    def _compile(self, attempt: Attempt, toolchain: Toolchain) -> Compiled | CompileFailed:
        request = attempt.request
        return compile_program(
            self.sandbox,
            toolchain.image,
            toolchain.language,
            request.files,
            stub=request.stub,
            entry_point=request.entry_point,
        )

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
        outcome = box.run(command, given, limits)
        comparison = attempt.request.comparison
        verdict = case_verdict(outcome, limits, lambda output: matches(comparison, output, answer))
        return _case_result(case.name, verdict, outcome)

    def _provenance(self, toolchain: Toolchain | None) -> Provenance:
        return Provenance(
            executor_id=self.executor_id,
            sandbox=self.sandbox_kind,
            software_version=self.software_version,
            image_digest=toolchain.image if toolchain else UNKNOWN,
            compiler_version=toolchain.compiler_version if toolchain else UNKNOWN,
        )


def _case_result(name: str, verdict: Verdict, outcome: RunOutcome) -> CaseResult:
    ending = outcome.ending
    return CaseResult(
        case=name,
        verdict=verdict,
        cpu_time_ms=recorded_ms(outcome.cpu_time_ns),
        wall_time_ms=recorded_ms(outcome.wall_time_ns),
        memory_bytes=outcome.memory_bytes,
        exit_code=ending.code if isinstance(ending, Exited) else None,
        signal=ending.signal if isinstance(ending, Signalled) else None,
        output_bytes=len(outcome.output),
        output_sha256=Sha256(sha256(outcome.output).hexdigest()),
    )
