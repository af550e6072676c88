"""What a job's record of an earlier judging decides: the cases that need no run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from executor.checkers.compare import matches
from executor.languages.language import Language
from executor.outputs import Outputs
from executor.regrade import Decided, DecidedByOutput, MustRun, regrade
from executor.toolchains import Toolchain
from schemas.blobs.port import BlobError, BlobStore
from schemas.events import JudgingRequested
from schemas.rules.verdict import is_settled
from schemas.values import CaseResult, JobCase, Limits, RecordedJudging, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCases:
    """Results by case; `complete` where they settle the job, so that nothing has to be run."""

    results: Mapping[str, CaseResult]
    complete: bool


NONE_DECIDED: Final = DecidedCases(results={}, complete=False)


def usable_record(request: JudgingRequested, toolchain: Toolchain) -> RecordedJudging | None:
    """The job's record, unless the job asks for another image than that of the record."""
    recorded = request.recorded
    if recorded is None or (request.image is not None and toolchain.image != recorded.provenance.image_digest):
        return None
    return recorded


@dataclass(frozen=True, slots=True)
class RecordedCases:
    """Decides by records; outputs are looked for in both stores, for one that equals test data is in `blobs` alone."""

    outputs: Outputs
    blobs: BlobStore

    def decided(self, request: JudgingRequested, recorded: RecordedJudging, toolchain: Toolchain) -> DecidedCases:
        """What needs no run, up to the case that settles the job; a blob of test data that is missing is a `BlobError`.

        A verdict rests on one image. So where the image is not that of the record any more and something has to be
        run, everything is. The command of a run may depend on the memory limit: where it does, and that is another
        one, everything is run as well.
        """
        if recorded.verdict is Verdict.CE:
            return DecidedCases(results={}, complete=True)
        was = recorded.provenance.limits
        if was is None or not _same_command(toolchain.language, was, request.limits):
            return NONE_DECIDED
        results = dict(self._results(request, recorded, was))
        complete = _settles(request, results)
        if not complete and toolchain.image != recorded.provenance.image_digest:
            return NONE_DECIDED
        return DecidedCases(results=results, complete=complete)

    def _results(
        self, request: JudgingRequested, recorded: RecordedJudging, was: Limits
    ) -> Iterator[tuple[str, CaseResult]]:
        records = {result.case: result for result in recorded.cases}
        for case in request.cases:
            if case.name not in records:
                continue
            verdict = self._verdict(request, case, records[case.name], was)
            if verdict is None:
                continue
            result = replace(records[case.name], verdict=verdict, from_stored_output=True)
            yield case.name, result
            if is_settled(result, all_cases=request.all_cases):
                return

    def _verdict(self, request: JudgingRequested, case: JobCase, record: CaseResult, was: Limits) -> Verdict | None:
        match regrade(record, was, request.limits):
            case MustRun():
                return None
            case Decided(verdict):
                return verdict
            case DecidedByOutput():
                output = self._output(record)
                if output is None:
                    return None
                answer = self.blobs.get(case.answer_sha256)
                return Verdict.AC if matches(request.comparison, output, answer) else Verdict.WA

    def _output(self, record: CaseResult) -> bytes | None:
        """What the program wrote, whole; None where it is gone."""
        if record.output_bytes == 0:
            return b""
        if record.output_sha256 is None:
            return None
        try:
            if self.blobs.has(record.output_sha256):
                return self.blobs.get(record.output_sha256)
        except BlobError:
            pass  # what is spoilt there may be whole here
        return self.outputs.find(record.output_sha256)


def _same_command(language: Language, was: Limits, now: Limits) -> bool:
    commands = [language.run_arguments(entry_point="", memory_bytes=limits.memory_bytes) for limits in (was, now)]
    return commands[0] == commands[1]


def _settles(request: JudgingRequested, results: Mapping[str, CaseResult]) -> bool:
    """Whether the results alone are those of a judging from its first case to its end."""
    for case in request.cases:
        if case.name not in results:
            return False
        if is_settled(results[case.name], all_cases=request.all_cases):
            return True
    return True
