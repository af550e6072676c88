"""What is concluded from the facts of runs: the verdict on a case, and whether it is run again. Pure.

The first row of `TABLE` that applies is the verdict; where none does, the output decides, as `BY_OUTPUT` says. The
output limit goes before the memory limit since both are exact and writing came first; a kill for memory goes before
time since a program on its way to the limit is slowed down by the kernel's reclaiming. A peak at the limit alone says
little, for what a program read from files counts until the kernel takes it back: so it only explains a run that
failed anyway.

CPU time decides, in whole milliseconds and rounded up before it is held against the limit, so that what is recorded
decides again the same way. The wall limit is for sleepers.

CPU time is blind to waiting for a core, and not to caches and memory that others use. So a case that fails for its
time, and only such a one, is run again where it failed narrowly or where the machine was disturbed; `REASONS` says
when. The best run counts, and all of them are in the log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from executor.sandbox.port import Ending, Exited, Halted, Limit, RunOutcome
from schemas.values import Verdict

NANOSECONDS_PER_MS: Final = 1_000_000

MOST_RUNS: Final = 3
"""The first and two more: on a machine that stays busy more of them would only keep it so."""

NARROW: Final = 1.10
"""Up to here, in parts of the CPU limit, the same program may well be within the limit the next time."""

STOLEN: Final = 0.01
"""Of a run's wall time: one tick of the kernel's in a second."""

CPU_WAITED: Final = 0.5
"""Of a run's wall time, in which somebody on this machine waited for a core (`some` of PSI). With a slot on every core,
a quarter is an ordinary day, and an endless loop would be run three times over."""

MEMORY_WAITED: Final = 0.05
"""The same for memory, of which far less hurts."""

HELD_UP: Final = 1.5
"""Wall time in parts of CPU time, of a program that did compute."""


class Facts(Protocol):
    """What the table asks of a run: all but its output, so that a record of it answers as well."""

    @property
    def ending(self) -> Ending:
        """How it ended."""

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel killed for the memory limit."""

    @property
    def cpu_time_ns(self) -> int:
        """Of all its processes."""

    @property
    def memory_bytes(self) -> int:
        """Its peak."""

    @property
    def output_bytes(self) -> int:
        """How much it wrote, as far as that was read."""


class UsageLimits(Protocol):
    """The limits that the table asks for."""

    @property
    def cpu_time_ms(self) -> int:
        """Of all processes of a run."""

    @property
    def memory_bytes(self) -> int:
        """Of all of them at once."""

    @property
    def output_bytes(self) -> int:
        """Written to stdout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """What a machine was under while a run lasted; 0 where the kernel does not tell.

    `stolen_ns` is what a hypervisor took from a core; the others are for how long anything at all waited for a core
    or for memory.
    """

    stolen_ns: int = 0
    cpu_waited_ns: int = 0
    memory_waited_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRun:
    """One run of a case, what it would come to by itself, and, where that is TLE, what went on beside it."""

    outcome: RunOutcome
    verdict: Verdict
    strain: Strain


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: where the fact holds, the verdict follows."""

    fact: str
    verdict: Verdict
    holds: Callable[[Facts, UsageLimits], bool]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason to run a case again that has failed for its time."""

    fact: str
    holds: Callable[[JudgedRun, UsageLimits], bool]


def case_verdict(outcome: RunOutcome, limits: UsageLimits, matches: Callable[[bytes], bool]) -> Verdict:
    """The verdict on a run; `matches` is asked only where nothing else has decided."""
    return verdict_by_usage(outcome, limits) or (Verdict.AC if matches(outcome.output) else Verdict.WA)


def verdict_by_usage(facts: Facts, limits: UsageLimits) -> Verdict | None:
    """The verdict that the table gives; None where the output decides."""
    return next((row.verdict for row in TABLE if row.holds(facts, limits)), None)


def runs_again(runs: Sequence[JudgedRun], limits: UsageLimits) -> bool:
    """Whether a case that had these runs, in order, has another one."""
    if runs[-1].verdict is not Verdict.TLE or len(runs) >= MOST_RUNS:
        return False
    return any(reason.holds(run, limits) for run in runs for reason in REASONS)


def best(runs: Sequence[JudgedRun]) -> JudgedRun:
    """The run that counts: the one that did not fail for its time, or else the one of the least CPU time."""
    return min(runs, key=lambda run: (run.verdict is Verdict.TLE, run.outcome.cpu_time_ns))


def recorded_ms(time_ns: int) -> int:
    """A measured time as it is recorded and held against a limit: rounded up."""
    return -(-time_ns // NANOSECONDS_PER_MS)


def _too_much_output(facts: Facts, limits: UsageLimits) -> bool:
    return facts.ending == Halted(Limit.OUTPUT) or facts.output_bytes > limits.output_bytes


def _killed_for_memory(facts: Facts, _: UsageLimits) -> bool:
    return facts.out_of_memory


def _out_of_cpu_time(facts: Facts, limits: UsageLimits) -> bool:
    return facts.ending == Halted(Limit.CPU) or recorded_ms(facts.cpu_time_ns) > limits.cpu_time_ms


def _at_the_wall_limit(facts: Facts, _: UsageLimits) -> bool:
    return facts.ending == Halted(Limit.WALL)


def _failed_at_the_memory_limit(facts: Facts, limits: UsageLimits) -> bool:
    return facts.ending != Exited(0) and facts.memory_bytes >= limits.memory_bytes


def _failed(facts: Facts, _: UsageLimits) -> bool:
    return facts.ending != Exited(0)


def _narrowly(run: JudgedRun, limits: UsageLimits) -> bool:
    return limits.cpu_time_ms < recorded_ms(run.outcome.cpu_time_ns) <= limits.cpu_time_ms * NARROW


def _stolen(run: JudgedRun, _: UsageLimits) -> bool:
    return run.strain.stolen_ns > run.outcome.wall_time_ns * STOLEN


def _cpu_waited(run: JudgedRun, _: UsageLimits) -> bool:
    return run.strain.cpu_waited_ns > run.outcome.wall_time_ns * CPU_WAITED


def _memory_waited(run: JudgedRun, _: UsageLimits) -> bool:
    return run.strain.memory_waited_ns > run.outcome.wall_time_ns * MEMORY_WAITED


def _held_up(run: JudgedRun, limits: UsageLimits) -> bool:
    """Half the limit tells one that computes from one that sleeps."""
    computed = run.outcome.cpu_time_ns * 2 >= limits.cpu_time_ms * NANOSECONDS_PER_MS
    return computed and run.outcome.wall_time_ns > run.outcome.cpu_time_ns * HELD_UP


TABLE: Final = (
    Row("wrote more bytes than the output limit", Verdict.OLE, _too_much_output),
    Row("the kernel killed for the memory limit", Verdict.MLE, _killed_for_memory),
    Row("recorded CPU time is more than the limit, or the sandbox ended it for that", Verdict.TLE, _out_of_cpu_time),
    Row("the sandbox ended it at the wall limit", Verdict.TLE, _at_the_wall_limit),
    Row("failed, and its peak of memory had reached the limit", Verdict.MLE, _failed_at_the_memory_limit),
    Row("failed: a signal, or an exit code other than 0", Verdict.RTE, _failed),
)

BY_OUTPUT: Final = (
    ("otherwise, if the output does not match the answer", Verdict.WA),
    ("otherwise", Verdict.AC),
)

REASONS: Final = (
    Reason(f"its CPU time was above the limit by at most {NARROW - 1:.0%}", _narrowly),
    Reason(f"more than {STOLEN:.0%} of its wall time was stolen from its core by other virtual machines", _stolen),
    Reason(f"something on the machine waited for a core for more than {CPU_WAITED:.0%} of its wall time", _cpu_waited),
    Reason(
        f"something on the machine waited for memory for more than {MEMORY_WAITED:.0%} of its wall time",
        _memory_waited,
    ),
    Reason(f"it used half of its CPU limit or more, and {HELD_UP:g} times as much wall time as CPU time", _held_up),
)
