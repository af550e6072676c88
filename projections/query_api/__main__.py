"""`python -m projections.query_api`: meets the real broker, Cassandra, blobs and clock, and serves until SIGTERM."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Final

import uvloop

from projections.live.wakes import Wakes
from projections.models import CQL_AREA, CQL_FOLDER
from projections.models.catalog import MODELS
from projections.query_api.app import Ports
from projections.query_api.reads import CassandraReads
from projections.query_api.service import QueryService
from projections.serving import collect_garbage_seldom, let_drain_end_quietly
from projections.upkeep.cassandra import CassandraUpkeep
from projections.upkeep.serving import serving
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra, CassandraError
from schemas.cassandra import connect as connect_cassandra
from schemas.cql_versions import wait_for_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.errors import LogError
from schemas.eventlog.port import EventLog
from schemas.http.identity import Tokens
from schemas.log import EventLogger, configure_logging
from schemas.settings import QuerySettings, SettingsError, read_settings

CLIENT_ID: Final = "query_api"

log = EventLogger(__name__)


def main() -> int:
    """Runs the service; the exit status is 0 after a drain, 1 where an engine is missing, 2 for bad settings."""
    configure_logging(CLIENT_ID)
    try:
        settings = read_settings(QuerySettings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(settings))
    except (CassandraError, LogError) as error:
        log.error("cannot_start", why=error)
        return 1


async def serve(settings: QuerySettings) -> int:
    """Serves until SIGTERM or SIGINT, then answers what is under way and lets go of everything."""
    event_log = await asyncio.to_thread(connect_log, settings.kafka, settings.registry_url, client_id=CLIENT_ID)
    try:
        async with await connect_cassandra(settings.cassandra, settings.keyspace) as cassandra:
            await wait_for_versions(cassandra, CQL_FOLDER, area=CQL_AREA)
            async with serving(cassandra, MODELS) as readings:
                service = QueryService(_ports(settings, event_log, readings))
                let_drain_end_quietly()
                collect_garbage_seldom()
                server = service.server(settings.host, settings.port)
                await server.serve()
    finally:
        await asyncio.to_thread(event_log.close)
    if service.failure is not None:
        log.error("query_api_failed", error=service.failure)
    return 0 if server.started and service.failure is None else 1


def _ports(settings: QuerySettings, event_log: EventLog, cassandra: Cassandra) -> Ports:
    return Ports(
        reads=CassandraReads(cassandra),
        upkeep=CassandraUpkeep(cassandra),
        log=event_log,
        blobs=DirectoryBlobStore(settings.blobs),
        tokens=Tokens(settings.token_public_key.read_bytes()),
        wakes=Wakes(),
        clock=lambda: datetime.now(UTC),
        ready={"store": lambda: None if cassandra.is_up() else "Cassandra does not answer"},
    )


if __name__ == "__main__":
    sys.exit(main())
