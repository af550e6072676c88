"""What goes to and fro over a container's attached socket: the gate's byte and line, stdin, stdout and stderr."""

import select
import socket
import time
from collections.abc import Callable
from typing import Final

from executor.sandbox.errors import EngineUnavailable
from executor.sandbox.frames import FrameParser, Stream
from executor.sandbox.gate import GO, READY
from executor.sandbox.port import STDERR_KEPT_BYTES, Limit

TICK_MS: Final = 10
"""How often limits are looked at while nothing else happens."""

CHUNK_BYTES: Final = 256 * 1024


class Exchange:
    """Both directions of one socket; what a program does not read does not stop us from reading what it writes."""

    def __init__(self, connection: socket.socket, *, output_limit_bytes: int) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._poll = select.poll()
        self._frames = FrameParser()
        self._limit = output_limit_bytes
        self._output = bytearray()
        self._stderr = bytearray()
        self.ended = False

    def await_ready(self, *, patience_s: float) -> None:
        """Waits until the gate stands; an `EngineUnavailable` says that it never did."""
        deadline = time.monotonic() + patience_s
        while not self._output.startswith(READY):
            if self.ended or time.monotonic() > deadline:
                raise EngineUnavailable("start a container", bytes(self._stderr).decode(errors="replace") or "silence")
            self._step(b"")
        del self._output[: len(READY)]

    def pump(self, stdin: bytes, check: Callable[[], Limit | None]) -> Limit | None:
        """Opens the gate and moves bytes until the container has ended (None), or `check` or the output limit says
        which limit the program has passed."""
        left = memoryview(GO + stdin)
        while not self.ended:
            left = left[self._step(left) :]
            if len(self._output) > self._limit:
                return Limit.OUTPUT
            if passed := check():
                return passed
        return None

    @property
    def output(self) -> bytes:
        """What came on stdout, cut at the limit."""
        return bytes(self._output[: self._limit])

    @property
    def stderr(self) -> bytes:
        """The beginning of what came on stderr."""
        return bytes(self._stderr)

    def _step(self, outgoing: bytes | memoryview) -> int:
        """Waits at most a tick, reads what is there, and answers how much of `outgoing` was taken."""
        self._poll.register(self._socket, select.POLLIN | (select.POLLOUT if outgoing else 0))
        happened = sum(event for _, event in self._poll.poll(TICK_MS))
        if happened & ~select.POLLOUT:
            self._receive()
        return self._send(outgoing) if happened & select.POLLOUT and not self.ended else 0

    def _receive(self) -> None:
        try:
            data = self._socket.recv(CHUNK_BYTES)
            payloads = self._frames.feed(data)
        except BlockingIOError:
            return
        except (ConnectionError, ValueError) as error:
            raise EngineUnavailable("attach to a container", str(error)) from error
        self.ended = not data
        for stream, payload in payloads:
            if stream is Stream.STDOUT:
                self._output += payload[: self._limit + 1 - len(self._output)]
            else:
                self._stderr += payload[: STDERR_KEPT_BYTES - len(self._stderr)]

    def _send(self, outgoing: bytes | memoryview) -> int:
        try:
            sent = self._socket.send(outgoing[:CHUNK_BYTES])
            if sent == len(outgoing):
                self._socket.shutdown(socket.SHUT_WR)  # the program's stdin ends here
        except BlockingIOError:
            return 0
        except OSError:  # the program has closed its stdin or has ended; that is its right
            return len(outgoing)
        return sent
