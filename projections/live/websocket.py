"""One client on a WebSocket: reads what it asks for and keeps its time limits."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from starlette.websockets import WebSocket, WebSocketDisconnect

from projections.live import closing, metrics
from projections.live.channels import LONGEST_NAME, parse_channel
from projections.live.closing import Closing
from projections.live.hub import ConnectionId
from projections.live.raw_socket import RawSocket, raw_socket
from projections.live.requests import Authenticate, Request, Subscribe, Unsubscribe, parse_request
from projections.live.session import MOST_SUBSCRIPTIONS, Session
from projections.live.switchboard import Switchboard
from schemas.http import refusals
from schemas.http.identity import Identity, Tokens
from schemas.http.refusals import Refusal


class SocketClient:
    """Serves one WebSocket until either side ends it."""

    def __init__(self, websocket: WebSocket, switchboard: Switchboard, tokens: Tokens, clock: Callable[[], datetime]):
        self._websocket = websocket
        self._switchboard = switchboard
        self._tokens = tokens
        self._clock = clock
        self._session = Session(opened_at=clock())

    async def serve(self) -> None:
        """Accepts, and serves. Whatever is wrong with a token is told by a close code, which a browser can see."""
        await self._websocket.accept()
        socket = raw_socket(self._websocket.scope)
        number = self._switchboard.attach(socket)
        metrics.CLIENTS.labels("websocket").inc()
        code = 0
        try:
            refused = self._identify(lambda: self._tokens.identify(self._websocket.headers.get("authorization")))
            if refused is None and self._switchboard.is_full:
                refused = closing.FULL
            if refused is not None:
                socket.close(refused)
            code = await self._listen(number, socket)
        finally:
            self._switchboard.detach(number)
            metrics.CLIENTS.labels("websocket").dec()
            metrics.DISCONNECTS.labels(str(code)).inc()

    async def _listen(self, number: ConnectionId, socket: RawSocket) -> int:
        """Does what the client asks for; answers the code with which it ended."""
        while True:
            try:
                text = await self._receive()
            except WebSocketDisconnect as gone:
                return gone.code
            except TimeoutError:
                fault: Closing | None = self._session.overdue()
            else:
                request = parse_request(text)
                fault = closing.MALFORMED if request is None else self._do(number, request)
            if fault is not None:
                socket.close(fault)

    async def _receive(self) -> str | bytes:
        deadline = self._session.deadline()
        left_s = None if deadline is None else max(0.0, (deadline - self._clock()).total_seconds())
        async with asyncio.timeout(left_s):
            message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | bytes = message.get("text") or message.get("bytes") or ""
        return text

    def _do(self, number: ConnectionId, request: Request) -> Closing | None:
        match request:
            case Authenticate(token=token):
                return self._identify(lambda: self._tokens.verify(token))
            case Subscribe():
                self._subscribe(number, request)
            case Unsubscribe(channel=name):
                self._session.channels.pop(name, None)
                self._switchboard.unsubscribe(number, name)
            case _:
                assert_never(request)
        return None

    def _identify(self, identify: Callable[[], Identity | None]) -> Closing | None:
        try:
            return self._session.becomes(identify())
        except Refusal as refusal:
            return closing.TOKEN_EXPIRED if refusal.kind is refusals.TOKEN_EXPIRED else closing.TOKEN_INVALID

    def _subscribe(self, number: ConnectionId, request: Subscribe) -> None:
        self._session.has_subscribed = True
        channel = parse_channel(request.channel)
        if channel is None:
            refusal = Refusal(
                refusals.UNKNOWN_CHANNEL, "submission:ID, user:ID, board:CONTEST and board:CONTEST:jury are"
            )
            self._switchboard.refuse(number, request.channel[:LONGEST_NAME], refusal)
        elif not self._session.may_add(channel):
            refusal = Refusal(
                refusals.TOO_MANY_SUBSCRIPTIONS, f"a socket follows at most {MOST_SUBSCRIPTIONS} channels"
            )
            self._switchboard.refuse(number, channel.name, refusal)
        else:
            self._session.channels[channel.name] = channel
            self._switchboard.subscribe(number, self._session.viewer, channel, request.after)
