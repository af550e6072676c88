"""What all processes of a simulated world have around them, and the patience that they all need."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from ingest_api.claims.memory import MemoryClaims
from schemas.cassandra import CassandraUnavailable
from schemas.eventlog.errors import AppendRefused, AppendUncertain, LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.events import Event
from schemas.ids import ProblemRevision, Sha256
from schemas.rules.definition import Definition
from schemas.topics import Topic
from schemas.values import Position
from tests.simulation.broker import Broker
from tests.simulation.faults import Faults
from tests.simulation.kernel import MILLISECOND, Kernel, Process
from tests.simulation.log import LogClient
from tests.simulation.store import StoreClient, Tables
from tests.simulation.watch import Watch

T = TypeVar("T")

PASSING: Final = (CassandraUnavailable, LogUnavailable, AppendRefused, AppendUncertain)
PAUSE_US: Final = 60 * MILLISECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The world as its processes know it."""

    kernel: Kernel
    broker: Broker
    tables: Tables
    faults: Faults
    watch: Watch
    definitions: dict[ProblemRevision, Definition] = field(default_factory=dict)
    blobs: dict[Sha256, bytes] = field(default_factory=dict)
    claims: MemoryClaims = field(default_factory=MemoryClaims)

    def log(self, process: Process) -> EventLog:
        """The event log as that process has it."""
        return LogClient(self.broker, process)

    def store(self, process: Process) -> StoreClient:
        """The store as that process has it."""
        return StoreClient(self.tables, self.kernel, process, self.faults.store_fate, self.watch.row_written)

    def now(self) -> datetime:
        """The clock of everybody."""
        return self.broker.now()

    def until_done(self, attempt: Callable[[], T]) -> T:
        """The result of the first attempt that succeeds, as all services do while something is away."""
        while True:
            try:
                return attempt()
            except PASSING:
                self.kernel.sleep(int(self.kernel.random() * PAUSE_US))

    def append_patiently(self, log: EventLog, topic: Topic, event: Event, partition: int | None = None) -> Position:
        """Appends until it is acknowledged."""
        return self.until_done(lambda: log.append(topic, event, partition=partition).result())


def driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never suspends, since what it awaits takes its turns by the kernel."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it suspended")
