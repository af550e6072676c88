"""Waking whoever waits for something to be announced on a channel."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Wakes:
    """For one event loop. Begin to watch, then look, then wait: so nothing slips in between."""

    def __init__(self) -> None:
        self._watching: dict[str, set[asyncio.Event]] = {}
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether the service is ending, so that nobody should wait any more."""
        return self._is_over

    @contextmanager
    def watching(self, channel: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever something was announced there; clear it before looking."""
        event = asyncio.Event()
        self._watching.setdefault(channel, set()).add(event)
        if self._is_over:
            event.set()
        try:
            yield event
        finally:
            others = self._watching[channel]
            others.discard(event)
            if not others:
                del self._watching[channel]

    def is_watched(self, channel: str) -> bool:
        """Whether anyone waits there."""
        return channel in self._watching

    def wake(self, channel: str) -> None:
        """Something was announced there."""
        for event in self._watching.get(channel, ()):
            event.set()

    def end(self) -> None:
        """Wakes everyone: the service is ending."""
        self._is_over = True
        for channel in self._watching:
            self.wake(channel)
