"""What the log keeps of a case: the run that counts, and how all of them went. Pure."""

from collections.abc import Sequence
from hashlib import sha256

from executor.policy import JudgedRun, best, recorded_ms
from executor.sandbox.port import Exited, Signalled
from schemas.ids import Sha256
from schemas.values import CaseResult, UsageSample


def case_result(name: str, runs: Sequence[JudgedRun]) -> CaseResult:
    """The result of a case that had these runs, in order."""
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
        output_bytes=counts.outcome.output_bytes,
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
