"""From the results of cases to a verdict and a score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schemas.values import CaseResult, Verdict

OURS: Final = frozenset({Verdict.JUDGE_ERROR, Verdict.UNKNOWN, Verdict.CE})
"""No program earns these for a case, so a case that has one was judged wrongly by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a judging comes to. `score` is 0 to 1; time and memory are the peaks over the cases that were run."""

    verdict: Verdict
    score: float
    cpu_time_ms: int
    memory_bytes: int


NOT_COMPILED: Final = Conclusion(verdict=Verdict.CE, score=0.0, cpu_time_ms=0, memory_bytes=0)
GAVE_UP: Final = Conclusion(verdict=Verdict.JUDGE_ERROR, score=0.0, cpu_time_ms=0, memory_bytes=0)


def is_settled(result: CaseResult, *, all_cases: bool) -> bool:
    """Whether no case after this one can matter, so that the rest is skipped."""
    return result.verdict in OURS or (result.verdict is not Verdict.AC and not all_cases)


def conclude(cases: Sequence[CaseResult], *, problem_cases: int, all_cases: bool) -> Conclusion:
    """The conclusion of a judging from its results in case order, of which the problem has `problem_cases`.

    The first failure decides. What we judged wrongly or not at all is JUDGE_ERROR, never the author's fault.
    The score is the share of accepted cases where all count, else all or nothing.
    """
    verdict = _verdict(cases, problem_cases, all_cases)
    return Conclusion(
        verdict=verdict,
        score=_score(verdict, cases, problem_cases, all_cases),
        cpu_time_ms=max((result.cpu_time_ms for result in cases), default=0),
        memory_bytes=max((result.memory_bytes for result in cases), default=0),
    )


def _verdict(cases: Sequence[CaseResult], problem_cases: int, all_cases: bool) -> Verdict:
    for result in cases:
        if is_settled(result, all_cases=all_cases):
            return Verdict.JUDGE_ERROR if result.verdict in OURS else result.verdict
    if not cases or len(cases) != problem_cases:
        return Verdict.JUDGE_ERROR
    return next((result.verdict for result in cases if result.verdict is not Verdict.AC), Verdict.AC)


def _score(verdict: Verdict, cases: Sequence[CaseResult], problem_cases: int, all_cases: bool) -> float:
    if verdict is Verdict.AC:
        return 1.0
    if verdict is Verdict.JUDGE_ERROR or not all_cases:
        return 0.0
    return sum(result.verdict is Verdict.AC for result in cases) / problem_cases
