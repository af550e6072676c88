"""Cores for slots and cores for services."""

import pytest

from executor.cores import plan_cores
from executor.sandbox.hardening import Slot

ALL = list(range(16))


@pytest.mark.parametrize(
    ("cores", "asked", "services", "timed"),
    [
        ([0], None, [0], [0]),
        ([0, 1], None, [0, 1], [0, 1]),
        ([0, 1, 2], None, [0, 1, 2], [0, 1, 2]),
        ([0, 1, 2, 3], None, [0, 1], [2, 3]),
        (ALL, None, [0, 1], ALL[2:]),
        ([9, 3, 5, 4], None, [3, 4], [5, 9]),
        ([0, 1], 1, [0, 1], [1]),
        ([0, 1, 2, 3], 1, [0, 1, 2], [3]),
        ([0, 1, 2, 3], 4, [0, 1, 2, 3], [0, 1, 2, 3]),
        ([0, 1], 3, [0, 1], [None, None, None]),
    ],
)
def test_cores_are_shared_out(
    cores: list[int], asked: int | None, services: list[int], timed: list[int | None]
) -> None:
    plan = plan_cores(cores, asked)
    assert plan.services == tuple(services)
    assert plan.slots == tuple(Slot(number=number, cpu=cpu) for number, cpu in enumerate(timed))
