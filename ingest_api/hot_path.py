"""A shortcut for the one route that must be fast: from the server straight to its endpoint.

FastAPI's and Starlette's own layers (exit stacks, two exception handlers, the table of routes) cost as much as
accepting a submission does. The route stays in the table, for its description and for the methods of its path.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from schemas.http import refusals
from schemas.http.problem_details import problem_response
from schemas.http.refusals import Refusal
from schemas.log import EventLogger

log = EventLogger(__name__)

METHOD: Final = "POST"


class HotPath:
    """Serves POST at one path by `endpoint`, and leaves everything else to `app`."""

    def __init__(self, app: ASGIApp, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        self.path: Final = path
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] != self.path or scope["method"] != METHOD:
            await self._app(scope, receive, send)
            return
        scope["route"] = self  # what is counted by route finds its path here, as with the table's routes
        response = await self._response(Request(scope, receive))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        try:
            return await self._endpoint(request)
        except Refusal as refusal:
            return problem_response(refusal)
        except Exception as error:  # noqa: BLE001  # the last handler there is: our fault is a document too
            log.error("request_failed", error=error, path=self.path)
            return problem_response(Refusal(refusals.UNEXPECTED))
