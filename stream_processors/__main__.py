"""`python -m stream_processors`: the router."""

import asyncio
import logging
import os
import socket
import sys
from datetime import UTC, datetime
from typing import Final

from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.connect import connect
from schemas.eventlog.errors import LogError
from schemas.http.health import HealthServer
from schemas.log import EventLogger, configure_logging
from schemas.settings import RouterSettings, SettingsError, read_settings
from stream_processors.agents import feed_contests, route_submissions
from stream_processors.app import GROUP, make_app
from stream_processors.definitions import Definitions
from stream_processors.lanes import Lanes
from stream_processors.service import Assignment, StoppedByItself, run
from stream_processors.stall_watch import READ_AFTER_S, StallWatch
from stream_processors.watchdog import Standstill, Watchdog

BAD_SETTINGS: Final = 2

log: Final = EventLogger(__name__)


def main() -> int:
    """Runs until a signal (0), or until something ends it that a new start may cure (1)."""
    configure_logging("router")
    # While the broker is away aiokafka says so forty times a second; the watchdog says it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        settings = read_settings(RouterSettings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    try:
        # No asyncio.run: it would wait for what Faust leaves behind.
        asyncio.new_event_loop().run_until_complete(_serve(settings))
    except (LogError, Standstill, StoppedByItself) as error:
        log.error("router_ended", why=error)
        return 1
    except Exception as error:  # noqa: BLE001  threads of Faust would keep a process alive whose main thread died
        log.error("router_ended", error=error)
        return 1
    log.info("router_stopped")
    return 0


async def _serve(settings: RouterSettings) -> None:
    event_log = connect(settings.kafka, settings.registry_url, client_id=GROUP)
    lanes = Lanes(event_log)
    agents = (
        route_submissions(event_log, event_log.codec, Definitions(DirectoryBlobStore(settings.blobs)), lanes, _now),
        feed_contests(event_log, event_log.codec, _now),
    )
    app = make_app(settings.kafka, agents, member=f"{socket.gethostname()}:{settings.port}")
    watchdog = Watchdog(event_log, GROUP, sorted({topic for agent in agents for topic in agent.topics}, key=str))
    assignment = Assignment(app)
    ready = {"broker": watchdog.broker_silent, "group": assignment.missing}
    stalls = StallWatch(
        event_log,
        _now,
        is_ours=assignment.leads,
        sent=lanes.sent,
        slack_s=settings.stall_slack_s,
        read_after_s=min(READ_AFTER_S, settings.stall_slack_s),
    )
    with HealthServer(settings.host, settings.port, ready=ready):
        log.info("router_started", port=settings.port)
        await run(app, agents, (lanes.read_for_ever(), watchdog.watch(), stalls.watch()))
    event_log.close(1.0)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # Everything is acknowledged and committed by now; librdkafka's clients would take seconds to take leave.
    os._exit(status)
