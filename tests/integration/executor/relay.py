"""A relay before a unix socket that can be cut and joined again: an engine that goes away and comes back."""

import socket
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

CHUNK_BYTES = 65536


class Relay:
    """Listens at `path` and passes everything on to `target`; while it is cut, it hangs up on everyone.

    It does not refuse connections: the engine's client leaves a socket to the garbage collector that cannot connect.
    """

    def __init__(self, path: Path, target: str) -> None:
        self.url = f"unix://{path}"
        self._target = target
        self._open: list[socket.socket] = []
        self._lock = Lock()
        self._is_cut = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        Thread(target=self._accept, daemon=True).start()

    def join(self) -> None:
        """Lets connections through."""
        with self._lock:
            self._is_cut = False

    def cut(self) -> None:
        """Breaks every connection, and every new one at once."""
        with self._lock:
            self._is_cut = True
            for connection in self._open:
                _close(connection)
            self._open.clear()

    def close(self) -> None:
        """Ends it."""
        self.cut()
        _close(self._listener)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                with self._lock:
                    if self._is_cut:
                        near.close()
                    else:
                        self._pass_on(near)

    def _pass_on(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        self._open += [near, far]
        for source, sink in ((near, far), (far, near)):
            Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK_BYTES):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
