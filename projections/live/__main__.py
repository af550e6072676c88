"""`python -m projections.live`: meets the real broker, Cassandra and clock, and serves until SIGTERM."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Final

import uvloop

from projections.live.models import CassandraModels
from projections.live.service import LiveService, look_at
from projections.models import CQL_AREA, CQL_FOLDER
from projections.models.catalog import MODELS
from projections.serving import let_drain_end_quietly
from projections.upkeep.serving import serving
from schemas.cassandra import Cassandra, CassandraError
from schemas.cassandra import connect as connect_cassandra
from schemas.cql_versions import wait_for_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.errors import LogError
from schemas.eventlog.port import EventLog
from schemas.http.identity import Tokens
from schemas.log import EventLogger, configure_logging
from schemas.settings import LiveSettings, SettingsError, read_settings

CLIENT_ID: Final = "live"

log = EventLogger(__name__)


def main() -> int:
    """Runs the service; the exit status is 0 after a drain, 1 where an engine is missing, 2 for bad settings."""
    configure_logging(CLIENT_ID)
    try:
        settings = read_settings(LiveSettings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(settings))
    except (CassandraError, LogError) as error:
        log.error("cannot_start", why=error)
        return 1


async def serve(settings: LiveSettings) -> int:
    """Serves until SIGTERM or SIGINT, then sends the clients elsewhere and lets go of everything."""
    event_log = await asyncio.to_thread(connect_log, settings.kafka, settings.registry_url, client_id=CLIENT_ID)
    try:
        async with await connect_cassandra(settings.cassandra, settings.keyspace) as cassandra:
            await wait_for_versions(cassandra, CQL_FOLDER, area=CQL_AREA)
            async with serving(cassandra, MODELS) as readings:
                service = await _service(settings, event_log, readings)
                let_drain_end_quietly()
                server = service.server(settings.host, settings.port)
                await server.serve()
    finally:
        await asyncio.to_thread(event_log.close)
    if service.failure is not None:
        log.error("live_failed", error=service.failure)
    return 0 if server.started and service.failure is None else 1


async def _service(settings: LiveSettings, event_log: EventLog, cassandra: Cassandra) -> LiveService:
    def now() -> datetime:
        return datetime.now(UTC)

    return LiveService(
        event_log,
        await asyncio.to_thread(look_at, event_log),
        CassandraModels(cassandra, now),
        Tokens(settings.token_public_key.read_bytes()),
        clock=now,
        ready={"store": lambda: None if cassandra.is_up() else "Cassandra does not answer"},
    )


if __name__ == "__main__":
    sys.exit(main())
