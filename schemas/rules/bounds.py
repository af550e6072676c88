"""How far limits and repeats may go, whoever sets them: a problem's author, or a jury that judges again."""

from typing import Final

from schemas.values import LimitsOverride

MEBIBYTE: Final = 1024 * 1024

CPU_TIME_MS: Final = 60_000
WALL_TIME_MS: Final = 300_000
LEAST_MEMORY_BYTES: Final = 8 * MEBIBYTE
MEMORY_BYTES: Final = 4096 * MEBIBYTE
OUTPUT_BYTES: Final = 256 * MEBIBYTE

REPEATS: Final = 20
"""More than tell a flaky case from a steady one."""


def is_within_bounds(limits: LimitsOverride) -> bool:
    """Whether everything that is given may be a limit."""
    given = (
        (limits.cpu_time_ms, 1, CPU_TIME_MS),
        (limits.wall_time_ms, 1, WALL_TIME_MS),
        (limits.memory_bytes, LEAST_MEMORY_BYTES, MEMORY_BYTES),
        (limits.output_bytes, 1, OUTPUT_BYTES),
    )
    return all(value is None or least <= value <= most for value, least, most in given)
