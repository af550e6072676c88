"""`python -m projections.upkeep`: works on the tasks that wait, then ends. A projector starts it when there are any.

It is a process of its own, at a lower priority, so that a replay at full speed never stands in the way of what is
live. It ends when its standard input does, which is when whoever started it is gone; what it began is taken again.
"""

import asyncio
import os
import secrets
import sys
import threading
from typing import Final

import uvloop

from projections.models import CQL_FOLDER
from projections.models.catalog import MODELS
from projections.upkeep.rebuild import Rebuild
from projections.upkeep.tasks import ClaimLost, read_tasks, take
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra, CassandraError, connect
from schemas.cql_versions import read_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.errors import LogError
from schemas.eventlog.port import EventLog
from schemas.log import EventLogger, configure_logging
from schemas.settings import ProjectorSettings, SettingsError, read_settings

log = EventLogger(__name__)

BAD_SETTINGS: Final = 2
NICENESS: Final = 10


def main() -> int:
    """0 when nothing waits any more, 1 where what it needs went away: the task is taken again later."""
    configure_logging("upkeep")
    try:
        settings = read_settings(ProjectorSettings)
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return BAD_SETTINGS
    os.nice(NICENESS)
    threading.Thread(target=_end_with_starter, daemon=True).start()
    try:
        uvloop.run(_work(settings))
    except (CassandraError, LogError) as error:
        log.error("upkeep_interrupted", why=str(error))
        return 1
    return 0


def _end_with_starter() -> None:
    """At once, as if killed: everything here is made to be taken again."""
    sys.stdin.buffer.read()
    os._exit(1)


async def _work(settings: ProjectorSettings) -> None:
    event_log = await asyncio.to_thread(connect_log, settings.kafka, settings.registry_url, client_id="upkeep")
    try:
        async with await connect(settings.cassandra, settings.keyspace) as cassandra:
            blobs = DirectoryBlobStore(settings.blobs)
            while await work_on_next(cassandra, event_log, blobs):
                pass
    finally:
        await asyncio.to_thread(event_log.close)


async def work_on_next(cassandra: Cassandra, event_log: EventLog, blobs: DirectoryBlobStore) -> bool:
    """Works on one task that waits; False where there is none that is ours to take."""
    models = {model.projection: model for model in MODELS}
    tasks = await read_tasks(cassandra)
    for task in tasks.values():
        model = models.get(task.projection)
        if model is None or not task.is_free:
            continue
        claim = await take(cassandra, task, secrets.token_hex(6))
        if claim is None:
            continue
        log.info("task_taken", projection=task.projection, kind=task.kind, state=task.state)
        versions = read_versions(CQL_FOLDER)
        try:
            await Rebuild(claim, model, versions=versions, cassandra=cassandra, event_log=event_log, blobs=blobs).run()
        except ClaimLost as error:
            log.warning("task_lost", projection=task.projection, why=error)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
