"""Following one submission over the live interface until its verdict."""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from judgestream.client import Client, Json
from judgestream.errors import NoVerdict
from judgestream.progress import Progress, advance

PAUSE_S: Final = 0.5
OPEN_TIMEOUT_S: Final = 10.0


def follow(client: Client, submission_id: str, *, patience_s: float) -> Iterator[Progress]:
    """Yields the progress whenever it changed, last with the verdict; `NoVerdict` after `patience_s` seconds.

    A lost connection is opened again and goes on where it was.
    """
    deadline = time.monotonic() + patience_s
    progress = Progress()
    while time.monotonic() < deadline:
        try:
            for frame in _frames(client, submission_id, deadline):
                advanced = advance(progress, frame)
                if advanced != progress:
                    progress = advanced
                    yield progress
                if progress.verdict is not None:
                    return
        except (OSError, WebSocketException):
            time.sleep(min(PAUSE_S, max(0.0, deadline - time.monotonic())))
    raise NoVerdict(submission_id, patience_s)


def _frames(client: Client, submission_id: str, deadline: float) -> Iterator[dict[str, Any]]:
    """Frames of the submission's channel; a snapshot comes first, so nothing is missed by connecting anew."""
    address = client.url.replace("http", "ws", 1) + "/api/v1/live"
    headers = {"Authorization": f"Bearer {client.token}"} if client.token else {}
    with connect(address, additional_headers=headers, open_timeout=OPEN_TIMEOUT_S) as socket:
        socket.send(json.dumps({"subscribe": f"submission:{submission_id}"}))
        while (left_s := deadline - time.monotonic()) > 0:
            frame = _receive(socket, left_s)
            if frame is not None:
                yield frame


def _receive(socket: ClientConnection, timeout_s: float) -> dict[str, Any] | None:
    try:
        frame = json.loads(socket.recv(timeout=timeout_s))
    except TimeoutError:
        return None
    return frame if isinstance(frame, dict) else None


def final(client: Client, submission_id: str) -> Json:
    """The whole submission after its verdict was announced; a GET never lags an announcement."""
    return client.submission(submission_id, wait_s=5)
