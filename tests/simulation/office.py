"""The office of rejudgings: the real service, with its decider and its releaser, on the simulated log.

Only its outermost loop and its pauses are of this file, since those wait on the real clock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from schemas.blobs.port import BlobMissing, BlobStore
from schemas.eventlog.errors import LogUnavailable
from schemas.heartbeats import unwatched
from schemas.ids import Sha256
from schemas.manifests import digest
from stream_processors.rejudging import patience
from stream_processors.rejudging.decider import Decider
from stream_processors.rejudging.followed import Followed
from stream_processors.rejudging.patience import PatientBlobs
from stream_processors.rejudging.releaser import Releaser
from stream_processors.rejudging.service import Service
from tests.simulation.kernel import SECOND, Kernel, Process
from tests.simulation.log import LogClient
from tests.simulation.surroundings import Surroundings

AWAY_US: Final = SECOND // 5
MOST_OPEN: Final = 2
"""One less than a jury may want to have under way."""


@dataclass(frozen=True, slots=True)
class Blobs:
    """What of a blob store the office uses."""

    it: Surroundings

    def get(self, name: Sha256) -> bytes:
        """See `BlobStore.get`."""
        self.it.kernel.turn()
        if name not in self.it.blobs:
            raise BlobMissing(f"there is no blob {name}")
        return self.it.blobs[name]

    def put(self, content: bytes) -> Sha256:
        """See `BlobStore.put`."""
        self.it.kernel.turn()
        name = digest(content)
        self.it.blobs[name] = content
        return name


def office_body(it: Surroundings, process: Process) -> Callable[[], None]:
    """Its thread."""

    def body() -> None:
        log = LogClient(it.broker, process, is_timed=True)
        blobs = PatientBlobs(cast(BlobStore, Blobs(it)), pauses_s=())
        followed = Followed(log, unwatched)
        decider = Decider(log, blobs, followed, most_open=MOST_OPEN, clock=it.now, beat=unwatched)
        releaser = Releaser(log, log, blobs, followed, clock=it.now, beat=unwatched)
        service = Service(log, followed, decider, releaser, unwatched)
        while True:
            try:
                service.turn()
            except LogUnavailable:
                it.kernel.sleep(AWAY_US)

    return body


@dataclass(frozen=True, slots=True)
class VirtualTime:
    """Takes the place of the module `time` where a service pauses."""

    kernel: Kernel

    def sleep(self, seconds: float) -> None:
        """Lets others run."""
        self.kernel.sleep(int(seconds * SECOND))


@contextmanager
def virtual_pauses(kernel: Kernel) -> Iterator[None]:
    """While it lasts, the office's pauses are of this kernel's time."""
    module: Any = patience
    before, module.time = module.time, VirtualTime(kernel)
    try:
        yield
    finally:
        module.time = before
