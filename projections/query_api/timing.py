"""How long answers take, by route and status."""

import time
from typing import Final

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWERED: Final = Histogram(
    "judgestream_query_seconds",
    "Time to the first byte of an answer; with `wait` it holds the waiting",
    ["route", "status"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30),
)
NO_ROUTE: Final = "none"


class Timed:
    """Observes every HTTP answer of the application within."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", NO_ROUTE)
                ANSWERED.labels(route, message["status"]).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, observed)
