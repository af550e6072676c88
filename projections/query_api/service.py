"""The query API, wired: the application, what it hears of `live`, and its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from projections.live.feed import Feed, starts_before_end
from projections.query_api.app import Ports, make_app
from projections.serving import DRAINED_WITHIN_S, DrainingServer
from schemas.eventlog.port import Record
from schemas.events import ChannelUpdated
from schemas.log import EventLogger

log = EventLogger(__name__)

BACKLOG: Final = 2048


class QueryService:
    """One process of the query API. `failure` says why it had to end by itself."""

    def __init__(self, ports: Ports) -> None:
        self.failure: BaseException | None = None
        self._ports = ports
        self._server: DrainingServer | None = None

    def server(self, host: str, port: int) -> DrainingServer:
        """What serves it; `serve()` returns after a drain or a failure."""
        config = uvicorn.Config(
            make_app(self._ports, self._running),
            host=host,
            port=port,
            http="httptools",
            ws="none",
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=DRAINED_WITHIN_S,
        )
        self._server = DrainingServer(config, self._ports.wakes.end)
        return self._server

    @asynccontextmanager
    async def _running(self, _: FastAPI) -> AsyncIterator[None]:
        starts = await asyncio.to_thread(starts_before_end, self._ports.log, 0)
        feed = Feed(self._ports.log, starts, self._hear, self._fail)
        await feed.start()
        log.info("query_api_started")
        try:
            yield
        finally:
            await asyncio.to_thread(feed.stop)

    def _hear(self, records: Sequence[Record]) -> None:
        for record in records:
            if isinstance(record.event, ChannelUpdated):
                self._ports.wakes.wake(record.event.channel)

    def _fail(self, error: BaseException) -> None:
        """Without its feed nobody who waits would be woken: it ends, and is started anew."""
        self.failure = error
        if self._server is not None:
            self._server.should_exit = True
