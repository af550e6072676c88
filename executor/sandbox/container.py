"""The plain adapter: one hardened container for every run. Slow (about 0.2 s a run), simple, and the yardstick.

A run: make a container in a cgroup of its own, attach, start, wait at the gate (`gate.py`), arm the accounting, let
the program go, move bytes both ways while looking at the limits, then read the figures and remove everything.
"""

import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Final
from uuid import uuid4

from executor import metrics
from executor.sandbox.archive import BadArchive, read_archive
from executor.sandbox.cgroup import Accounting, RunGroup
from executor.sandbox.engine import Engine
from executor.sandbox.errors import Stopped
from executor.sandbox.exchange import Exchange
from executor.sandbox.folder import folder_of
from executor.sandbox.gate import KILLED, ending, gated
from executor.sandbox.hardening import LABEL, Slot, container_config, host_config
from executor.sandbox.port import (
    COLLECTED_MAX_BYTES,
    BoxFile,
    Ending,
    Exited,
    Halted,
    Limit,
    RunLimits,
    RunOutcome,
    Signalled,
)

KIND: Final = "container"

START_PATIENCE_S: Final = 30.0

CPU_OVERSHOOT: Final = 0.1
CPU_OVERSHOOT_MIN_MS: Final = 200
"""A run is ended this far beyond its CPU limit, so that the time that is recorded tells by how much it failed."""


class ContainerSandbox:
    """A `Sandbox` for one slot; work folders are made below `work`."""

    def __init__(self, *, engine: Engine, accounting: Accounting, slot: Slot, owner: str, work: Path) -> None:
        self._engine = engine
        self._accounting = accounting
        self._slot = slot
        self._owner = owner
        self._work = work
        self._closed = Event()
        self._left: list[tuple[str, RunGroup]] = []

    @contextmanager
    def box(self, image: str, files: Sequence[BoxFile]) -> Iterator["ContainerBox"]:
        """See `Sandbox.box`."""
        with folder_of(files, self._work / uuid4().hex) as folder:
            yield ContainerBox(self, image, folder)

    def close(self) -> None:
        """See `Sandbox.close`; a run under way notices within a tick."""
        self._closed.set()

    @metrics.SANDBOX_SECONDS.time()
    def execute(
        self, image: str, folder: Path, command: Sequence[str], stdin: bytes, limits: RunLimits, *, collecting: bool
    ) -> RunOutcome:
        """One run in one container, of which nothing is left afterwards."""
        self._refuse_if_closed()
        self._remove_left()
        run = uuid4().hex
        group = self._accounting.group(run)
        host = host_config(
            slot=self._slot, folder=folder, cgroup_parent=group.parent, limits=limits, collecting=collecting
        )
        config = container_config(slot=self._slot, owner=self._owner, collecting=collecting)
        name = f"{LABEL}-{run}"
        self._left.append((name, group))  # an engine that broke off in the middle may have made it
        try:
            container = self._engine.create(
                image, gated(command, collecting=collecting), {**config, "name": name}, host
            )
            return self._run(container, group, stdin, limits)
        finally:
            self._remove_left()

    def _run(self, container: str, group: RunGroup, stdin: bytes, limits: RunLimits) -> RunOutcome:
        with self._engine.attached(container) as connection:
            exchange = Exchange(connection, output_limit_bytes=limits.output_bytes)
            self._engine.start(container)
            exchange.await_ready(patience_s=START_PATIENCE_S)
            group.arm(limits.memory_bytes)
            began_ns = time.monotonic_ns()
            halted_at = exchange.pump(stdin, self._watch(group, limits, began_ns))
            wall_time_ns = time.monotonic_ns() - began_ns
        if halted_at:  # only now: while the stream is attached and nobody reads it, the engine cannot end a container
            self._engine.kill(container)
        status, out_of_memory = self._engine.status(container), group.out_of_memory()
        return RunOutcome(
            ending=_ending(status, halted_at, out_of_memory),
            out_of_memory=out_of_memory,
            cpu_time_ns=group.cpu_time_ns(),
            wall_time_ns=wall_time_ns,
            memory_bytes=group.memory_peak_bytes(),
            output=exchange.output,
            stderr=exchange.stderr,
        )

    def _remove_left(self) -> None:
        """Removes what the last run used; what the engine did not let go of is tried again before the next run."""
        while self._left:
            container, group = self._left[-1]
            self._engine.remove(container)
            group.remove()
            self._left.pop()

    def _watch(self, group: RunGroup, limits: RunLimits, began_ns: int) -> Callable[[], Limit | None]:
        overshoot_ms = max(math.ceil(limits.cpu_time_ms * CPU_OVERSHOOT), CPU_OVERSHOOT_MIN_MS)
        cpu_ns = (limits.cpu_time_ms + overshoot_ms) * 1_000_000
        wall_ns = limits.wall_time_ms * 1_000_000

        def passed() -> Limit | None:
            self._refuse_if_closed()
            if group.cpu_time_ns() > cpu_ns:
                return Limit.CPU
            return Limit.WALL if time.monotonic_ns() - began_ns > wall_ns else None

        return passed

    def _refuse_if_closed(self) -> None:
        if self._closed.is_set():
            raise Stopped("the sandbox is closed")


def _ending(status: int, halted_at: Limit | None, out_of_memory: bool) -> Ending:
    if halted_at:
        return Halted(halted_at)
    if status == KILLED and out_of_memory:  # with the program gone, the gate was next to be killed for the limit
        return Signalled(signal.SIGKILL)
    return ending(status)


class ContainerBox:
    """A `Box` whose files are a folder of the host."""

    def __init__(self, sandbox: ContainerSandbox, image: str, folder: Path) -> None:
        self._sandbox = sandbox
        self._image = image
        self._folder = folder

    def run(self, command: Sequence[str], stdin: bytes, limits: RunLimits) -> RunOutcome:
        """See `Box.run`."""
        return self._sandbox.execute(self._image, self._folder, command, stdin, limits, collecting=False)

    def run_and_collect(self, command: Sequence[str], limits: RunLimits) -> RunOutcome:
        """See `Box.run_and_collect`."""
        limits = replace(limits, output_bytes=COLLECTED_MAX_BYTES)
        outcome = self._sandbox.execute(self._image, self._folder, command, b"", limits, collecting=True)
        if outcome.ending != Exited(0):
            return replace(outcome, output=b"")
        try:
            return replace(outcome, output=b"", collected=read_archive(outcome.output))
        except BadArchive:
            return replace(outcome, output=b"", ending=Halted(Limit.OUTPUT))
