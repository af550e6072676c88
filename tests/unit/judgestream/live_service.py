"""A small service of the tests' own that has sockets and GETs at one address."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Thread
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

Json = dict[str, Any]
LIVE = "/api/v1/live"


@dataclass
class LiveService:
    """Each socket gets the next script: frames that it is sent once it has subscribed; then it is closed.

    Where the script is None, or there is no further one, no socket is to be had. GETs have one answer each.
    """

    scripts: list[list[Json] | None] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)
    subscribed: list[Json] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """None lets the socket be opened."""
        if request.path == LIVE:
            if self.scripts and self.scripts[0] is not None:
                return None
            self.scripts[:1] = []
            return connection.respond(HTTPStatus.BAD_GATEWAY, "")
        self.asked.append(request.path)
        return connection.respond(HTTPStatus.OK, json.dumps(self.answers[request.path]))

    def tell(self, socket: ServerConnection) -> None:
        """Plays the next script."""
        script = self.scripts.pop(0)
        assert script is not None, "sockets are opened for scripts alone"
        try:
            self.subscribed.append(json.loads(socket.recv()))
            for frame in script:
                socket.send(json.dumps(frame))
        except ConnectionClosed:
            return  # who has seen enough goes


@contextmanager
def serving_live() -> Iterator[LiveService]:
    """A service that answers at its `url`."""
    service = LiveService()
    with serve(service.tell, "127.0.0.1", 0, process_request=service.answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        service.url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
