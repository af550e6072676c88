"""What case results come to, row by row."""

import pytest

from schemas.rules.verdict import GAVE_UP, NOT_COMPILED, Conclusion, conclude, is_settled
from schemas.values import CaseResult, Verdict


def results(verdicts: str) -> list[CaseResult]:
    return [
        CaseResult(
            case=str(number), verdict=Verdict(verdict), cpu_time_ms=number, wall_time_ms=9, memory_bytes=10 - number
        )
        for number, verdict in enumerate(verdicts.split())
    ]


@pytest.mark.parametrize(
    ("verdicts", "problem_cases", "all_cases", "verdict", "score"),
    [
        ("AC", 1, False, "AC", 1.0),
        ("AC AC AC", 3, False, "AC", 1.0),
        ("AC AC AC", 3, True, "AC", 1.0),
        ("AC WA", 3, False, "WA", 0.0),
        ("TLE", 3, False, "TLE", 0.0),
        ("AC MLE RTE", 3, False, "MLE", 0.0),
        ("AC RTE WA AC", 4, True, "RTE", 0.5),
        ("OLE WA", 2, True, "OLE", 0.0),
        ("WA JUDGE_ERROR", 2, False, "WA", 0.0),
        ("WA JUDGE_ERROR", 2, True, "JUDGE_ERROR", 0.0),
        ("AC JUDGE_ERROR WA", 3, False, "JUDGE_ERROR", 0.0),
        ("AC UNKNOWN", 2, False, "JUDGE_ERROR", 0.0),
        ("CE", 1, False, "JUDGE_ERROR", 0.0),
        ("AC AC", 3, False, "JUDGE_ERROR", 0.0),
        ("WA AC", 3, True, "JUDGE_ERROR", 0.0),
        ("AC AC", 1, False, "JUDGE_ERROR", 0.0),
        ("", 0, False, "JUDGE_ERROR", 0.0),
        ("", 2, True, "JUDGE_ERROR", 0.0),
    ],
)
def test_the_first_failure_decides_and_our_faults_are_ours(
    verdicts: str, problem_cases: int, all_cases: bool, verdict: str, score: float
) -> None:
    conclusion = conclude(results(verdicts), problem_cases=problem_cases, all_cases=all_cases)
    assert (conclusion.verdict, conclusion.score) == (Verdict(verdict), score)


def test_time_and_memory_are_the_peaks_over_all_that_ran() -> None:
    assert conclude(results("AC AC WA"), problem_cases=3, all_cases=True) == Conclusion(
        verdict=Verdict.WA, score=2 / 3, cpu_time_ms=2, memory_bytes=10
    )


@pytest.mark.parametrize(
    ("verdict", "all_cases", "settled"),
    [
        ("AC", False, False),
        ("AC", True, False),
        ("WA", False, True),
        ("WA", True, False),
        ("JUDGE_ERROR", True, True),
        ("UNKNOWN", True, True),
    ],
)
def test_the_rest_is_skipped_once_nothing_can_change(verdict: str, all_cases: bool, settled: bool) -> None:
    assert is_settled(results(verdict)[0], all_cases=all_cases) is settled


def test_what_never_ran_took_nothing() -> None:
    assert (NOT_COMPILED.verdict, GAVE_UP.verdict) == (Verdict.CE, Verdict.JUDGE_ERROR)
    assert {(end.score, end.cpu_time_ms, end.memory_bytes) for end in (NOT_COMPILED, GAVE_UP)} == {(0.0, 0, 0)}
