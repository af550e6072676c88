"""Which cores are for timing and which for everything else. Pure.

A slot has a core for itself, so that what is timed never shares one. Our own services and the engines are kept on other
cores where there are enough; on a small machine every core is worth more as a slot, and CPU time bears the neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from executor.sandbox.hardening import Slot

ENOUGH_CORES: Final = 4
"""From here on cores are left to the services."""

SERVICE_CORES: Final = 2
"""On one alone, broker and database would take twice as long to start, and fall behind the slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorePlan:
    """`services` are the cores for all that is not timed: every core, where none can be spared."""

    services: tuple[int, ...]
    slots: tuple[Slot, ...]


def plan_cores(cores: Sequence[int], slots: int | None = None) -> CorePlan:
    """The plan for these cores and so many slots, or as many as are good for them.

    The services get the first cores, which most machines also use for interrupts. More slots than cores have none of
    their own.
    """
    cores = sorted(cores)
    wanted = slots or _good_number(len(cores))
    spare = len(cores) - wanted
    if spare < 0:
        return CorePlan(services=tuple(cores), slots=tuple(Slot(number=number, cpu=None) for number in range(wanted)))
    apart = spare if len(cores) >= ENOUGH_CORES else 0
    return CorePlan(
        services=tuple(cores[:apart] or cores),
        slots=tuple(Slot(number=number, cpu=cpu) for number, cpu in enumerate(cores[spare:])),
    )


def _good_number(cores: int) -> int:
    return cores if cores < ENOUGH_CORES else cores - SERVICE_CORES
