"""A WebSocket client of the tests' own: what arrives on a channel, with a deadline."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

from judgestream import Client

Frame = dict[str, Any]

DEADLINE_S: Final = 90.0


class Watch:
    """Frames of one channel, in the order in which they came."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.frames: list[Frame] = []

    def until(self, wanted: Callable[[Frame], bool], deadline_s: float = DEADLINE_S) -> Frame:
        """The first frame from now on that is wanted; TimeoutError tells all that came instead."""
        ends = time.monotonic() + deadline_s
        while (left_s := ends - time.monotonic()) > 0:
            try:
                self.frames.append(json.loads(self._socket.recv(timeout=left_s)))
            except TimeoutError:
                break
            if wanted(self.frames[-1]):
                return self.frames[-1]
        raise TimeoutError(f"it did not come; what came: {[(f['type'], f['data']) for f in self.frames]}")


@contextmanager
def watch(client: Client, channel: str, after: Frame | None = None) -> Iterator[Watch]:
    """Subscribes to a channel as the client's user."""
    address = client.url.replace("http", "ws", 1) + "/api/v1/live"
    headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
    with connect(address, additional_headers=headers) as socket:
        wish: Frame = {"subscribe": channel}
        if after is not None:
            wish["after"] = {"epoch": after["epoch"], "offset": after["offset"]}
        socket.send(json.dumps(wish))
        yield Watch(socket)
