"""How scarce cores are, as the kernel tells it: the share of its time that we wanted to run and could not."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

LOOK_EVERY_S: Final = 0.25
SCARCE_FROM: Final = 0.3
"""Below, what we wait for is chance: a machine that is half idle shows a tenth."""

LONGEST_PAUSE_S: Final = 0.25

Schedule = Callable[[], tuple[int, int]]
"""Nanoseconds on a core, and waiting for one, so far."""


class Scarcity:
    """Says how long to let records gather, so that a read side that competes with judging makes less work of it.

    While there are cores to be had there is no pause: whoever waits for a verdict gets it at once. Where there are
    none, records wait for us anyway; ten at a time cost us, Cassandra and the broker a third of what they cost one by
    one, and what that saves is judged with.
    """

    def __init__(self, schedule: Schedule, clock: Callable[[], float] = time.monotonic) -> None:
        self._schedule = schedule
        self._clock = clock
        self._looked_at = clock()
        self._ran, self._waited = schedule()
        self._share = 0.0

    def pause_s(self) -> float:
        """How long to wait before the next batch, in seconds; 0 where cores are to be had."""
        now = self._clock()
        if now - self._looked_at >= LOOK_EVERY_S:
            ran, waited = self._schedule()
            wanted = ran - self._ran + waited - self._waited
            self._share = (waited - self._waited) / wanted if wanted else 0.0
            self._looked_at, self._ran, self._waited = now, ran, waited
        return LONGEST_PAUSE_S * self._share if self._share > SCARCE_FROM else 0.0


def of_this_thread() -> Scarcity:
    """By proc(5)'s schedstat of the thread that calls; never scarce where the kernel does not tell."""
    schedstat = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")

    def schedule() -> tuple[int, int]:
        try:
            ran, waited, _ = map(int, schedstat.read_text().split())
        except OSError:
            return 0, 0
        return ran, waited

    return Scarcity(schedule)
