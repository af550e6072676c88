"""uvicorn's WebSocket protocol with a shorter way out: frames that are encoded already, written at once.

Theory of operation. ASGI's `send` costs a task switch and an encoding per message and client, and waits for a client
that does not read; one such client would hold up all others. Text frames of a server are not masked, so the same
bytes go to everyone. The state of the protocol (`websockets`' sans-I/O connection) knows nothing of frames that are
written past it; that is sound as long as nobody sends a message in fragments or compressed, and nobody does: the
application writes only through here, pings and closes are control frames, and the extension is off.

uvicorn hands its protocol object to nobody, so this class puts it into the scope's extensions.
"""

from collections.abc import Sequence
from typing import Final

from starlette.types import Scope
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from projections.live.closing import TOO_SLOW, Closing
from projections.live.frames import Frame

EXTENSION: Final = "judgestream.raw_socket"
SOCKET: Final = "socket"

LARGEST_QUEUE_BYTES: Final = 2**20
"""Unsent bytes after which a client is too slow to be served. A single snapshot may be larger."""

TO_SAY_GOODBYE_S: Final = 2.0
"""How long a client may take to answer a close, or to read up to it; then the connection is cut."""


class RawSocketProtocol(WebSocketsSansIOProtocol):
    """Puts a `RawSocket` into the scope, and cuts connections that do not end."""

    def handle_connect(self, event: Request) -> None:
        """Begins the application, which will find the socket in its scope."""
        super().handle_connect(event)
        if not self.handshake_complete:
            self.scope["extensions"][EXTENSION] = {SOCKET: RawSocket(self)}

    def keepalive_timeout(self) -> None:
        """A client that answers no ping will not read the close either."""
        super().keepalive_timeout()
        self.transport.abort()


class RawSocket:
    """Implements `Outlet`."""

    def __init__(self, protocol: RawSocketProtocol) -> None:
        self._protocol = protocol
        self._closing: Closing | None = None

    @property
    def closing(self) -> Closing | None:
        """Why we closed it; None where we did not."""
        return self._closing

    def send(self, frames: Sequence[Frame]) -> int:
        """See the port."""
        if self._is_ending():
            return 0
        data = frames[0].websocket if len(frames) == 1 else b"".join([frame.websocket for frame in frames])
        unsent_bytes = self.unsent_bytes()
        if unsent_bytes and unsent_bytes + len(data) > LARGEST_QUEUE_BYTES:
            self.close(TOO_SLOW)
            return 0
        self._protocol.transport.write(data)
        return len(data)

    def unsent_bytes(self) -> int:
        """See the port."""
        return self._protocol.transport.get_write_buffer_size()

    def close(self, closing: Closing) -> None:
        """See the port. Unlike ASGI's close it does not wait until the client has read what it was sent before."""
        if self._is_ending():
            return
        protocol = self._protocol
        self._closing = closing
        protocol.stop_keepalive()
        protocol.conn.send_close(closing.code, closing.reason)
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": closing.code, "reason": closing.reason})
        if protocol.read_paused:
            protocol.read_paused = False
            protocol.transport.resume_reading()
        # uvicorn cancels this timer when the client has answered the close.
        protocol.close_timer = protocol.loop.call_later(TO_SAY_GOODBYE_S, protocol.transport.abort)

    def _is_ending(self) -> bool:
        return self._protocol.close_sent or self._protocol.disconnected or self._protocol.transport.is_closing()


def raw_socket(scope: Scope) -> RawSocket:
    """The socket of a connection that `RawSocketProtocol` serves."""
    found = scope["extensions"][EXTENSION][SOCKET]
    assert isinstance(found, RawSocket)
    return found
