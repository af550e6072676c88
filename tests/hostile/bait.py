"""What the host lays out to be found by a program that gets out: a secret, a port and a name that it listens on."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

VARIABLE: Final = "JUDGESTREAM_HOSTILE_SECRET"


@dataclass(frozen=True, slots=True)
class Bait:
    """`words` are what an attack's arguments and input may name; `taken` tells who came to the sockets."""

    words: dict[str, str]
    listening: tuple[socket.socket, ...]

    def fill(self, text: str) -> str:
        """The text with the words in it."""
        for name, value in self.words.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def taken(self) -> list[str]:
        """Who has reached a socket since the last call."""
        found = []
        for listener in self.listening:
            try:
                if listener.type == socket.SOCK_DGRAM:
                    listener.recv(64)
                else:
                    listener.accept()[0].close()
            except BlockingIOError:
                continue
            found.append(f"somebody reached {listener.getsockname()!r}")
        return found


@contextmanager
def bait(folder: Path) -> Iterator[Bait]:
    """Laid out as long as the context lasts: the secret is in a file of `folder` and in our environment."""
    secret = uuid4().hex
    name = f"judgestream-{uuid4().hex}"
    place = folder / "secret"
    place.write_text(secret)
    os.environ[VARIABLE] = secret
    with (
        closing(_listening(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))) as stream,
        closing(_listening(socket.AF_INET, socket.SOCK_DGRAM, stream.getsockname())) as datagram,
        closing(_listening(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}")) as local,
    ):
        port = str(stream.getsockname()[1])
        words = {"secret": secret, "place": str(place), "port": port, "name": name, "host": socket.gethostname()}
        try:
            yield Bait(words, (stream, datagram, local))
        finally:
            del os.environ[VARIABLE]
            place.unlink()


def _listening(family: socket.AddressFamily, kind: socket.SocketKind, address: object) -> socket.socket:
    listener = socket.socket(family, kind)
    listener.setblocking(False)
    listener.bind(address)  # type: ignore[arg-type]  # what an address is depends on the family
    if kind == socket.SOCK_STREAM:
        listener.listen(4)
    return listener
