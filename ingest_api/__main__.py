"""`python -m ingest_api`: meets the real broker, Cassandra, blob folder and clock, and serves until SIGTERM."""

import asyncio
import gc
import random
import secrets
import signal
import sys
from datetime import UTC, datetime
from typing import Final

import uvicorn
import uvloop

from ingest_api.app import Ports, make_app
from ingest_api.claims.cassandra import AREA, CQL, CassandraClaims
from ingest_api.senders.cassandra import CassandraSenders
from ingest_api.submission_ids import CHANCE_BITS
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra, CassandraError
from schemas.cassandra import connect as connect_cassandra
from schemas.cql_versions import apply_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.errors import LogError, LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.http.identity import Tokens
from schemas.log import EventLogger, configure_logging
from schemas.settings import IngestSettings, SettingsError, read_settings

CLIENT_ID: Final = "ingest_api"
DRAINED_WITHIN_S: Final = 4
"""Requests under way at SIGTERM; the promise is 5 s for all of it."""

LINGER_MS: Final = 0.5
"""How long a submission waits for others to share a request with: less than the way to the broker and back. Without
it, librdkafka wakes its thread for each, and the broker gets a request for each."""

BACKLOG: Final = 2048

log = EventLogger(__name__)


def main() -> int:
    """Runs the service; the exit status is 0 after a drain, 1 where an engine is missing, 2 for bad settings."""
    configure_logging(CLIENT_ID)
    try:
        settings = read_settings(IngestSettings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except (CassandraError, LogError) as error:
        log.error("cannot_start", why=error)
        return 1
    return 0


async def serve(settings: IngestSettings) -> None:
    """Serves until SIGTERM or SIGINT, then answers what is under way and lets go of everything."""
    await apply_versions(settings.cassandra, settings.keyspace, CQL, area=AREA)
    event_log = await asyncio.to_thread(
        connect_log, settings.kafka, settings.registry_url, client_id=CLIENT_ID, linger_ms=LINGER_MS
    )
    try:
        async with await connect_cassandra(settings.cassandra, settings.keyspace) as cassandra:
            server = _server(settings, event_log, cassandra)
            _let_drain_end_quietly()
            gc.freeze()  # what starting has made stays: the collector need not look through it again and again
            await server.serve()
            if not server.started:
                raise LogUnavailable("the catalog could not begin to read")
    finally:
        await asyncio.to_thread(event_log.close)


def _server(settings: IngestSettings, event_log: EventLog, cassandra: Cassandra) -> uvicorn.Server:
    chance = random.Random(secrets.randbits(256))  # ids must differ, not be secret; a system call for each is dear
    ports = Ports(
        log=event_log,
        claims=CassandraClaims(cassandra),
        senders=CassandraSenders(cassandra),
        blobs=DirectoryBlobStore(settings.blobs),
        tokens=Tokens(settings.token_public_key.read_bytes()),
        clock=lambda: datetime.now(UTC),
        chance=lambda: chance.getrandbits(CHANCE_BITS),
    )
    config = uvicorn.Config(
        make_app(ports),
        host=settings.host,
        port=settings.port,
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=DRAINED_WITHIN_S,
    )
    return uvicorn.Server(config)


def _let_drain_end_quietly() -> None:
    """After its drain uvicorn raises the signal again, under the handler that was there before: do nothing then."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)


if __name__ == "__main__":
    sys.exit(main())
