"""Runs the app and what goes on beside it, until it is told to stop or something ends it."""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from typing import Any, Final

import faust

from schemas.log import EventLogger
from schemas.topics import SUBMISSIONS
from stream_processors.agents import Agent

LED_BY: Final = SUBMISSIONS
STOP_WITHIN_S: Final = 4.0
"""A stop waits for what is under way and commits it; what it leaves is done again."""

log: Final = EventLogger(__name__)


class StoppedByItself(Exception):
    """The app ended without being told to; what it met stands in the log."""


class Assignment:
    """Whether the group has given this process its partitions.

    What one process alone may do is done by whoever has the first partition of `LED_BY`.
    """

    def __init__(self, app: faust.App) -> None:
        self._has = False
        self._leads = False
        app.on_partitions_assigned.connect(self._assigned)
        app.on_partitions_revoked.connect(self._revoked)

    def missing(self) -> str | None:
        """What is waited for, for the health check."""
        return None if self._has else "no partitions assigned yet"

    def leads(self) -> bool:
        """Whether this process is the one; for a moment of a rebalance two may think so."""
        return self._leads

    async def _assigned(self, *told: Any, **_: Any) -> None:
        self._has = True
        self._leads = any((one.topic, one.partition) == (LED_BY.name, 0) for one in told[-1])
        log.info("partitions_assigned", partitions=len(told[-1]))

    async def _revoked(self, *told: Any, **_: Any) -> None:
        self._has = self._leads = False
        log.info("partitions_revoked", partitions=len(told[-1]))


async def run(app: faust.App, agents: Sequence[Agent], beside: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Runs the app with what goes on `beside` it for ever. Returns after a signal; raises what ended it otherwise."""
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    await app.start()
    ends = [
        asyncio.create_task(told_to_stop.wait()),
        asyncio.create_task(app.wait_until_stopped()),
        *map(asyncio.create_task, beside),
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
