"""Runs the app and what goes on beside it, until it is told to stop or something ends it."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any, Final

import faust

from schemas.log import EventLogger
from stream_processors.agents import Agent
from stream_processors.lanes import Lanes
from stream_processors.watchdog import Watchdog

STOP_WITHIN_S: Final = 4.0
"""A stop waits for what is under way and commits it; what it leaves is done again."""

log: Final = EventLogger(__name__)


class StoppedByItself(Exception):
    """The app ended without being told to; what it met stands in the log."""


class Assignment:
    """Whether the group has given this process its partitions."""

    def __init__(self, app: faust.App) -> None:
        self._has = False
        app.on_partitions_assigned.connect(self._assigned)
        app.on_partitions_revoked.connect(self._revoked)

    def missing(self) -> str | None:
        """What is waited for, for the health check."""
        return None if self._has else "no partitions assigned yet"

    async def _assigned(self, *told: Any, **_: Any) -> None:
        self._has = True
        log.info("partitions_assigned", partitions=len(told[-1]))

    async def _revoked(self, *told: Any, **_: Any) -> None:
        self._has = False
        log.info("partitions_revoked", partitions=len(told[-1]))


async def run(app: faust.App, agents: Sequence[Agent], lanes: Lanes, watchdog: Watchdog) -> None:
    """Returns after a signal; raises what ended it otherwise."""
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    await app.start()
    ends = [
        asyncio.create_task(told_to_stop.wait()),
        asyncio.create_task(app.wait_until_stopped()),
        asyncio.create_task(lanes.read_for_ever()),
        asyncio.create_task(watchdog.watch()),
    ]
    ended, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    # Not by a time-out that cancels: Faust swallows cancellations while it stops.
    _, unfinished = await asyncio.wait([asyncio.create_task(_stop(app, agents))], timeout=STOP_WITHIN_S)
    if unfinished:
        log.warning("stop_cut_short", after_s=STOP_WITHIN_S)
    for task in ended:
        task.result()
    if not told_to_stop.is_set():
        raise StoppedByItself("the app stopped by itself")


async def _stop(app: faust.App, agents: Sequence[Agent]) -> None:
    """Takes nothing more, finishes what was taken, commits it and leaves."""
    app.flow_control.suspend()
    for agent in agents:
        await agent.drained()
    await app.consumer.commit()
    await app.stop()
