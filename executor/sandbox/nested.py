"""The nested adapter: runs in namespaces of their own inside a slot's long-lived container, a millisecond each.

`supervisor/main.c` tells how it works inside. Here: a container per runner image, started when first needed, warm
from then on; the files of a box are sent once; a run is one packet there and one back. A container is taken away
after many runs, after anything odd, when others are used more, and when a run needs a larger one.
"""

import fcntl
import math
import os
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Lock
from typing import Final

from executor import metrics
from executor.sandbox.archive import BadArchive
from executor.sandbox.cgroup import Accounting
from executor.sandbox.container import CPU_OVERSHOOT, CPU_OVERSHOOT_MIN_MS
from executor.sandbox.engine import Engine
from executor.sandbox.errors import Stopped, SupervisorMissing
from executor.sandbox.hardening import Slot
from executor.sandbox.nested_container import Answered, NestedContainer, Place
from executor.sandbox.nested_hardening import USUAL_SIZE, Size
from executor.sandbox.nested_protocol import Flag, archive_of, files_in, run_packet
from executor.sandbox.port import MEBIBYTE, BoxFile, Exited, Halted, Limit, RunLimits, RunOutcome

KIND: Final = "nested"

RUNS_PER_CONTAINER: Final = 10_000
"""What a container costs to make is then less than a tenth of a percent of what its runs take."""

CONTAINERS_PER_SLOT: Final = 4
"""Of as many images; an idle one costs memory."""

IDLE_MAX_S: Final = 600.0

COMPILE_SCRATCH_BYTES: Final = 256 * MEBIBYTE
COMPILE_SCRATCH_FILES: Final = 4096

SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


class NestedSandbox:
    """A `Sandbox` for one slot; `supervisor` is the program that set-up has built."""

    def __init__(
        self,
        *,
        engine: Engine,
        accounting: Accounting,
        slot: Slot,
        owner: str,
        work: Path,
        supervisor: Path,
        apparmor: bool,
    ) -> None:
        if not supervisor.is_file():
            raise SupervisorMissing(supervisor)
        self._place = Place(
            engine=engine,
            accounting=accounting,
            slot=slot,
            owner=owner,
            work=work,
            supervisor=supervisor,
            apparmor=apparmor,
        )
        self._containers: OrderedDict[str, NestedContainer] = OrderedDict()
        self._ending: list[NestedContainer] = []
        self._closed = Event()
        self._turn = Lock()

    @contextmanager
    def box(self, image: str, files: Sequence[BoxFile]) -> Iterator["NestedBox"]:
        """See `Sandbox.box`."""
        with _sealed("box", archive_of(files)) as archive:
            yield NestedBox(self, image, archive)

    def close(self) -> None:
        """See `Sandbox.close`; no container is left when it returns."""
        self._closed.set()
        for container in list(self._containers.values()):
            container.hang_up()
        with self._turn:
            self._end_all(list(self._containers))

    @property
    def containers(self) -> dict[str, str]:
        """The ids of the containers that are kept, each with the name of its control group."""
        return {container.id: container.name for container in self._containers.values()}

    @metrics.SANDBOX_SECONDS.time()
    def execute(
        self, box: "NestedBox", command: Sequence[str], stdin: bytes, limits: RunLimits, *, collecting: bool
    ) -> Answered:
        """One run in the box; whatever goes wrong takes the container away."""
        overshoot_ms = max(math.ceil(limits.cpu_time_ms * CPU_OVERSHOOT), CPU_OVERSHOOT_MIN_MS)
        packet = run_packet(command, limits, cpu_halt_ms=limits.cpu_time_ms + overshoot_ms, collecting=collecting)
        with self._turn:
            try:
                container = self._container_with(box, limits)
                with _sealed("stdin", stdin) as given:
                    return container.run(packet, given, limits.wall_time_ms)
            except BaseException:
                self._end_all([box.image, *self._dead()])
                self._refuse_if_closed()
                raise

    def _container_with(self, box: "NestedBox", limits: RunLimits) -> NestedContainer:
        """The image's container with the box in it. One that has died while nobody used it is replaced."""
        self._refuse_if_closed()
        size = Size(memory_bytes=limits.memory_bytes, processes=limits.processes)
        container = self._containers.get(box.image)
        if container is not None and not _serves(container, size):
            self._end_all([box.image])
            container = None
        if container is None:
            container = self._started(box.image, USUAL_SIZE.widened_to(size))
        self._containers.move_to_end(box.image)
        if container.box is not box:
            container.put_box(box.archive, box)
        return container

    def _started(self, image: str, size: Size) -> NestedContainer:
        self._end_all(self._unwanted())
        container = self._containers[image] = NestedContainer(self._place, image, size)
        container.start(self._refuse_if_closed)
        self._refuse_if_closed()  # whoever closed us before there was a connection could not hang up
        return container

    def _unwanted(self) -> list[str]:
        """Images whose containers have to go before another one comes."""
        by_use, now_s = list(self._containers), time.monotonic()
        crowded = by_use[: max(0, len(by_use) - CONTAINERS_PER_SLOT + 1)]
        return [i for i in by_use if i in crowded or now_s - self._containers[i].used_at_s > IDLE_MAX_S]

    def _dead(self) -> list[str]:
        return [image for image, container in self._containers.items() if not container.is_alive()]

    def _end_all(self, images: Sequence[str]) -> None:
        """Takes containers away; what the engine does not let go of is tried again the next time."""
        self._ending += [self._containers.pop(image) for image in images if image in self._containers]
        while self._ending:
            self._ending[-1].end()
            self._ending.pop()

    def _refuse_if_closed(self) -> None:
        if self._closed.is_set():
            raise Stopped("the sandbox is closed")


@dataclass(frozen=True, slots=True, eq=False)
class NestedBox:
    """A `Box` whose files are in a memfd, and in the container that it was last used in."""

    sandbox: NestedSandbox
    image: str
    archive: int

    def run(self, command: Sequence[str], stdin: bytes, limits: RunLimits) -> RunOutcome:
        """See `Box.run`."""
        answered = self.sandbox.execute(self, command, stdin, limits, collecting=False)
        flags = answered.result.flags
        return _outcome(answered, answered.attached[0] if Flag.OUTPUT_ATTACHED in flags else answered.result.output)

    def run_and_collect(self, command: Sequence[str], limits: RunLimits) -> RunOutcome:
        """See `Box.run_and_collect`."""
        limits = replace(
            limits,
            scratch_bytes=max(limits.scratch_bytes, COMPILE_SCRATCH_BYTES),
            scratch_files=max(limits.scratch_files, COMPILE_SCRATCH_FILES),
        )
        answered = self.sandbox.execute(self, command, b"", limits, collecting=True)
        outcome = _outcome(answered, b"")
        if outcome.ending != Exited(0):
            return outcome
        try:
            if Flag.COLLECTED_REFUSED in answered.result.flags:
                raise BadArchive("refused inside")
            return replace(outcome, collected=files_in(answered.attached[-1]))
        except BadArchive:
            return replace(outcome, ending=Halted(Limit.OUTPUT))


def _serves(container: NestedContainer, size: Size) -> bool:
    return container.runs < RUNS_PER_CONTAINER and container.size.holds(size) and container.is_alive()


def _outcome(answered: Answered, output: bytes) -> RunOutcome:
    result = answered.result
    return RunOutcome(
        ending=result.ending,
        out_of_memory=Flag.OUT_OF_MEMORY in result.flags,
        cpu_time_ns=result.cpu_time_ns,
        wall_time_ns=result.wall_time_ns,
        memory_bytes=result.memory_bytes,
        output=output,
        stderr=result.stderr,
        processes_exhausted=Flag.PROCESSES_EXHAUSTED in result.flags,
    )


@contextmanager
def _sealed(name: str, content: bytes) -> Iterator[int]:
    """A file in memory that nobody can change, at its beginning."""
    file = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view, written = memoryview(content), 0
        while written < len(view):
            written += os.pwrite(file, view[written:], written)
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, SEALS)
        yield file
    finally:
        os.close(file)
