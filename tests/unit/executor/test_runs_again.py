"""When a case is run again, how often, and which run counts."""

from collections.abc import Sequence

import pytest

from executor.policy import MOST_RUNS, REASONS, JudgedRun, Strain, best, runs_again
from executor.sandbox.port import Ending, Exited, Halted, Limit, RunLimits
from schemas.values import Verdict
from tests.unit.executor.scripted_sandbox import outcome

LIMITS = RunLimits(cpu_time_ms=1000, wall_time_ms=4000, memory_bytes=64 * 1024 * 1024, output_bytes=1024, processes=32)
MS = 1_000_000
FAR_MS = 1_200


def run(
    verdict: Verdict = Verdict.TLE,
    *,
    cpu_ms: int = FAR_MS,
    wall_ms: int | None = None,
    strain: Strain = Strain(),  # noqa: B008  # frozen
    ending: Ending = Exited(0),  # noqa: B008  # frozen
) -> JudgedRun:
    facts = outcome(ending, cpu_time_ns=cpu_ms * MS, wall_time_ns=(cpu_ms if wall_ms is None else wall_ms) * MS)
    return JudgedRun(outcome=facts, verdict=verdict, strain=strain)


NARROW = run(cpu_ms=1_100)
FAR = run(ending=Halted(Limit.CPU))
ASLEEP = run(cpu_ms=2, wall_ms=4_000, ending=Halted(Limit.WALL))

BY_REASON = [
    (0, "a millisecond above the limit", run(cpu_ms=1_001), True),
    (0, "10 % above the limit", NARROW, True),
    (0, "more than 10 % above the limit", run(cpu_ms=1_101), False),
    (0, "asleep, and nothing else going on", ASLEEP, False),
    (1, "12 ms stolen of 1 200", run(strain=Strain(stolen_ns=12 * MS)), False),
    (1, "13 ms stolen of 1 200", run(strain=Strain(stolen_ns=13 * MS)), True),
    (2, "a core waited for in half of the time", run(strain=Strain(cpu_waited_ns=600 * MS)), False),
    (2, "a core waited for in more of the time", run(strain=Strain(cpu_waited_ns=601 * MS)), True),
    (3, "memory waited for in a twentieth of the time", run(strain=Strain(memory_waited_ns=60 * MS)), False),
    (3, "memory waited for in more of the time", run(strain=Strain(memory_waited_ns=61 * MS)), True),
    (4, "computing, as long as it takes", run(wall_ms=1_800), False),
    (4, "computing, and held up", run(wall_ms=1_801), True),
    (4, "computing half of its limit until the wall", run(cpu_ms=500, wall_ms=4_000), True),
    (4, "computing less than that", run(cpu_ms=499, wall_ms=4_000), False),
]


@pytest.mark.parametrize(
    ("reason", "only", "again"), [(r, *x) for r, _, *x in BY_REASON], ids=[r[1] for r in BY_REASON]
)
def test_each_reason_by_itself_is_enough(reason: int, only: JudgedRun, again: bool) -> None:
    assert runs_again([only], LIMITS) is again
    assert [number for number, known in enumerate(REASONS) if known.holds(only, LIMITS)] == [reason] * again


def test_every_reason_is_tested() -> None:
    assert {reason for reason, _, _, again in BY_REASON if again} == set(range(len(REASONS)))


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.TLE])
def test_only_one_that_failed_for_its_time_is_run_again(verdict: Verdict) -> None:
    everything = Strain(stolen_ns=10**12, cpu_waited_ns=10**12, memory_waited_ns=10**12)
    assert not runs_again([run(verdict, cpu_ms=1_001, wall_ms=3_999, strain=everything)], LIMITS)


def test_it_is_run_three_times_at_most() -> None:
    assert runs_again([NARROW], LIMITS)
    assert runs_again([NARROW, NARROW], LIMITS)
    assert not runs_again([NARROW] * MOST_RUNS, LIMITS)


def test_a_reason_holds_on_although_the_second_run_has_none() -> None:
    assert runs_again([NARROW, FAR], LIMITS)
    assert runs_again([FAR], LIMITS) is False


@pytest.mark.parametrize("verdict", [Verdict.AC, Verdict.WA, Verdict.RTE])
def test_a_run_in_time_ends_it_and_counts(verdict: Verdict) -> None:
    in_time = run(verdict, cpu_ms=990)
    assert not runs_again([NARROW, in_time], LIMITS)
    assert best([NARROW, in_time]) is in_time


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_of_those_that_failed_the_quickest_counts(order: Sequence[int]) -> None:
    runs = [run(cpu_ms=1_002), run(cpu_ms=1_001), run(cpu_ms=1_003)]
    assert best([runs[place] for place in order]) is runs[1]


def test_a_case_that_passes_is_its_own_best() -> None:
    passed = run(Verdict.AC, cpu_ms=1)
    assert best([passed]) is passed
