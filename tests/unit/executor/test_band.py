"""When an executor is off, and when it is told so."""

import pytest

from executor.calibration.band import why_off
from schemas.values import Calibration
from tests.unit.executor.jobs import NOW


def speed(arithmetic: int, memory_access: int = 1_000) -> Calibration:
    return Calibration(measured_at=NOW, arithmetic_ns=arithmetic, memory_access_ns=memory_access)


@pytest.mark.parametrize(
    ("what", "own", "others", "off"),
    [
        ("not measured yet", None, [speed(1_000)] * 3, False),
        ("alone", speed(1_000), [], False),
        ("as the others", speed(1_000), [speed(1_000)] * 2, False),
        ("within the band", speed(1_049), [speed(1_000), speed(1_000), speed(951)], False),
        ("too slow", speed(1_051), [speed(1_000)] * 2, True),
        ("too fast", speed(949), [speed(1_000)] * 2, True),
        ("slow memory", speed(1_000, 1_051), [speed(1_000)] * 2, True),
        ("two that differ, and nobody knows who is right", speed(1_200), [speed(1_000)], False),
        ("nobody in band", speed(1_200), [speed(1_000), speed(1_000, 2_000), speed(1_100, 4_000)], False),
        ("off, with one other in band", speed(1_200), [speed(1_000), speed(800)], True),
        ("in band, with one other off", speed(1_000), [speed(1_000), speed(1_200)], False),
    ],
)
def test_only_one_that_is_off_leaves_its_work_to_one_that_is_not(
    what: str, own: Calibration | None, others: list[Calibration], off: bool
) -> None:
    assert (why_off(own, others) is not None) is off, what


def test_it_says_by_how_much() -> None:
    assert why_off(speed(1_200, 900), [speed(1_000), speed(1_000)]) == (
        "its speed is not its pool's: arithmetic +20%, memory access -10%"
    )


def test_a_pool_never_judges_itself_away() -> None:
    pool = [speed(arithmetic, memory) for arithmetic in (900, 1_000, 1_100) for memory in (900, 1_000, 1_100)]
    stay = [own for number, own in enumerate(pool) if not why_off(own, pool[:number] + pool[number + 1 :])]
    assert stay == [speed(1_000, 1_000)]
