"""Ends a process in which something that should turn for ever has stopped, so that its process manager restarts it.

A hang is worse than a crash: the process answers its health checks, keeps its place in its group, and does nothing.
Every loop has a heart that it lets beat whenever it turns, also while it waits for what is away. A thread looks every
second and counts its own looks, not the clock: a process that was stopped as a whole (a paused container, a machine
that slept) has missed no beat.
"""

import faulthandler
import os
import sys
from collections.abc import Callable
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Final, Self

from schemas.log import EventLogger

LOOK_EVERY_S: Final = 1.0
EXIT_STATUS: Final = 1

Beat = Callable[[], None]

log: Final = EventLogger(__name__)


class Heartbeats:
    """Watches the hearts of a process while it is entered; `end` is called once when one has stopped."""

    def __init__(self, patience_s: float, *, end: Callable[[], object] | None = None) -> None:
        self._most_missed = int(patience_s / LOOK_EVERY_S)
        self._end = end or _end_process
        self._beaten: set[str] = set()
        self._missed: dict[str, int] = {}
        self._over = Flag()
        self._thread = Thread(target=self._watch, name="heartbeats", daemon=True)

    def heart(self, name: str) -> Beat:
        """A new heart, which begins to be watched with its first beat."""

        def beat() -> None:
            self._beaten.add(name)

        return beat

    def look(self) -> str | None:
        """One look; answers a heart that has stopped."""
        beaten, self._beaten = self._beaten, set()
        self._missed = {name: count + 1 for name, count in self._missed.items()} | dict.fromkeys(beaten, 0)
        return next((name for name, count in self._missed.items() if count > self._most_missed), None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            if (stopped := self.look()) is not None:
                log.error("heart_stopped", heart=stopped, looks=self._most_missed)
                self._end()
                return


def unwatched() -> None:
    """The beat of whom nobody watches."""


def _end_process() -> None:
    """Shows where every thread stands and ends at once: what hangs would not let us end in order."""
    faulthandler.dump_traceback(all_threads=True)
    sys.stderr.flush()
    os._exit(EXIT_STATUS)
