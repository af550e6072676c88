"""Sees to it that somebody works on the tasks that wait: one process at a time, started by this projector."""

import asyncio
import sys
from contextlib import suppress
from typing import Final

from projections.upkeep.tasks import read_tasks
from schemas.cassandra import Cassandra, CassandraUnavailable
from schemas.log import EventLogger

log = EventLogger(__name__)

LOOK_EVERY_S: Final = 1.0
COMMAND: Final = (sys.executable, "-m", "projections.upkeep")
ENDS_WITHIN_S: Final = 3.0


async def take_care(cassandra: Cassandra, stopping: asyncio.Event) -> None:
    """Returns once `stopping` is set; a process under way ends too, and its task is taken by another projector."""
    process: asyncio.subprocess.Process | None = None
    try:
        while not stopping.is_set():
            if (process is None or process.returncode is not None) and await _somebody_is_needed(cassandra):
                process = await asyncio.create_subprocess_exec(*COMMAND, stdin=asyncio.subprocess.PIPE)
                log.info("upkeep_started", pid=process.pid)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await stopping.wait()
    finally:
        if process is not None and process.returncode is None:
            await _end(process)


async def _somebody_is_needed(cassandra: Cassandra) -> bool:
    with suppress(CassandraUnavailable):
        return any(task.is_free for task in (await read_tasks(cassandra)).values())
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    """It ends when its standard input does."""
    assert process.stdin is not None, "it was made with one"
    process.stdin.close()
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
