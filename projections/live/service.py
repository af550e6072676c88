"""The live service, wired: a hub that follows `live`, its clients, its pace and its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import uvicorn
from starlette.applications import Starlette

from projections.live.app import Ports, make_app
from projections.live.closing import GOING_AWAY
from projections.live.feed import Feed, starts_before_end
from projections.live.hub import Hub
from projections.live.models import LiveModels
from projections.live.raw_socket import RawSocketProtocol
from projections.live.requests import LARGEST_BYTES
from projections.live.switchboard import Switchboard
from projections.serving import DRAINED_WITHIN_S, DrainingServer
from schemas.eventlog.port import EventLog
from schemas.http.health import Check
from schemas.http.identity import Tokens
from schemas.log import EventLogger
from schemas.topics import LIVE

log = EventLogger(__name__)

REMEMBERED_FROM_START: Final = 2_000
"""How far before the end of each partition a fresh node begins, so that it can recover whoever comes from another."""

PING_EVERY_S: Final = 25
PONG_WITHIN_S: Final = 20
BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Where the log stood when the service began."""

    topic_id: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]


def look_at(event_log: EventLog) -> Beginning:
    """Asks the log; blocks."""
    return Beginning(
        topic_id=event_log.topic_id(LIVE),
        starts=starts_before_end(event_log, REMEMBERED_FROM_START),
        ends=event_log.end_offsets(LIVE),
    )


class LiveService:
    """One node: `server` makes what serves its `switchboard`; `failure` says why it had to end by itself."""

    def __init__(
        self,
        event_log: EventLog,
        beginning: Beginning,
        models: LiveModels,
        tokens: Tokens,
        *,
        clock: Callable[[], datetime],
        ready: Mapping[str, Check],
    ) -> None:
        self.failure: BaseException | None = None
        self._event_log = event_log
        self._beginning = beginning
        self.switchboard = Switchboard(Hub(beginning.topic_id, beginning.starts), models, clock)
        self._server: DrainingServer | None = None
        checks = {**ready, "live": self._caught_up}
        ports = Ports(switchboard=self.switchboard, tokens=tokens, clock=clock, ready=checks)
        self._app = make_app(ports, self._running)

    def server(self, host: str, port: int) -> DrainingServer:
        """What serves it, at port 0 at any that is free; `serve()` returns after a drain or a failure."""
        config = uvicorn.Config(
            self._app,
            host=host,
            port=port,
            ws=RawSocketProtocol,
            ws_max_size=LARGEST_BYTES,
            ws_ping_interval=PING_EVERY_S,
            ws_ping_timeout=PONG_WITHIN_S,
            ws_per_message_deflate=False,
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=DRAINED_WITHIN_S,
        )
        self._server = DrainingServer(config, lambda: self.switchboard.close_all(GOING_AWAY))
        return self._server

    @asynccontextmanager
    async def _running(self, _: Starlette) -> AsyncIterator[None]:
        feed = Feed(self._event_log, self._beginning.starts, self.switchboard.take, self._fail)
        await feed.start()
        log.info("live_started", topic_id=self._beginning.topic_id)
        pace = asyncio.create_task(self.switchboard.run())
        pace.add_done_callback(self._pace_ended)
        try:
            yield
        finally:
            pace.cancel()
            with suppress(asyncio.CancelledError):
                await pace
            await asyncio.to_thread(feed.stop)

    def _pace_ended(self, pace: "asyncio.Task[None]") -> None:
        if not pace.cancelled() and (error := pace.exception()) is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Without its feed or its pace a node is of no use: it ends, and its clients go to another."""
        self.failure = error
        if self._server is not None:
            self._server.should_exit = True

    def _caught_up(self) -> str | None:
        consumed = self.switchboard.consumed
        behind = sum(max(0, end - consumed[number]) for number, end in self._beginning.ends.items())
        return f"{behind} announcements to be read" if behind else None
