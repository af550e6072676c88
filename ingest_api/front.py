"""The outermost layer: counts requests, and lets a client that still sends read why it was refused."""

import asyncio
from time import monotonic
from typing import Final

from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_S: Final = 2.0
LINGER_BYTES: Final = 4 * 1024 * 1024
"""How long and how much is read and thrown away after a refusal: closing at once would reset the connection under
a client that sends, and the answer with it."""

SHORT_BODY_BYTES: Final = 64 * 1024
"""A body that is announced so short is swallowed by the server, and the connection is kept."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
UNMATCHED: Final = "unmatched"

REQUESTS = Counter("judgestream_ingest_requests_total", "Requests", ["route", "method", "status"])


class Front:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._counters: dict[tuple[str, str, int], Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, receive, send)
        try:
            await self._app(scope, answer.receive, answer.send)
        finally:
            self._count(scope, answer.status)

    def _count(self, scope: Scope, status: int) -> None:
        """Routes are counted by their pattern, so that nobody can make labels without end."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        key = (getattr(scope.get("route"), "path", UNMATCHED), method, status)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = REQUESTS.labels(*key)
        counter.inc()


class _Answer:
    """One request and its response on their way through."""

    __slots__ = ("_body_ended", "_receive", "_scope", "_send", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._body_ended = False
        self.status = 500

    async def receive(self) -> Message:
        message = await self._receive()
        self._body_ended = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._must_linger():
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await self._send(message)
        elif not message.get("more_body", False) and self._must_linger():
            await self._send({**message, "more_body": True})
            await self._linger()
            await self._send({"type": "http.response.body", "body": b""})
        else:
            await self._send(message)

    def _must_linger(self) -> bool:
        return self.status >= 400 and not self._body_ended and _sends_much(self._scope)

    async def _linger(self) -> None:
        left, until = LINGER_BYTES, monotonic() + LINGER_S
        while not self._body_ended and left > 0 and monotonic() < until:
            try:
                async with asyncio.timeout(LINGER_S):
                    left -= len((await self.receive()).get("body", b""))
            except TimeoutError:
                return


def _sends_much(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    announced = headers.get(b"content-length", b"")
    return b"transfer-encoding" in headers or (announced.isdigit() and int(announced) > SHORT_BODY_BYTES)
