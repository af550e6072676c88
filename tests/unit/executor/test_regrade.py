"""Deciding by a record: each reason and each way to a verdict, and that no decision differs from a run's."""

from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.case_result import case_result
from executor.policy import case_verdict
from executor.regrade import (
    NOT_CLEAR,
    REASONS_TO_RUN,
    RUNS_AGAIN,
    Decided,
    DecidedByOutput,
    MustRun,
    Regraded,
    regrade,
)
from executor.sandbox.port import Ending, Exited, Halted, Limit, Signalled
from schemas.ids import Sha256
from schemas.values import CaseResult, Limits, UsageSample, Verdict
from tests.unit.executor.model_program import RIGHT, ModelProgram

MIB = 1024 * 1024
WAS = Limits(cpu_time_ms=1000, memory_bytes=64 * MIB, output_bytes=1000, wall_time_ms=4000)


def record(
    verdict: Verdict,
    ending: Ending = Exited(0),  # noqa: B008  # frozen
    *,
    cpu_time_ms: int = 500,
    wall_time_ms: int = 600,
    memory_mib: int = 10,
    output_bytes: int = 100,
    runs: int = 1,
) -> CaseResult:
    sample = UsageSample(
        cpu_time_ms=cpu_time_ms, wall_time_ms=wall_time_ms, memory_bytes=memory_mib * MIB, verdict=verdict
    )
    return CaseResult(
        case="1",
        verdict=verdict,
        cpu_time_ms=cpu_time_ms,
        wall_time_ms=wall_time_ms,
        memory_bytes=memory_mib * MIB,
        exit_code=ending.code if isinstance(ending, Exited) else None,
        signal=ending.signal if isinstance(ending, Signalled) else None,
        output_bytes=output_bytes,
        output_sha256=Sha256("0" * 64),
        samples=(sample,) * runs,
    )


def limits(cpu_time_ms: int = 1000, memory_mib: int = 64, output_bytes: int = 1000, wall_time_ms: int = 4000) -> Limits:
    return Limits(
        cpu_time_ms=cpu_time_ms, memory_bytes=memory_mib * MIB, output_bytes=output_bytes, wall_time_ms=wall_time_ms
    )


ACCEPTED = record(Verdict.AC)
WRONG = record(Verdict.WA)
FAILED = record(Verdict.RTE, Exited(1))
SLOW = record(Verdict.TLE, cpu_time_ms=1150, runs=3)
ENDLESS = record(Verdict.TLE, Halted(Limit.CPU), cpu_time_ms=1201, wall_time_ms=1300)
SLEEPER = record(Verdict.TLE, Halted(Limit.WALL), cpu_time_ms=3, wall_time_ms=4000)
GREEDY = record(Verdict.MLE, Signalled(9), memory_mib=64)
FULL = record(Verdict.MLE, Exited(1), memory_mib=64)
CHATTY = record(Verdict.OLE, Halted(Limit.OUTPUT), output_bytes=1000)
CACHING = record(Verdict.AC, memory_mib=64)
BY_OUTPUT = DecidedByOutput()
OURS, RAISED, MEMORY, WALL, SEVERAL = (MustRun(reason.fact) for reason in REASONS_TO_RUN)

ROWS: list[tuple[str, CaseResult, Limits, Regraded]] = [
    ("accepted, nothing changed", ACCEPTED, WAS, BY_OUTPUT),
    ("wrong, nothing changed", WRONG, WAS, BY_OUTPUT),
    ("failed, nothing changed", FAILED, WAS, Decided(Verdict.RTE)),
    ("endless, nothing changed", ENDLESS, WAS, Decided(Verdict.TLE)),
    ("asleep, nothing changed", SLEEPER, WAS, Decided(Verdict.TLE)),
    ("greedy, nothing changed", GREEDY, WAS, Decided(Verdict.MLE)),
    ("full, nothing changed", FULL, WAS, Decided(Verdict.MLE)),
    ("chatty, nothing changed", CHATTY, WAS, Decided(Verdict.OLE)),
    ("at the memory limit by its cache, nothing changed", CACHING, WAS, BY_OUTPUT),
    ("far more CPU time than the new limit", ACCEPTED, limits(cpu_time_ms=300), Decided(Verdict.TLE)),
    ("failed, and later than the new limit", FAILED, limits(cpu_time_ms=300), Decided(Verdict.TLE)),
    ("at the new limit exactly", ACCEPTED, limits(cpu_time_ms=500), BY_OUTPUT),
    ("narrowly above the new limit", ACCEPTED, limits(cpu_time_ms=499), MustRun(RUNS_AGAIN)),
    ("narrowly above, but run often enough", record(Verdict.WA, runs=3), limits(cpu_time_ms=499), Decided(Verdict.TLE)),
    ("a byte more than the new limit", ACCEPTED, limits(output_bytes=99), Decided(Verdict.OLE)),
    ("as many bytes as the new limit", ACCEPTED, limits(output_bytes=100), BY_OUTPUT),
    ("ended by itself, and every limit is higher", ACCEPTED, limits(2000, 128, 2000, 9000), BY_OUTPUT),
    ("late but ended by itself, and the limit is higher", SLOW, limits(cpu_time_ms=1150), BY_OUTPUT),
    (
        "late but ended by itself, and the limit is not high enough",
        SLOW,
        limits(cpu_time_ms=1149),
        Decided(Verdict.TLE),
    ),
    ("endless, with less time", ENDLESS, limits(cpu_time_ms=500), Decided(Verdict.TLE)),
    ("asleep, with less time", SLEEPER, limits(wall_time_ms=500), Decided(Verdict.TLE)),
    ("asleep, with more CPU time", SLEEPER, limits(cpu_time_ms=2000), Decided(Verdict.TLE)),
    ("greedy, with less memory", GREEDY, limits(memory_mib=32), Decided(Verdict.MLE)),
    ("greedy, with more time", GREEDY, limits(cpu_time_ms=9000, wall_time_ms=30_000), Decided(Verdict.MLE)),
    ("chatty, with fewer bytes", CHATTY, limits(output_bytes=10), Decided(Verdict.OLE)),
    ("more memory than it ever took", FAILED, limits(memory_mib=11), Decided(Verdict.RTE)),
    ("judged wrongly by us", record(Verdict.JUDGE_ERROR), WAS, OURS),
    ("endless, with more time", ENDLESS, limits(cpu_time_ms=1001), RAISED),
    ("endless, with more wall time", ENDLESS, limits(wall_time_ms=4001), RAISED),
    ("asleep, with more wall time", SLEEPER, limits(wall_time_ms=4001), RAISED),
    ("greedy, with more memory", GREEDY, limits(memory_mib=65), RAISED),
    ("full, with more memory", FULL, limits(memory_mib=65), RAISED),
    (
        "a greedy child, and asleep, with more wall time",
        replace(SLEEPER, verdict=Verdict.MLE),
        limits(1, 1, 1, 4001),
        RAISED,
    ),
    ("chatty, with more bytes", CHATTY, limits(output_bytes=1001), RAISED),
    ("late at the memory limit, with more memory", replace(SLOW, memory_bytes=64 * MIB), limits(memory_mib=65), RAISED),
    ("its peak reaches the new limit", ACCEPTED, limits(memory_mib=10), MEMORY),
    ("its cache reaches the new limit", CACHING, limits(memory_mib=63), MEMORY),
    ("endless, and its peak reaches the new limit", ENDLESS, limits(memory_mib=10), MEMORY),
    ("more wall time than the new limit", ACCEPTED, limits(wall_time_ms=599), WALL),
    ("failed after more wall time than the new limit", FAILED, limits(wall_time_ms=599), WALL),
    ("more CPU time, more bytes", ACCEPTED, limits(cpu_time_ms=300, output_bytes=99), SEVERAL),
    ("greedy, and more CPU time than the new limit", GREEDY, limits(cpu_time_ms=300), SEVERAL),
    ("endless, and more bytes than the new limit", ENDLESS, limits(output_bytes=99), SEVERAL),
    ("a record that contradicts itself", record(Verdict.RTE, Exited(0)), WAS, MustRun(NOT_CLEAR)),
    ("accepted without an end", record(Verdict.AC, Halted(Limit.CPU)), WAS, MustRun(NOT_CLEAR)),
]


@pytest.mark.parametrize(("given_record", "now", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_record_comes_to_what_the_rules_say(given_record: CaseResult, now: Limits, expected: Regraded) -> None:
    assert regrade(given_record, WAS, now) == expected


def test_every_reason_is_tested() -> None:
    told = {expected.why for *_, expected in ROWS if isinstance(expected, MustRun)}
    assert told == {*(reason.fact for reason in REASONS_TO_RUN), NOT_CLEAR, RUNS_AGAIN}


def test_a_record_without_samples_is_its_own_only_run() -> None:
    assert regrade(replace(ACCEPTED, samples=()), WAS, limits(cpu_time_ms=499)) == MustRun(RUNS_AGAIN)


times = st.integers(1, 40).map(lambda units: units * 100)
FIELDS = {
    "cpu_time_ms": times,
    "wall_time_ms": times,
    "memory_bytes": st.integers(2, 20),
    "output_bytes": st.integers(1, 20),
}
LIMITS = st.builds(Limits, **FIELDS)
CHANGES = st.sampled_from([*([name] for name in FIELDS), list(FIELDS)]).flatmap(
    lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names})
)
"""Of one limit, or of all."""

PROGRAMS = st.builds(
    ModelProgram,
    ending=st.sampled_from([Exited(0), Exited(0), Exited(1), Signalled(11)]),
    cpu_time_ms=times,
    wall_time_ms=times,
    output=st.integers(0, 14).flatmap(lambda length: st.sampled_from([RIGHT * length, b"w" * length])),
    memory_bytes=st.integers(1, 14),
    grows_at=st.integers(0, 10).map(lambda tenths: Fraction(tenths, 10)),
    cached_bytes=st.integers(0, 14),
    child=st.booleans(),
)


@settings(max_examples=600)
@given(program=PROGRAMS, ran_under=LIMITS, changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_whatever_a_record_decides_a_run_would_have_decided_alike(
    program: ModelProgram, ran_under: Limits, changes: list[dict[str, int]]
) -> None:
    """Also where the record was decided by a record itself, any number of times."""
    known = case_result("1", program.judged(ran_under))
    chain = accumulate(changes, lambda limits, change: replace(limits, **change), initial=ran_under)
    for was, now in pairwise(chain):
        found, truth = regrade(known, was, now), program.run(now)
        verdict = case_verdict(truth, now, lambda output: output.startswith(RIGHT))
        match found:
            case Decided(decided):
                assert decided is verdict
            case DecidedByOutput():
                assert verdict in (Verdict.AC, Verdict.WA)
                assert truth.output == program.run(ran_under).output
            case MustRun():
                return
        known = replace(known, verdict=verdict)
