"""Serving HTTP until SIGTERM, with a drain of our own before uvicorn's."""

import gc
import signal
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

DRAINED_WITHIN_S: Final = 3
"""Requests under way at SIGTERM; the promise is 5 s for all of it."""

COLLECTED_AFTER: Final = (50_000, 20, 20)
"""Objects more than before, for the youngest ones to be looked at; so many times that, for the next older ones."""


class DrainingServer(uvicorn.Server):
    """Calls `drain` when it is to end, before it closes any connection itself."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drains, then does what uvicorn does."""
        for server in self.servers:
            server.close()
        self._drain()
        await super().shutdown(sockets)


def collect_garbage_seldom() -> None:
    """Lets the cycle collector look at what is new, and seldom at the rest; what is there by now is looked at no more.

    An answer with a large board makes ten thousand objects without a cycle among them. By default that sends the
    collector through all that is kept, timelines of contests above all: a second in the worst case, and a third of all
    time spent on such answers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def let_drain_end_quietly() -> None:
    """After its drain uvicorn raises the signal again, under the handler that was there before: do nothing then."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
