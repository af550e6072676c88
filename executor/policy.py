"""From the facts of a run to the verdict on its case. The first row of the table that applies decides.

| row | fact | verdict |
|---|---|---|
| 1 | wrote more than the output limit | OLE |
| 2 | the kernel killed for the memory limit | MLE |
| 3 | recorded CPU time is more than the limit, or the sandbox ended it for that | TLE |
| 4 | the sandbox ended it at the wall limit | TLE |
| 5 | ended by a signal, or with an exit code other than 0 | RTE |
| 6 | the output does not match the answer | WA |
| 7 | otherwise | AC |

The output limit goes before the memory limit since both are exact and writing came first; memory goes before time
since a program on its way to the limit is slowed down by the kernel's reclaiming.
"""

from collections.abc import Callable
from typing import Final

from executor.sandbox.port import Exited, Halted, Limit, RunLimits, RunOutcome
from schemas.values import Verdict

NANOSECONDS_PER_MS: Final = 1_000_000


def case_verdict(outcome: RunOutcome, limits: RunLimits, matches: Callable[[bytes], bool]) -> Verdict:
    """The verdict on a run; `matches` is asked only where nothing else has decided."""
    if outcome.ending == Halted(Limit.OUTPUT):
        return Verdict.OLE
    if outcome.out_of_memory:
        return Verdict.MLE
    if outcome.ending == Halted(Limit.CPU) or recorded_ms(outcome.cpu_time_ns) > limits.cpu_time_ms:
        return Verdict.TLE
    if outcome.ending == Halted(Limit.WALL):
        return Verdict.TLE
    if outcome.ending != Exited(0):
        return Verdict.RTE
    return Verdict.AC if matches(outcome.output) else Verdict.WA


def recorded_ms(time_ns: int) -> int:
    """A measured time as it is recorded and held against a limit: rounded up."""
    return -(-time_ns // NANOSECONDS_PER_MS)
