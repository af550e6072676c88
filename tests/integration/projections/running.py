"""A real projector process for the tests: start, SIGTERM, SIGKILL, and waiting until it has caught up."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from projections.models.catalog import MODELS
from projections.models.positions import applied
from schemas.cassandra import Cassandra
from schemas.eventlog.port import EventLog

DEADLINE_S = 30.0


class Process:
    """`python -m projections.projector`."""

    def __init__(self, environment: dict[str, str], output: Path) -> None:
        self._environment = {**os.environ, **environment, "JUDGESTREAM_PROJECTOR_PORT": str(free_port())}
        self._output = output
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._output.open("ab") as output:
            command = [sys.executable, "-m", "projections.projector"]
            self._running = subprocess.Popen(command, env=self._environment, stdout=output, stderr=output)

    def kill(self) -> None:
        """SIGKILL: it has no time for anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        return self._end(signal.SIGTERM)

    def is_running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def _end(self, number: int) -> int:
        assert self._running is not None
        self._running.send_signal(number)
        return self._running.wait(DEADLINE_S)


@contextmanager
def running(environment: dict[str, str], output: Path) -> Iterator[Process]:
    """A projector for the time of a test."""
    process = Process(environment, output)
    process.start()
    try:
        yield process
    finally:
        if process.is_running():
            process.stop()


async def until(what: str, holds: Callable[[], Awaitable[bool]], deadline_s: float = DEADLINE_S) -> None:
    """Returns once it holds; an AssertionError after the deadline."""
    ends = time.monotonic() + deadline_s
    while not await holds():
        assert time.monotonic() < ends, f"{what}: not within {deadline_s:g} s"
        await asyncio.sleep(0.02)


async def caught_up(cassandra: Cassandra, log: EventLog, deadline_s: float = DEADLINE_S) -> None:
    """Returns once every model has applied what is in the log now."""
    topics = {topic.name: topic for model in MODELS for topic in model.topics}
    ends = {name: await asyncio.to_thread(log.end_offsets, topic) for name, topic in topics.items()}

    async def all_applied() -> bool:
        for model in MODELS:
            for topic in model.topics:
                for partition, end in ends[topic.name].items():
                    if await applied(cassandra, model.name, topic.name, partition) < end:
                        return False
        return True

    await until("caught up", all_applied, deadline_s)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
