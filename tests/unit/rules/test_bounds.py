"""How far limits may go."""

import pytest

from schemas.rules.bounds import CPU_TIME_MS, LEAST_MEMORY_BYTES, is_within_bounds
from schemas.values import LimitsOverride


@pytest.mark.parametrize(
    ("limits", "within"),
    [
        (LimitsOverride(), True),
        (LimitsOverride(cpu_time_ms=1), True),
        (LimitsOverride(cpu_time_ms=CPU_TIME_MS), True),
        (LimitsOverride(cpu_time_ms=CPU_TIME_MS + 1), False),
        (LimitsOverride(wall_time_ms=0), False),
        (LimitsOverride(memory_bytes=LEAST_MEMORY_BYTES - 1), False),
        (LimitsOverride(memory_bytes=LEAST_MEMORY_BYTES, output_bytes=1), True),
        (LimitsOverride(output_bytes=-1), False),
    ],
)
def test_all_that_is_given_must_be_within_its_bounds(limits: LimitsOverride, within: bool) -> None:
    assert is_within_bounds(limits) is within
