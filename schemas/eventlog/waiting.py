"""Waiting for the broker and the registry at start."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from schemas.eventlog.errors import LogUnavailable
from schemas.log import EventLogger

T = TypeVar("T")

PAUSE_S: Final = 0.25

log: Final = EventLogger(__name__)


def wait_for(what: str, attempt: Callable[[], T], deadline_s: float) -> T:
    """What `attempt` answers once it no longer raises `LogUnavailable`; after the deadline the last one is raised.

    Says once what it waits for.
    """
    deadline = time.monotonic() + deadline_s
    told = False
    while True:
        try:
            return attempt()
        except LogUnavailable as error:
            if time.monotonic() >= deadline:
                raise LogUnavailable(f"waited {deadline_s:g} s for {what}: {error}") from error
            if not told:
                log.info("waiting", what=what, deadline_s=f"{deadline_s:g}", why=error)
                told = True
            time.sleep(PAUSE_S)
