"""The order in which waiting jobs are taken."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from executor.lanes import WEIGHTS, Lanes
from schemas.values import Lane

ROUND = sum(WEIGHTS.values())


def full_lanes(each: int) -> Lanes[Lane]:
    lanes: Lanes[Lane] = Lanes()
    for lane in Lane:
        for _ in range(each):
            lanes.put(lane, lane)
    return lanes


def test_lanes_that_all_wait_share_sixteen_to_four_to_one() -> None:
    lanes = full_lanes(each=200)
    assert Counter(lanes.take() for _ in range(5 * ROUND)) == {
        Lane.CONTEST: 80,
        Lane.PRACTICE: 20,
        Lane.REJUDGE: 5,
    }


def test_no_lane_waits_longer_than_a_round() -> None:
    lanes = full_lanes(each=200)
    taken = [lanes.take() for _ in range(4 * ROUND)]
    for start in range(3 * ROUND):
        assert set(taken[start : start + ROUND]) == set(Lane)


def test_a_lane_alone_gets_everything() -> None:
    lanes: Lanes[int] = Lanes()
    for number in range(50):
        lanes.put(Lane.REJUDGE, number)
    assert [lanes.take() for _ in range(51)] == [*range(50), None]


def test_a_lane_that_was_empty_saves_nothing_up() -> None:
    lanes: Lanes[Lane] = Lanes()
    for _ in range(100):
        lanes.put(Lane.REJUDGE, Lane.REJUDGE)
        lanes.take()
    for lane in (Lane.CONTEST, Lane.REJUDGE):
        for _ in range(40):
            lanes.put(lane, lane)
    assert Counter(lanes.take() for _ in range(17)) == {Lane.CONTEST: 16, Lane.REJUDGE: 1}


def test_dropped_jobs_are_gone_and_the_rest_keeps_its_order() -> None:
    lanes: Lanes[int] = Lanes()
    for number in range(10):
        lanes.put(Lane.PRACTICE, number)
    lanes.drop(lambda number: number % 2 == 0)
    assert lanes.length(Lane.PRACTICE) == 5
    assert [lanes.take() for _ in range(6)] == [1, 3, 5, 7, 9, None]


@given(st.lists(st.sampled_from([*Lane, None]), max_size=200))
def test_every_job_is_taken_once_and_in_its_lanes_order(moves: list[Lane | None]) -> None:
    lanes: Lanes[tuple[Lane, int]] = Lanes()
    put: dict[Lane, list[int]] = {lane: [] for lane in Lane}
    taken: dict[Lane, list[int]] = {lane: [] for lane in Lane}
    for number, move in enumerate([*moves, *([None] * len(moves))]):
        if move is not None:
            lanes.put(move, (move, number))
            put[move].append(number)
        elif (job := lanes.take()) is not None:
            taken[job[0]].append(job[1])
    assert taken == put
