"""When to let records gather: under load a batch of many costs little more than a batch of one. Pure.

Whoever is alone is projected at once. Where batch follows upon batch, each waits a moment for more, so that the
number of writes, announcements and checkpoints in a second is bounded, however many events there are.
"""

from collections import deque
from typing import Final

GATHERING_S: Final = 0.05
"""How much later a reader hears under load."""

BUSY_BATCHES: Final = 20
BUSY_WITHIN_S: Final = 1.0
"""One submission makes a handful of batches within a second; so many are made by many submissions only."""


class Pace:
    """Knows the moments of the last batches, in seconds of a clock that does not go back."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque(maxlen=BUSY_BATCHES)

    def pause_s(self, now_s: float) -> float:
        """How long to wait before reading on after a batch that was read at `now_s`."""
        self._moments.append(now_s)
        is_busy = len(self._moments) == BUSY_BATCHES and now_s - self._moments[0] <= BUSY_WITHIN_S
        return GATHERING_S if is_busy else 0.0
