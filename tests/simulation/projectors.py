"""A projector: the real partitions, folds, checkpoints and announcements, in a model of its loop.

As `projections/projector/runner.py`: rows before announcement before checkpoint, each awaited; while a batch is
announced the next one is folded and written already; records of `rejudgings` go an order of their own. That loop itself
is asyncio and threads, and is held by its own tests; here is its order of effects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from projections.models.model import Announcement, Model, joined
from projections.projector.announcer import channel_updated, dead_lettered
from projections.projector.checkpoints import Checkpoints
from projections.projector.partition import Checkpoint, GivenUp, Held
from projections.projector.rows import batches_of
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import Committed, EventLog, Partition, Record, Undecodable
from schemas.manifests import manifest_named_by
from schemas.topics import DEAD_LETTERS, LIVE, REJUDGINGS
from schemas.values import Position
from tests.simulation.kernel import Process, SimFuture
from tests.simulation.surroundings import Surroundings, driven

MOST_AT_ONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Batch:
    """Records whose rows are written, and what is left to do for them."""

    announcements: Sequence[Announcement]
    given_up: Sequence[GivenUp]
    checkpoints: Sequence[tuple[Partition, Checkpoint]]


class Projector:
    """One model in one process."""

    def __init__(self, it: Surroundings, process: Process, model: Model) -> None:
        self.it: Final = it
        self.process: Final = process
        self.model: Final = model
        self.log: Final[EventLog] = it.log(process)
        self.store: Final = it.store(process)
        self.checkpoints: Final = Checkpoints(model, self.store)
        self._held: dict[Partition, Held] = {}
        self._finishing: SimFuture[None] | None = None
        self._aside = frozenset({REJUDGINGS.name}) if len(model.topics) > 1 else frozenset[str]()
        self._aside_done: SimFuture[None] | None = None

    def body(self) -> None:
        """Its thread."""
        member = self.log.group_reader(
            self.model.topics, self.model.group, assigned=self._assigned, revoked=self._revoked
        )
        while True:
            try:
                records = member.poll(MOST_AT_ONCE, 1.0)
            except LogUnavailable:
                continue
            aside = [record for record in records if record.position.topic in self._aside]
            if aside:
                self._project_aside(aside)
            if len(aside) < len(records):
                self._project([record for record in records if record.position.topic not in self._aside])

    def _project_aside(self, records: Sequence[Record]) -> None:
        """What may take long, in its own order and beside the rest."""
        before, done, read_by = self._aside_done, SimFuture[None](self.it.kernel), dict(self._held)
        self._aside_done = done

        def project() -> None:
            if before is not None:
                before.result()
            self.finish(self.written(records, read_by))
            done.set_result(None)

        self.it.kernel.spawn(self.process, f"aside {self.model.name}", project)

    def _project(self, records: Sequence[Record]) -> None:
        batch = self.written(records, self._held)
        if self._finishing is not None:
            self._finishing.result()
        done = self._finishing = SimFuture(self.it.kernel)

        def finish() -> None:
            self.finish(batch)
            done.set_result(None)

        self.it.kernel.spawn(self.process, f"finish {self.model.name}", finish)

    def written(self, records: Sequence[Record], read_by: Mapping[Partition, Held]) -> Batch:
        """Folds the records and writes their rows."""
        shares = self._shares(records, read_by)
        manifests = self._manifests(records)
        outcomes = [held.take(of_it, manifests) for held, of_it in shares.values()]
        checkpoints = [(at, known) for at, (held, _) in shares.items() if (known := held.checkpoint()) is not None]
        effects = joined(outcome.effects for outcome in outcomes)
        self.it.watch.parked([outcome.parked for outcome in outcomes if outcome.parked is not None])
        if effects.writes:
            batches = batches_of(effects.writes)
            self.it.until_done(lambda: driven(self.store.write(batches)))
        return Batch(effects.announcements, [one for outcome in outcomes for one in outcome.given_up], checkpoints)

    def finish(self, batch: Batch) -> None:
        """Tells what was written, then keeps that it was told."""
        self.announce(batch)
        self.keep(batch)

    def announce(self, batch: Batch) -> None:
        """All at once, and all again where one is not acknowledged."""

        def attempt() -> None:
            futures = [self.log.append(LIVE, channel_updated(self.model, one)) for one in batch.announcements]
            for future in futures:
                future.result()

        self.it.until_done(attempt)
        for one in batch.given_up:
            letter = dead_lettered(self.model, one, self.it.now())
            self.it.append_patiently(self.log, DEAD_LETTERS, letter)

    def keep(self, batch: Batch) -> None:
        """The checkpoints."""
        if batch.checkpoints:
            self.it.until_done(lambda: driven(self.checkpoints.write(batch.checkpoints)))

    def _assigned(self, committed: Mapping[Partition, Committed | None]) -> Mapping[Partition, int]:
        known = self.it.until_done(lambda: driven(self.checkpoints.read()))
        for partition in committed:
            self._held[partition] = held_from(self.model, known.get(partition, Checkpoint()))
        return {partition: self._held[partition].next_offset for partition in committed}

    def _revoked(self, lost: frozenset[Partition]) -> None:
        for partition in lost:
            self._held.pop(partition, None)

    def _shares(
        self, records: Sequence[Record], read_by: Mapping[Partition, Held]
    ) -> dict[Partition, tuple[Held, list[Record]]]:
        shares: dict[Partition, tuple[Held, list[Record]]] = {}
        for record in records:
            partition = Partition(record.position.topic, record.position.partition)
            held = read_by.get(partition)
            if held is not None and self._held.get(partition) is held:
                shares.setdefault(partition, (held, []))[1].append(record)
        return shares

    def _manifests(self, records: Sequence[Record]) -> dict[Position, bytes]:
        return manifests_of(records, self.it.blobs.__getitem__)


def manifests_of(records: Sequence[Record], blob: Callable[..., bytes]) -> dict[Position, bytes]:
    """The manifest of each record that names one."""
    named = (
        (record.position, manifest_named_by(record.event))
        for record in records
        if not isinstance(record.event, Undecodable)
    )
    return {position: blob(name) for position, name in named if name is not None}


def held_from(model: Model, checkpoint: Checkpoint) -> Held:
    """A partition as it begins."""
    return Held(
        fold=model.begin(),
        next_offset=0 if model.remembers else checkpoint.next_offset,
        written_below=checkpoint.next_offset,
        causes=dict(checkpoint.causes),
        parks=model.parks,
    )
