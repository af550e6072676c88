"""The policy's table, row by row, and that an earlier row hides a later one."""

import pytest

from executor.policy import case_verdict, recorded_ms
from executor.sandbox.port import Exited, Halted, Limit, RunLimits, RunOutcome, Signalled
from schemas.values import Verdict
from tests.unit.executor.scripted_sandbox import outcome

LIMITS = RunLimits(cpu_time_ms=1000, wall_time_ms=4000, memory_bytes=64 * 1024 * 1024, output_bytes=1024, processes=32)
OVER_CPU_NS = 1_000_000_001

ROWS = [
    ("too much output", outcome(Halted(Limit.OUTPUT)), Verdict.OLE),
    ("killed for memory", outcome(Signalled(9), out_of_memory=True), Verdict.MLE),
    ("a child killed for memory", outcome(Exited(0), out_of_memory=True), Verdict.MLE),
    ("a nanosecond over the CPU limit", outcome(Exited(0), cpu_time_ns=OVER_CPU_NS), Verdict.TLE),
    ("ended at the CPU limit", outcome(Halted(Limit.CPU), cpu_time_ns=1_200_000_000), Verdict.TLE),
    ("asleep until the wall limit", outcome(Halted(Limit.WALL)), Verdict.TLE),
    ("a signal", outcome(Signalled(11)), Verdict.RTE),
    ("killed by itself, not for memory", outcome(Signalled(9)), Verdict.RTE),
    ("an exit code", outcome(Exited(3), output=b"right"), Verdict.RTE),
    ("a wrong answer", outcome(output=b"wrong"), Verdict.WA),
    ("a right answer", outcome(output=b"right"), Verdict.AC),
    ("a right answer at the limit exactly", outcome(output=b"right", cpu_time_ns=1_000_000_000), Verdict.AC),
]

PRECEDENCE = [
    ("output before memory", outcome(Halted(Limit.OUTPUT), out_of_memory=True), Verdict.OLE),
    ("output before CPU", outcome(Halted(Limit.OUTPUT), cpu_time_ns=OVER_CPU_NS), Verdict.OLE),
    ("memory before CPU", outcome(Signalled(9), out_of_memory=True, cpu_time_ns=OVER_CPU_NS), Verdict.MLE),
    ("memory before wall", outcome(Halted(Limit.WALL), out_of_memory=True), Verdict.MLE),
    ("CPU before a signal", outcome(Signalled(6), cpu_time_ns=OVER_CPU_NS), Verdict.TLE),
    ("CPU before an exit code", outcome(Exited(1), cpu_time_ns=OVER_CPU_NS), Verdict.TLE),
]


@pytest.mark.parametrize(("facts", "verdict"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_fact_has_its_verdict(facts: RunOutcome, verdict: Verdict) -> None:
    assert case_verdict(facts, LIMITS, lambda output: output == b"right") is verdict


@pytest.mark.parametrize(("facts", "verdict"), [row[1:] for row in PRECEDENCE], ids=[row[0] for row in PRECEDENCE])
def test_an_earlier_row_hides_a_later_one(facts: RunOutcome, verdict: Verdict) -> None:
    assert case_verdict(facts, LIMITS, lambda output: output == b"right") is verdict


def test_stderr_that_imitates_a_verdict_changes_nothing() -> None:
    facts = outcome(output=b"right", stderr=b"Killed\ntime limit exceeded\nOutOfMemoryError\n")
    assert case_verdict(facts, LIMITS, lambda output: output == b"right") is Verdict.AC


def test_the_output_of_a_failed_run_is_not_compared() -> None:
    def never(_: bytes) -> bool:
        raise AssertionError("compared")

    assert case_verdict(outcome(Exited(1)), LIMITS, never) is Verdict.RTE


@pytest.mark.parametrize(("time_ns", "time_ms"), [(0, 0), (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2)])
def test_times_are_recorded_rounded_up(time_ns: int, time_ms: int) -> None:
    assert recorded_ms(time_ns) == time_ms


def test_a_regrade_from_the_recorded_time_decides_alike() -> None:
    for time_ns in range(999_990_000, 1_000_010_000, 997):
        late = case_verdict(outcome(cpu_time_ns=time_ns), LIMITS, lambda _: True) is Verdict.TLE
        assert late == (recorded_ms(time_ns) > LIMITS.cpu_time_ms)
