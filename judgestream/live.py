"""One channel of the live interface, over a WebSocket that is opened again whenever it is lost."""

import json
import time
from collections.abc import Iterator
from typing import Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from judgestream.client import Client, Json

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0
OPEN_TIMEOUT_S: Final = 10.0


def frames(client: Client, channel: str, *, deadline: float) -> Iterator[Json | None]:
    """Yields what the channel tells until `deadline`, a moment of the monotonic clock, and None whenever there is no
    socket: whoever has to know meanwhile asks otherwise.

    After a pause the socket is tried again and goes on where it was, so that nothing is missed.
    """
    place: Json | None = None
    pause_s = FIRST_PAUSE_S
    while time.monotonic() < deadline:
        try:
            for frame in _frames(client, channel, place, deadline):
                if "offset" in frame:
                    place, pause_s = {"epoch": frame["epoch"], "offset": frame["offset"]}, FIRST_PAUSE_S
                yield frame
        except (OSError, WebSocketException, _Refused):
            yield None
            time.sleep(max(0.0, min(pause_s, deadline - time.monotonic())))
            pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)


class _Refused(Exception):
    """The channel is not for us, or not there; GET says so better."""


def _frames(client: Client, channel: str, after: Json | None, deadline: float) -> Iterator[Json]:
    """Frames of one socket: a snapshot first, or what came after that place."""
    address = client.url.replace("http", "ws", 1) + "/api/v1/live"
    headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
    with connect(address, additional_headers=headers, open_timeout=OPEN_TIMEOUT_S) as socket:
        socket.send(json.dumps({"subscribe": channel} | ({} if after is None else {"after": after})))
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                frame = json.loads(socket.recv(timeout=left_s))
            except TimeoutError:
                return
            if frame.get("type") == "error":
                raise _Refused
            yield frame
