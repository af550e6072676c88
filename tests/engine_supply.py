"""Engines for one folder of tests after the other, the next ones started while the tests of this folder run."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Final

from deploy.local.ports import BLOCK, Ports, free_ports
from deploy.local.stack import Stack
from deploy.setup.places import HOME, ROOT

BASES: Final = range(30_000, 32_000, BLOCK)
PREPARE_S: Final = 120


class PortSupply:
    """Hands out blocks of ports that nobody holds, none twice; may be asked from any thread."""

    def __init__(self) -> None:
        first = os.getpid() % len(BASES)  # sessions of several checkouts begin to look in different places
        self._blocks = free_ports((*BASES[first:], *BASES[:first]))
        self._lock = Lock()

    def take(self) -> Ports:
        """The next block; StopIteration where there is none."""
        with self._lock:
            return next(self._blocks)


class EngineSupply:
    """Broker, Cassandra and registry, with our topics and schemas and nothing else, for `folders` folders.

    At most one spare system runs ahead.
    """

    def __init__(self, ports: PortSupply, folders: int) -> None:
        self._ports = ports
        self._left = folders
        # One thread each, which lives to the end: a process manager ends with the thread that started it.
        self._starting = ThreadPoolExecutor(1, "engines")
        self._stopping = ThreadPoolExecutor(1, "engines-stop")
        self._next: Future[Stack] | None = None
        self._taken: Stack | None = None
        self._stops: list[Future[None]] = []

    def start_ahead(self) -> None:
        """Begins to start the next system, if there is a folder left for it."""
        if self._left > 0 and self._next is None:
            self._left -= 1
            self._next = self._starting.submit(self._start)

    def take(self) -> Stack:
        """The system of the folder whose tests run now; after one that did not start, the next module tries again."""
        if self._taken is None:
            self.start_ahead()
            assert self._next is not None, "more folders than were announced"
            started, self._next = self._next, None
            try:
                self._taken = started.result()
            except BaseException:
                self._left += 1
                raise
            self.start_ahead()
        return self._taken

    def give_back(self) -> None:
        """The folder's tests have ended: its system is stopped behind the back of the next folder's."""
        if self._taken is not None:
            self._stops.append(self._stopping.submit(self._taken.stop))
            self._taken = None

    def close(self) -> None:
        """Stops what runs still and waits until all is gone; raises what a stop has raised."""
        self.give_back()
        if self._next is not None:
            self._stops.append(self._stopping.submit(self._next.result().stop))
        for stop in self._stops:
            stop.result()
        self._stopping.shutdown()
        self._starting.shutdown()

    def _start(self) -> Stack:
        system = fresh_system("engines", self._ports.take(), engines_only=True)
        system.start()
        try:
            prepare(system)
        except BaseException:
            system.stop()
            raise
        return system


def prepare(system: Stack) -> None:
    """Makes our topics and schemas; what it says is beside the engines' logs."""
    command, environment = [sys.executable, "-m", "schemas"], {**os.environ, **system.environment()}
    with (system.state / "log" / "prepare.log").open("wb") as log:
        subprocess.run(command, cwd=ROOT, env=environment, stderr=log, timeout=PREPARE_S, check=True)


def fresh_system(name: str, ports: Ports, *, engines_only: bool) -> Stack:
    """A system in a fresh folder; its logs stay there for whoever looks for the cause of a failure."""
    state = HOME / "test" / f"{name}-{ports.base}"
    shutil.rmtree(state, ignore_errors=True)
    return Stack(state, ports, engines_only=engines_only)
