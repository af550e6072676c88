"""A program whose whole course is known, and a sandbox that only reckons: what would come of it under any limits."""

from dataclasses import dataclass
from fractions import Fraction

from executor.policy import NANOSECONDS_PER_MS, JudgedRun, Strain, case_verdict, runs_again
from executor.sandbox.container import CPU_OVERSHOOT, CPU_OVERSHOOT_MIN_MS
from executor.sandbox.port import Ending, Halted, Limit, RunOutcome, Signalled
from schemas.values import Limits, Verdict

RIGHT = b"r"
KILL = 9
START, END = Fraction(0), Fraction(1)


@dataclass(frozen=True, kw_only=True)
class ModelProgram:
    """What it takes when nothing ends it, evenly from its start (0) to its end (1).

    Its own memory is there from `grows_at` on, what it reads from files from the start; the kernel takes the latter
    back where that is needed. With `child` it is a child of it that grows, and is killed alone.
    """

    ending: Ending
    cpu_time_ms: int
    wall_time_ms: int
    output: bytes
    memory_bytes: int
    grows_at: Fraction
    cached_bytes: int
    child: bool

    def run(self, limits: Limits) -> RunOutcome:
        """One run of it, in which the first limit that is reached counts."""
        out_of_memory = self.memory_bytes > limits.memory_bytes
        ends: list[tuple[Fraction, int, Ending]] = [(END, 9, self.ending)]
        halt_ms = limits.cpu_time_ms + max(CPU_OVERSHOOT_MIN_MS, int(limits.cpu_time_ms * CPU_OVERSHOOT))
        if out_of_memory and not self.child:
            ends.append((self.grows_at, 1, Signalled(KILL)))
        for used, limit, reached_at, at in (
            (len(self.output), limits.output_bytes, limits.output_bytes + 1, Limit.OUTPUT),
            (self.cpu_time_ms, halt_ms, halt_ms, Limit.CPU),
            (self.wall_time_ms, limits.wall_time_ms, limits.wall_time_ms, Limit.WALL),
        ):
            if used > limit:
                ends.append((Fraction(reached_at, used), 2, Halted(at)))
        end, _, ending = min(ends, key=lambda one: one[:2])
        peak = max(self.cached_bytes, self.memory_bytes if end >= self.grows_at else 0)
        return RunOutcome(
            ending=ending,
            out_of_memory=out_of_memory and end >= self.grows_at,
            cpu_time_ns=int(self.cpu_time_ms * NANOSECONDS_PER_MS * end) + (end < END),
            wall_time_ns=int(self.wall_time_ms * NANOSECONDS_PER_MS * end),
            memory_bytes=min(limits.memory_bytes, peak),
            output=self.output[: int(len(self.output) * end)],
            stderr=b"",
        )

    def judged(self, limits: Limits) -> list[JudgedRun]:
        """All its runs."""
        runs: list[JudgedRun] = []
        while not runs or runs_again(runs, limits):
            outcome = self.run(limits)
            verdict = case_verdict(outcome, limits, lambda output: output.startswith(RIGHT))
            runs.append(JudgedRun(outcome=outcome, verdict=verdict, strain=Strain()))
        return runs

    def verdict(self, limits: Limits) -> Verdict:
        """The verdict on it."""
        return self.judged(limits)[0].verdict
