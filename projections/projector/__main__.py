"""`python -m projections.projector`: wires the projector."""

import asyncio
import signal
import sys
from functools import partial
from typing import Final

import uvloop

from projections.models import CQL_AREA, CQL_FOLDER
from projections.models.catalog import MODELS
from projections.projector.service import Projector
from projections.upkeep.caretaker import take_care
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import CassandraError, connect
from schemas.cql_versions import wait_for_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.errors import LogError
from schemas.heartbeats import Heartbeats
from schemas.http.health import HealthServer
from schemas.log import EventLogger, configure_logging
from schemas.settings import ProjectorSettings, SettingsError, read_settings

log = EventLogger(__name__)

BAD_SETTINGS: Final = 2

HEARTS_PATIENCE_S: Final = 60.0
"""Longer than the slowest answer of Cassandra or the broker that is still waited for."""


def main() -> int:
    """Runs until SIGTERM or SIGINT; 0 then, 1 where what it needs did not come in time."""
    configure_logging("projector")
    try:
        settings = read_settings(ProjectorSettings)
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return BAD_SETTINGS
    try:
        uvloop.run(_serve(settings))
    except (CassandraError, LogError) as error:
        log.error("cannot_start", why=str(error))
        return 1
    return 0


async def _serve(settings: ProjectorSettings) -> None:
    stopping = asyncio.Event()
    projector: Projector | None = None

    def waiting_for() -> str | None:
        return "Cassandra, its tables and the log" if projector is None else projector.waiting_for()

    with HealthServer(settings.host, settings.port, ready={"models": waiting_for}):
        async with await connect(settings.cassandra, settings.keyspace) as cassandra:
            await wait_for_versions(cassandra, CQL_FOLDER, area=CQL_AREA)
            connecting = partial(connect_log, settings.kafka, settings.registry_url, client_id="projector")
            event_log = await asyncio.to_thread(connecting)
            try:
                # Only now is there anything to drain; until here a signal ends us at once, as is its default.
                for number in (signal.SIGTERM, signal.SIGINT):
                    asyncio.get_running_loop().add_signal_handler(number, stopping.set)
                with Heartbeats(HEARTS_PATIENCE_S) as heartbeats:
                    projector = Projector(
                        MODELS,
                        event_log=event_log,
                        store=cassandra,
                        blobs=DirectoryBlobStore(settings.blobs),
                        stopping=stopping,
                        heartbeats=heartbeats,
                    )
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(take_care(cassandra, stopping))
                        await projector.run()
                        stopping.set()
            finally:
                await asyncio.to_thread(event_log.close)


if __name__ == "__main__":
    sys.exit(main())
