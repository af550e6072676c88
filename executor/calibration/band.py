"""Whether an executor is as fast as its pool. Pure.

There is no reference machine: an executor is held against the median of its pool, itself included. Limits are never
scaled by it. One that is off is only told so while another one is in band, so that a pool never judges itself away.
"""

from collections.abc import Collection
from statistics import median
from typing import Final, NamedTuple

from schemas.values import Calibration

BAND: Final = 0.05
"""How far from the pool's median, either way."""


class Deviation(NamedTuple):
    """Parts by which an executor takes longer (above 0) than its pool's median."""

    arithmetic: float
    memory_access: float

    @property
    def in_band(self) -> bool:
        """Whether both are small enough."""
        return max(map(abs, self)) <= BAND

    def __str__(self) -> str:
        return f"arithmetic {self.arithmetic:+.0%}, memory access {self.memory_access:+.0%}"


def why_off(own: Calibration | None, others: Collection[Calibration]) -> str | None:
    """What is wrong with an executor that should leave its work to the others of its pool; None where it should not."""
    if own is None:
        return None
    pool = [own, *others]
    found = _deviation(own, pool)
    if found.in_band or not any(_deviation(other, pool).in_band for other in others):
        return None
    return f"its speed is not its pool's: {found}"


def _deviation(one: Calibration, pool: Collection[Calibration]) -> Deviation:
    return Deviation(
        arithmetic=one.arithmetic_ns / median(known.arithmetic_ns for known in pool) - 1,
        memory_access=one.memory_access_ns / median(known.memory_access_ns for known in pool) - 1,
    )
