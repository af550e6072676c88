"""When consuming counts as stuck."""

import pytest

from schemas.eventlog.port import Partition
from stream_processors.watch_lag import ALL_STAND_S, ONE_STANDS_S, Standing, observe, standstill

HERE = Partition("submissions", 0)
THERE = Partition("verdicts", 3)
Look = tuple[float, int, int | None]


def seen(*looks: Look) -> Standing:
    """After looks at one partition: (time, end, committed)."""
    standing = Standing()
    for now_s, end, committed in looks:
        standing = observe(standing, {HERE: end}, {} if committed is None else {HERE: committed}, now_s)
    return standing


@pytest.mark.parametrize(
    "looks",
    [
        ((0, 0, None), (100, 0, None)),
        ((0, 5, 5), (100, 5, 5)),
        ((0, 5, 5), (99, 6, 5), (100, 6, 5)),
        ((0, 5, 1), (100, 6, 2)),
        ((0, 5, 1), (50, 5, 5), (100, 6, 5)),
        ((100 - ALL_STAND_S, 5, 1), (100, 5, 1)),
    ],
)
def test_who_has_nothing_to_do_or_gets_on_is_not_stuck(looks: tuple[Look, ...]) -> None:
    assert standstill(seen(*looks), 100) is None


@pytest.mark.parametrize("looks", [((0, 5, 1), (100, 9, 1)), ((0, 5, None), (100, 5, None)), ((0, 5, 0), (100, 5, 0))])
def test_records_that_wait_while_nothing_moves_are_a_standstill(looks: tuple[Look, ...]) -> None:
    assert standstill(seen(*looks), 100) == HERE


@pytest.mark.parametrize(("stands_s", "stuck"), [(ALL_STAND_S + 1, None), (ONE_STANDS_S + 1, THERE)])
def test_one_partition_may_stand_longer_while_another_moves(stands_s: float, stuck: Partition | None) -> None:
    standing = Standing()
    for number in range(100):
        ends, committed = {HERE: 200, THERE: 5}, {HERE: number, THERE: 1}
        standing = observe(standing, ends, committed, number * stands_s / 99)
    assert standstill(standing, stands_s) == stuck
