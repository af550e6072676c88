"""The live service as an application: its routes, and what it stands on."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from projections.live.channels import Channel, parse_channel
from projections.live.frames import Place, parse_place
from projections.live.sse import events
from projections.live.switchboard import Switchboard
from projections.live.websocket import SocketClient
from projections.viewers import viewer_of
from schemas.cassandra import CassandraUnavailable
from schemas.http import refusals
from schemas.http.health import Check, health_routes
from schemas.http.identity import Tokens
from schemas.http.problem_details import install_problem_details
from schemas.http.refusals import Refusal

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second keeps a gateway from holding events back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the service stands on."""

    switchboard: Switchboard
    tokens: Tokens
    clock: Callable[[], datetime]
    ready: Mapping[str, Check]


def make_app(ports: Ports, lifespan: Lifespan | None = None) -> Starlette:
    """The application. It needs `RawSocketProtocol` for its sockets."""

    async def live(websocket: WebSocket) -> None:
        await SocketClient(websocket, ports.switchboard, ports.tokens, ports.clock).serve()

    async def live_events(request: Request) -> Response:
        return await _stream(request, ports)

    app = Starlette(
        routes=[
            WebSocketRoute("/api/v1/live", live),
            Route("/api/v1/live/sse", live_events),
            *health_routes(ready=ports.ready),
        ],
        lifespan=lifespan,
    )
    install_problem_details(app)
    return app


async def _stream(request: Request, ports: Ports) -> Response:
    channel, after = _channel(request), _after(request)
    if ports.switchboard.is_full:
        raise Refusal(refusals.OVERLOADED, headers={"Retry-After": "1"})
    identity = ports.tokens.identify(request.headers.get("authorization"))
    try:
        await ports.switchboard.admit(viewer_of(identity), channel)
    except CassandraUnavailable as error:
        raise Refusal(refusals.STORE_UNAVAILABLE, headers={"Retry-After": "1"}) from error
    expires_in_s = None if identity is None else (identity.expires_at - ports.clock()).total_seconds()
    stream = events(ports.switchboard, channel, after, expires_in_s)
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


def _channel(request: Request) -> Channel:
    names = request.query_params.getlist("channel")
    if len(names) != 1:
        raise Refusal(refusals.INVALID_PARAMETER, "name one channel: ?channel=NAME")
    channel = parse_channel(names[0])
    if channel is None:
        raise Refusal(refusals.UNKNOWN_CHANNEL, f"there is no channel {names[0][:200]!r}")
    return channel


def _after(request: Request) -> Place | None:
    """Where the client was. Browsers send an empty id, and whatever is no place of ours leads to a snapshot."""
    return parse_place(request.headers.get("last-event-id", ""))
