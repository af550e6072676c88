"""Folds the log into tables of its own: the bulk way of a projector.

As a projector does, but: all partitions at once and in no group, in larger batches, the rows of one batch being
written while the next is read and folded; nothing is announced, and no dead letter is written, since whoever lives
has done that. Two batches are in memory at most. Its checkpoints are its own, so that it goes on after a kill; a model
with a memory replays from offset 0, and writes from its checkpoint on.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from projections.models.model import Model, Write
from projections.projector.checkpoints import Checkpoints
from projections.projector.manifests import Manifests
from projections.projector.partition import Checkpoint, GivenUp, Held, Outcome
from projections.projector.rows import batches_of
from projections.projector.runner import held_from
from projections.projector.store import Store
from projections.upkeep.controls import Order
from schemas.cassandra import CassandraRefused
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Record
from schemas.values import Position

MAX_BATCH: Final = 2_000
POLL_S: Final = 1.0
MOST_EMPTY_POLLS: Final = 15
"""After so many, something is wrong with the broker; whoever comes next begins at the checkpoint."""


class PoisonFound(Exception):
    """The model parks at this record, and so does its replay."""

    def __init__(self, poison: GivenUp) -> None:
        super().__init__(poison)
        self.poison = poison

    def __str__(self) -> str:
        return f"stopped at {self.poison.record.position}, which has to be skipped first: {self.poison.detail}"


class Replay:
    """Replays one model into one generation; `done` counts records as it goes on."""

    def __init__(
        self,
        model: Model,
        generation: int,
        *,
        event_log: EventLog,
        store: Store,
        manifests: Manifests,
        skips: Mapping[Position, Order],
    ) -> None:
        self._model = model
        self._generation = generation
        self._log = event_log
        self._store = store
        self._manifests = manifests
        self._skips = skips
        self._checkpoints = Checkpoints(model, store, projection=checkpoints_of(model, generation))
        self._held: dict[Partition, Held] = {}
        self.done = 0
        self.given_up = 0

    async def left(self, ends: Mapping[Partition, int]) -> int:
        """How many records there are before these ends."""
        await self._begin(ends)
        return sum(max(0, end - self._held[partition].next_offset) for partition, end in ends.items())

    async def run(self, ends: Mapping[Partition, int]) -> None:
        """Returns once everything before these ends is written; `PoisonFound` where the model parks."""
        await self._begin(ends)
        starts = {
            partition: self._held[partition].next_offset
            for partition, end in ends.items()
            if self._held[partition].next_offset < end
        }
        if not starts:
            return
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix=f"replay-{self._model.name}") as poller:
            reader = await loop.run_in_executor(poller, self._log.reader, starts)
            poll = partial(loop.run_in_executor, poller, reader.poll, MAX_BATCH, POLL_S)
            await self._take_all(poll, reader.close, ends)

    async def _begin(self, partitions: Mapping[Partition, int]) -> None:
        """Those that are not held yet begin at their checkpoint, or at what is still kept."""
        new = [partition for partition in partitions if partition not in self._held]
        if not new:
            return
        known = await self._checkpoints.read()
        for partition in new:
            checkpoint = known.get(partition, Checkpoint())
            self._held[partition] = held_from(self._model, partition, checkpoint, self._skips)
        for topic in self._model.topics:
            begins = await asyncio.to_thread(self._log.begin_offsets, topic)
            for partition in new:
                if partition.topic == topic.name:
                    held = self._held[partition]
                    held.next_offset = max(held.next_offset, begins[partition.number])

    async def _take_all(
        self, poll: "partial[asyncio.Future[list[Record]]]", close: Callable[[], None], ends: Mapping[Partition, int]
    ) -> None:
        polling, writing, empty = poll(), asyncio.create_task(asyncio.sleep(0)), 0
        try:
            while True:
                records = await polling
                empty = 0 if records else empty + 1
                if empty > MOST_EMPTY_POLLS:
                    raise LogUnavailable("nothing more comes, though there is more")
                polling = poll()
                writes, checkpoints = await self._taken(records, ends)
                await writing
                writing = asyncio.create_task(self._write(writes, records, checkpoints))
                if all(self._held[partition].next_offset >= end for partition, end in ends.items()):
                    break
            await writing
        finally:
            writing.cancel()
            await asyncio.to_thread(close)  # a poll under way returns
            await asyncio.gather(polling, writing, return_exceptions=True)

    async def _taken(
        self, records: Sequence[Record], ends: Mapping[Partition, int]
    ) -> tuple[list[Write], list[tuple[Partition, Checkpoint]]]:
        manifests = await self._manifests.named_by(records)
        shares: dict[Partition, list[Record]] = {}
        for record in records:
            partition = Partition(record.position.topic, record.position.partition)
            if record.position.offset < ends[partition]:
                shares.setdefault(partition, []).append(record)
        outcomes: list[Outcome] = []
        for partition, share in shares.items():
            outcome = self._held[partition].take(share, manifests)
            if outcome.parked is not None:
                raise PoisonFound(outcome.parked)
            outcomes.append(outcome)
            self.done += len(share)
            self.given_up += len(outcome.given_up)
        held = ((partition, self._held[partition].checkpoint()) for partition in shares)
        return (
            [write for outcome in outcomes for write in outcome.effects.writes],
            [(partition, checkpoint) for partition, checkpoint in held if checkpoint is not None],
        )

    async def _write(
        self, writes: Sequence[Write], records: Sequence[Record], checkpoints: Sequence[tuple[Partition, Checkpoint]]
    ) -> None:
        try:
            await self._store.write(batches_of(writes, self._generation))
        except CassandraRefused:
            if self._model.parks:
                raise
            await self._write_one_by_one(records)
        if checkpoints:
            await self._checkpoints.write(checkpoints)

    async def _write_one_by_one(self, records: Sequence[Record]) -> None:
        """What is refused alone is left out, as it was from the live tables."""
        manifests = await self._manifests.named_by(records)
        for record in records:
            alone = Held(fold=self._model.begin(), next_offset=0, written_below=0)
            writes = alone.take([record], manifests).effects.writes
            try:
                await self._store.write(batches_of(writes, self._generation))
            except CassandraRefused:
                self.given_up += 1


def checkpoints_of(model: Model, generation: int) -> str:
    """Under which name a replay keeps its checkpoints."""
    return f"{model.projection}.g{generation}"
