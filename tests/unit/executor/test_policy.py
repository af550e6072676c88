"""The policy's table, row by row, and that an earlier row hides a later one."""

import pytest

from executor.policy import BY_OUTPUT, TABLE, case_verdict, recorded_ms
from executor.sandbox.port import Exited, Halted, Limit, RunLimits, RunOutcome, Signalled
from schemas.values import Verdict
from tests.unit.executor.scripted_sandbox import outcome

LIMITS = RunLimits(cpu_time_ms=1000, wall_time_ms=4000, memory_bytes=64 * 1024 * 1024, output_bytes=1024, processes=32)
OVER_CPU_NS = 1_000_000_001

LIMIT_BYTES = LIMITS.memory_bytes

ROWS = [
    (0, "ended for too much output", outcome(Halted(Limit.OUTPUT)), Verdict.OLE),
    (0, "a byte too much that nobody ended", outcome(output=bytes(1025)), Verdict.OLE),
    (1, "killed for memory", outcome(Signalled(9), out_of_memory=True), Verdict.MLE),
    (1, "a child killed for memory", outcome(Exited(0), out_of_memory=True), Verdict.MLE),
    (2, "a nanosecond over the CPU limit", outcome(Exited(0), cpu_time_ns=OVER_CPU_NS), Verdict.TLE),
    (2, "ended at the CPU limit", outcome(Halted(Limit.CPU), cpu_time_ns=1_200_000_000), Verdict.TLE),
    (3, "asleep until the wall limit", outcome(Halted(Limit.WALL)), Verdict.TLE),
    (4, "a signal with the memory used up", outcome(Signalled(7), memory_bytes=LIMIT_BYTES), Verdict.MLE),
    (4, "an exit code with the memory used up", outcome(Exited(1), memory_bytes=LIMIT_BYTES + 1), Verdict.MLE),
    (5, "a signal", outcome(Signalled(11)), Verdict.RTE),
    (5, "killed by itself, not for memory", outcome(Signalled(9), memory_bytes=LIMIT_BYTES - 1), Verdict.RTE),
    (5, "an exit code", outcome(Exited(3), output=b"right"), Verdict.RTE),
    (6, "a wrong answer", outcome(output=b"wrong"), Verdict.WA),
    (7, "a right answer", outcome(output=b"right"), Verdict.AC),
    (7, "a right answer at the limit exactly", outcome(output=b"right", cpu_time_ns=1_000_000_000), Verdict.AC),
    (7, "a right answer with what it read cached", outcome(output=b"right", memory_bytes=LIMIT_BYTES), Verdict.AC),
]
"""By their row in the table, from 0; the rows that the output decides come last."""

PRECEDENCE = [
    ("output before memory", outcome(Halted(Limit.OUTPUT), out_of_memory=True), Verdict.OLE),
    ("output before CPU", outcome(Halted(Limit.OUTPUT), cpu_time_ns=OVER_CPU_NS), Verdict.OLE),
    ("a kill for memory before CPU", outcome(Signalled(9), out_of_memory=True, cpu_time_ns=OVER_CPU_NS), Verdict.MLE),
    ("a kill for memory before wall", outcome(Halted(Limit.WALL), out_of_memory=True), Verdict.MLE),
    ("CPU before a peak", outcome(Signalled(6), cpu_time_ns=OVER_CPU_NS, memory_bytes=LIMIT_BYTES), Verdict.TLE),
    ("wall before a peak", outcome(Halted(Limit.WALL), memory_bytes=LIMIT_BYTES), Verdict.TLE),
    ("CPU before a signal", outcome(Signalled(6), cpu_time_ns=OVER_CPU_NS), Verdict.TLE),
    ("CPU before an exit code", outcome(Exited(1), cpu_time_ns=OVER_CPU_NS), Verdict.TLE),
]


@pytest.mark.parametrize(
    ("row", "facts", "verdict"), [(row, *rest) for row, _, *rest in ROWS], ids=[r[1] for r in ROWS]
)
def test_each_fact_has_its_verdict(row: int, facts: RunOutcome, verdict: Verdict) -> None:
    assert case_verdict(facts, LIMITS, lambda output: output == b"right") is verdict
    assert [*(row.verdict for row in TABLE), *(verdict for _, verdict in BY_OUTPUT)][row] is verdict
    assert not any(earlier.holds(facts, LIMITS) for earlier in TABLE[:row])
    assert row >= len(TABLE) or TABLE[row].holds(facts, LIMITS)


def test_every_row_of_the_table_is_tested() -> None:
    assert {row for row, *_ in ROWS} == set(range(len(TABLE) + len(BY_OUTPUT)))


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
