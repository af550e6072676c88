"""Waiting for a condition of the machine, never longer than a given patience."""

import time
from collections.abc import Callable
from typing import Final

STEP_S: Final = 0.005


def until(condition: Callable[[], bool], *, patience_s: float) -> bool:
    """Whether the condition came true in time; it is asked at least once."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(STEP_S)
    return True
