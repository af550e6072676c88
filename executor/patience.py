"""How often and for how long our own failures are tried again."""

from collections.abc import Sequence
from typing import Final

RETRY_DELAYS_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""After the last one a job is given up. One minute in all: longer than a container engine or a store takes to
restart, and short enough for those who wait behind it."""

APPEND_DELAYS_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""The last one is repeated until the log answers, since without it nothing can even be given up."""


def delay_s(delays_s: Sequence[float], failures: int) -> float:
    """How long to wait after so many failures in a row, from 1, for those who never give up."""
    return delays_s[min(failures, len(delays_s)) - 1]
