"""One channel as server-sent events, for clients that have no WebSocket: the same hub, frames and places."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

from projections.live import metrics
from projections.live.channels import Channel
from projections.live.closing import REFUSED, TOKEN_EXPIRED, TOO_SLOW, Closing
from projections.live.frames import Frame, Place
from projections.live.raw_socket import LARGEST_QUEUE_BYTES
from projections.live.switchboard import Switchboard

BEGIN: Final = b"retry: 1000\n\n"
PING: Final = b": ping\n\n"
PING_EVERY_S: Final = 25.0


class EventStream:
    """Implements `Outlet`: a bounded queue that the response reads from."""

    def __init__(self) -> None:
        self._queue: deque[bytes] = deque()
        self._unsent_bytes = 0
        self._changed = asyncio.Event()
        self.closing: Closing | None = None

    def send(self, frames: Sequence[Frame]) -> int:
        """See the port. An error ends the stream: there is nothing else to follow."""
        taken_bytes = 0
        for frame in frames:
            self._queue.append(frame.event)
            taken_bytes += len(frame.event)
        if self._unsent_bytes and self._unsent_bytes + taken_bytes > LARGEST_QUEUE_BYTES:
            self._queue.clear()
            self.close(TOO_SLOW)
        if any(frame.place is None for frame in frames):
            self.close(REFUSED)
        self._unsent_bytes += taken_bytes
        self._changed.set()
        return taken_bytes

    def unsent_bytes(self) -> int:
        """See the port."""
        return self._unsent_bytes

    def close(self, closing: Closing) -> None:
        """See the port."""
        self.closing = self.closing or closing
        self._changed.set()

    async def next(self) -> bytes | None:
        """What is to be sent now; None once it is closed and all is sent."""
        while not self._queue:
            if self.closing is not None:
                return None
            self._changed.clear()
            await self._changed.wait()
        data = b"".join(self._queue)
        self._queue.clear()
        self._unsent_bytes = 0
        return data


async def events(
    switchboard: Switchboard, channel: Channel, after: Place | None, expires_in_s: float | None
) -> AsyncIterator[bytes]:
    """The stream of a channel that the client was admitted to, until its token expires."""
    stream = EventStream()
    number = switchboard.attach(stream)
    metrics.CLIENTS.labels("sse").inc()
    loop = asyncio.get_running_loop()
    ends = None if expires_in_s is None else loop.call_later(expires_in_s, stream.close, TOKEN_EXPIRED)
    try:
        switchboard.follow(number, channel, after)
        yield BEGIN
        while True:
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    data = await stream.next()
            except TimeoutError:
                data = PING
            if data is None:
                break
            yield data
    finally:
        if ends is not None:
            ends.cancel()
        switchboard.detach(number)
        metrics.CLIENTS.labels("sse").dec()
        metrics.DISCONNECTS.labels(str(stream.closing.code if stream.closing else 0)).inc()
