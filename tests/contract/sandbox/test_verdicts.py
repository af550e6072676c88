"""Every verdict in every language, told by facts alone."""

from dataclasses import replace

import pytest

from executor.compile import CompileFailed
from executor.policy import case_verdict
from executor.sandbox.port import Exited, Halted, Limit, RunLimits, Signalled
from schemas.values import Verdict
from tests import machine
from tests.contract.sandbox.conftest import LIMITS, MEBIBYTE, Bench

LANGUAGES = ["cpp", "java", "python3"]


def verdict_of(
    bench: Bench, language: str, program: str, stdin: bytes = b"1 2\n", limits: RunLimits = LIMITS
) -> Verdict:
    outcome = bench.run(language, program, stdin, limits)
    return case_verdict(outcome, limits, lambda output: output.split() == [b"3"])


SPINNING = replace(LIMITS, cpu_time_ms=500)
SLEEPING = replace(LIMITS, wall_time_ms=1000)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("program", "stdin", "limits", "expected"),
    [
        ("sum", b"1 2\n", LIMITS, Verdict.AC),
        ("sum", b"1 3\n", LIMITS, Verdict.WA),
        ("deaf", b"x" * 3_000_000, LIMITS, Verdict.AC),
        ("noise", b"", LIMITS, Verdict.AC),
        ("spin", b"", SPINNING, Verdict.TLE),
        ("sleep", b"", SLEEPING, Verdict.TLE),
        ("hog", b"", LIMITS, Verdict.MLE),
        ("big_array", b"", LIMITS, Verdict.MLE),
        ("exit", b"", LIMITS, Verdict.RTE),
        ("crash", b"", LIMITS, Verdict.RTE),
        ("flood", b"", LIMITS, Verdict.OLE),
    ],
)
def test_a_program_gets_the_verdict_that_it_earns(
    bench: Bench, language: str, program: str, stdin: bytes, limits: RunLimits, expected: Verdict
) -> None:
    assert verdict_of(bench, language, program, stdin, limits) is expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_does_not_compile_is_said_without_the_boxs_paths(bench: Bench, language: str) -> None:
    failed = bench.compile(language, "broken")
    assert isinstance(failed, CompileFailed)
    assert "error" in failed.compiler_output.lower()
    assert "/box" not in failed.compiler_output
    assert "\x1b" not in failed.compiler_output


@pytest.mark.parametrize("language", ["java", "python3"])
def test_an_uncaught_exception_is_a_runtime_error_whatever_it_is_called(bench: Bench, language: str) -> None:
    assert verdict_of(bench, language, "exception") is Verdict.RTE


def test_python_recursion_without_end_is_a_runtime_error(bench: Bench) -> None:
    assert verdict_of(bench, "python3", "recursion") is Verdict.RTE


def test_java_may_recurse_deeply(bench: Bench) -> None:
    assert verdict_of(bench, "java", "deep") is Verdict.AC


def test_the_jvm_collects_garbage_before_it_asks_for_the_limit(bench: Bench) -> None:
    assert verdict_of(bench, "java", "garbage") is Verdict.AC


def test_endless_recursion_uses_the_memory_up(bench: Bench) -> None:
    assert verdict_of(bench, "cpp", "recursion") is Verdict.MLE


def test_exit_codes_and_signals_are_told_apart(bench: Bench) -> None:
    assert bench.run("cpp", "exit").ending == Exited(3)
    assert bench.run("cpp", "crash").ending == Signalled(6)
    assert bench.run("cpp", "segfault").ending == Signalled(11)
    assert bench.run("cpp", "suicide").ending == Signalled(9)
    assert bench.run("python3", "exit").ending == Exited(3)


def test_a_runaway_is_ended_shortly_after_its_limit_with_its_true_time(bench: Bench) -> None:
    outcome = bench.run("cpp", "spin", limits=SPINNING)
    assert outcome.ending == Halted(Limit.CPU)
    assert 700_000_000 <= outcome.cpu_time_ns <= 1_000_000_000 * machine.SLOWNESS


def test_a_sleeper_is_ended_by_the_wall_limit_and_has_used_no_cpu(bench: Bench) -> None:
    outcome = bench.run("cpp", "sleep", limits=SLEEPING)
    assert outcome.ending == Halted(Limit.WALL)
    assert 1_000_000_000 <= outcome.wall_time_ns <= 2_000_000_000 * machine.SLOWNESS
    assert outcome.cpu_time_ns < 50_000_000 * machine.SLOWNESS


def test_the_starting_of_a_container_is_in_no_figure(bench: Bench) -> None:
    outcome = bench.run("cpp", "idle_then_end")
    assert outcome.cpu_time_ns < 20_000_000 * machine.SLOWNESS
    assert 300_000_000 <= outcome.wall_time_ns <= 800_000_000 * machine.SLOWNESS
    assert outcome.memory_bytes < 3 * MEBIBYTE + bench.start_bytes


def test_cpu_time_that_a_child_hides_counts(bench: Bench) -> None:
    assert bench.run("cpp", "hidden_cpu", limits=SPINNING).ending == Halted(Limit.CPU)


def test_memory_of_children_is_counted_together(bench: Bench) -> None:
    outcome = bench.run("cpp", "children_memory")
    assert 60 * MEBIBYTE <= outcome.memory_bytes <= 66 * MEBIBYTE


def test_little_memory_is_enough_for_a_small_program(bench: Bench) -> None:
    assert verdict_of(bench, "cpp", "sum", limits=replace(LIMITS, memory_bytes=4 * MEBIBYTE)) is Verdict.AC
