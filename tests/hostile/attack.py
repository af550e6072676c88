"""What a hostile program is, what it must get, and what is looked at besides."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from executor.sandbox.port import STDERR_KEPT_BYTES, Exited, Halted, Limit, RunLimits, RunOutcome, Signalled
from schemas.values import Verdict
from tests.machine import SLOWNESS

MEBIBYTE: Final = 1024 * 1024

CONTAINED: Final = b"contained\n"
"""What a program says that found no hole; compared exactly."""

LIMITS: Final = RunLimits(
    cpu_time_ms=4_000, wall_time_ms=12_000, memory_bytes=64 * MEBIBYTE, output_bytes=MEBIBYTE, processes=32
)
SPINNING: Final = replace(LIMITS, cpu_time_ms=300, wall_time_ms=4_000)
SLEEPING: Final = replace(LIMITS, wall_time_ms=500)
SMALL: Final = replace(LIMITS, memory_bytes=16 * MEBIBYTE)

Fact = Callable[[RunOutcome], str | None]
"""Says what is wrong with a run's facts, if anything is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One program in one mode. `{port}`, `{name}`, `{place}`, `{host}` and `{secret}` in arguments and stdin stand for
    the bait that the host lays out. It runs `runs` times in one box, and each time must be as expected."""

    id: str
    name: str
    program: str
    mode: tuple[str, ...] = ()
    language: str = "c"
    limits: RunLimits = LIMITS
    stdin: bytes = b""
    expected: frozenset[Verdict] = frozenset({Verdict.AC})
    answer: bytes = CONTAINED
    runs: int = 1
    after: tuple[str, ...] = ()
    """Another program and its mode, run in the same box just before each run, whatever comes of it."""
    quiet: bool = False
    """Whether the kernel's log must not grow."""
    facts: tuple[Fact, ...] = ()
    exact: tuple[Fact, ...] = ()
    """Facts that are demanded of the nested adapter only: accuracy."""

    def allowance(self) -> RunLimits:
        """The limits on this machine: one that should not be reached is as wide as the machine is slow."""
        cpu, wall = self.limits.cpu_time_ms, self.limits.wall_time_ms
        may_end_at_a_time = Verdict.TLE in self.expected
        if not may_end_at_a_time:
            cpu *= SLOWNESS
        if not may_end_at_a_time or wall > SLEEPING.wall_time_ms:
            wall *= SLOWNESS
        allowed = replace(self.limits, cpu_time_ms=cpu, wall_time_ms=wall)
        if self.language == "java":  # what the machine itself needs
            allowed = replace(allowed, memory_bytes=256 * MEBIBYTE, processes=64)
        return allowed


def ended_by(*allowed: Limit) -> Fact:
    """It was the sandbox that ended it, at one of these limits."""
    return lambda run: None if run.ending in [Halted(limit) for limit in allowed] else f"ended by {run.ending}"


def signalled(number: int) -> Fact:
    """It ended by this signal."""
    return lambda run: None if run.ending == Signalled(number) else f"ended by {run.ending}"


def exited(code: int) -> Fact:
    """It ended by itself with this code."""
    return lambda run: None if run.ending == Exited(code) else f"ended by {run.ending}"


def within_wall_ms(limit: int) -> Fact:
    """It was over soon."""
    wide = limit * SLOWNESS
    return lambda run: None if run.wall_time_ns <= wide * 1_000_000 else f"took {run.wall_time_ns // 1_000_000} ms"


def idle(run: RunOutcome) -> str | None:
    """A sleeper used no CPU time to speak of."""
    return None if run.cpu_time_ns <= 50_000_000 * SLOWNESS else f"{run.cpu_time_ns // 1_000_000} ms of CPU time"


def one_core(run: RunOutcome) -> str | None:
    """No more CPU time than one core gives; ending a bomb's hundreds of processes comes on top of the wall time."""
    most = run.wall_time_ns * 1.3 + 20_000_000
    return None if run.cpu_time_ns <= most else f"{run.cpu_time_ns} ns of CPU time in {run.wall_time_ns} ns"


def bounded_output(run: RunOutcome) -> str | None:
    """Nobody keeps more than what was promised."""
    if len(run.output) > LIMITS.output_bytes or len(run.stderr) > STDERR_KEPT_BYTES:
        return f"{len(run.output)} bytes of stdout and {len(run.stderr)} of stderr were kept"
    return None


def burnt_ms(amount: int) -> Fact:
    """CPU time within 5 % or 2 ms (starting processes comes on top: 1 ms each of at most 50).

    Upwards an emulated machine gets more: its own time runs on while the real one does something else.
    """

    def fact(run: RunOutcome) -> str | None:
        least, most = amount * 0.95 - 2, (amount * 1.05 + 12) * max(1.0, SLOWNESS / 10)
        return None if least <= run.cpu_time_ns / 1e6 <= most else f"{run.cpu_time_ns / 1e6:.1f} ms instead of {amount}"

    return fact


def peak_mib(amount: int, *, processes: int = 1) -> Fact:
    """Peak memory within 1 MiB; each further process has a stack and tables of its own, of a quarter of a MiB."""

    def fact(run: RunOutcome) -> str | None:
        extra = run.memory_bytes / MEBIBYTE - amount
        return None if -1 <= extra <= 1 + (processes - 1) / 4 else f"{amount + extra:.2f} MiB instead of {amount}"

    return fact


def says_at_last(said: bytes) -> Fact:
    """Its output ends so, whatever the language's own runtime says before."""
    return lambda run: None if run.output.endswith(said) else f"says {run.output[-100:]!r}"


def at_its_limit(run: RunOutcome) -> str | None:
    """The kernel killed it, and its peak was the limit."""
    return None if run.out_of_memory else "the kernel did not kill it"
