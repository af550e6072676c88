"""How long jobs wait and lanes stand, told from offsets."""

import pytest

from schemas.eventlog.port import Partition
from stream_processors.oldest_jobs import MOST_ENDS, OldestJobs

HERE = Partition("jobs.practice", 0)
THERE = Partition("jobs.contest", 2)
Look = tuple[float, int, int]


def seen(*looks: Look) -> OldestJobs:
    """After looks at one partition: (time, end, committed)."""
    jobs = OldestJobs()
    for now_s, end, committed in looks:
        jobs.look({HERE: end, THERE: 0}, {HERE: committed}, now_s)
    return jobs


@pytest.mark.parametrize(
    ("looks", "oldest_s"),
    [
        (((0, 0, 0), (100, 0, 0)), 0),
        (((0, 5, 5), (100, 5, 5)), 0),
        (((0, 5, 5), (40, 6, 5), (100, 9, 5)), 60),
        (((0, 5, 5), (40, 6, 5), (70, 9, 5), (100, 9, 6)), 30),
        (((0, 5, 5), (40, 6, 5), (70, 9, 5), (100, 9, 9)), 0),
    ],
)
def test_the_oldest_job_waits_since_its_partition_was_seen_to_end_behind_it(
    looks: tuple[Look, ...], oldest_s: float
) -> None:
    assert seen(*looks).oldest_s("jobs.practice", 100) == oldest_s
    assert seen(*looks).oldest_s("jobs.contest", 100) == 0


@pytest.mark.parametrize(
    ("looks", "stands"),
    [
        (((0, 5, 5), (100, 5, 5)), False),
        (((0, 5, 5), (99, 6, 5), (100, 6, 5)), False),
        (((0, 5, 3), (95, 6, 4), (100, 6, 4)), False),
        (((0, 5, 3), (50, 6, 4), (100, 6, 4)), True),
        (((0, 5, 3), (100, 9, 3)), True),
    ],
)
def test_a_lane_stands_where_jobs_wait_and_nothing_is_committed(looks: tuple[Look, ...], stands: bool) -> None:
    assert seen(*looks).stand(100, 10) is stands


def test_memory_is_bounded_and_the_oldest_is_kept() -> None:
    looks = [(float(number), number + 1, 0) for number in range(3 * MOST_ENDS)]
    assert seen(*looks).oldest_s("jobs.practice", 3 * MOST_ENDS) == 3 * MOST_ENDS
