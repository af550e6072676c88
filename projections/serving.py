"""Serving HTTP until SIGTERM, with a drain of our own before uvicorn's."""

import signal
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

DRAINED_WITHIN_S: Final = 3
"""Requests under way at SIGTERM; the promise is 5 s for all of it."""


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


def let_drain_end_quietly() -> None:
    """After its drain uvicorn raises the signal again, under the handler that was there before: do nothing then."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
