"""How a service is: `/health/live`, `/health/ready` and `/metrics`, as routes or on a port of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

import orjson
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Check = Callable[[], str | None]
"""None when all is well, else what is waited for or wrong, in a few words. It must answer at once."""

STOPPED_WITHIN_S: Final = 2.0


def health_routes(
    *,
    ready: Mapping[str, Check],
    live: Mapping[str, Check] | None = None,
    registry: CollectorRegistry = REGISTRY,
) -> list[Route]:
    """Routes for an app of one's own. `ready` is asked by whoever sends work, `live` by whoever restarts."""

    async def health_live(_: Request) -> Response:
        return _report(live or {})

    async def health_ready(_: Request) -> Response:
        return _report(ready)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health/live", health_live, include_in_schema=False),
        Route("/health/ready", health_ready, include_in_schema=False),
        Route("/metrics", metrics, include_in_schema=False),
    ]


def _report(checks: Mapping[str, Check]) -> Response:
    waiting = {name: why for name, check in checks.items() if (why := check()) is not None}
    body = orjson.dumps({"ok": not waiting, "waiting_for": waiting})
    return Response(body, 503 if waiting else 200, media_type="application/json")


class HealthServer:
    """The same on a port of its own, in a thread, for services that serve nothing else. A context manager."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        ready: Mapping[str, Check],
        live: Mapping[str, Check] | None = None,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        app = Starlette(routes=health_routes(ready=ready, live=live, registry=registry))
        config = uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False, lifespan="off", ws="none", loop="asyncio"
        )
        self._server = uvicorn.Server(config)
        self._address = (host, port)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listens from here on; an OSError where it cannot."""
        listener = socket.create_server(self._address)
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOPPED_WITHIN_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def _serve(self, listener: socket.socket) -> None:
        asyncio.run(self._server.serve(sockets=[listener]))
