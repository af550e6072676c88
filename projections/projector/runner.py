"""Runs one read model: records in, rows, announcements and a checkpoint out.

Theory of operation
-------------------
For every batch of records, in this order and each awaited before the next:

1. poll, and fold the records of each partition, with the manifests that they name; the result is data
   (`partition.py`);
2. write the rows, side by side, those of one partition of a table as one atomic batch;
3. announce on `live` what changed, acknowledged by the broker;
4. give up what cannot be dealt with: a dead letter, acknowledged;
5. write the checkpoint.

While a batch is announced, the next one is polled, folded and written; it is announced after this one's checkpoint.

Rows before announcement: whoever reads after an announcement finds what it told. Announcement before checkpoint:
killed in between, the batch is done again; a lost announcement would be missed for ever, a repeated one has the same
version and is dropped. Rows and checkpoint cannot be written as one, and need not be: write timestamps are offsets
(`models/model.py`), so doing a batch again, a part of it, or an old one late by a projector that lost the partition
without knowing, leaves the same rows.

A partition begins at our checkpoint, not at the group's committed offset, since only the checkpoint stands where the
rows stand. A batch ends when it is full or nothing more is there, so a checkpoint per batch is one per 500 events
under load, and at once when caught up. A model with a memory (boards) gets its partition from offset 0; up to the
checkpoint its fold answers into the void. Snapshots of that memory would make the start shorter; 10,000 records of a
contest of 500 teams take a second of CPU time (measured).

One thread per model does nothing but poll, since polling blocks; the group's callbacks run in it, and nothing else
touches the partitions meanwhile: the loop folds between two polls, and what is still being announced has its
checkpoint with it. Two batches are in memory at most, and the reader's prefetch is bounded, so an outage of any
length costs no memory. While Cassandra or the broker is away we wait (`patience.py`); the group may take the
partitions away, which is harmless for the reasons above.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from projections.models.model import Announcement, Model, Write, joined
from projections.projector.announcer import Announcer
from projections.projector.checkpoints import Checkpoints
from projections.projector.manifests import Manifests
from projections.projector.metrics import DEAD_LETTERS, EVENTS, NEXT_OFFSET, SECONDS
from projections.projector.partition import Checkpoint, GivenUp, Held
from projections.projector.patience import Patience, Stopping
from projections.projector.store import Store
from schemas.blobs.port import BlobStore
from schemas.cassandra import CassandraRefused, Statement
from schemas.eventlog.port import Committed, EventLog, Partition, Record
from schemas.heartbeats import Beat, unwatched
from schemas.log import EventLogger
from schemas.values import DeadLetterReason, Position

log = EventLogger(__name__)

MAX_BATCH: Final = 500
"""Bounds what is in memory, what is done again after a kill, and how long the first of a batch waits for the last."""

POLL_S: Final = 0.5
"""A poll returns as soon as anything is there, and when the reader is closed; this only bounds an idle wait."""


class Share(NamedTuple):
    """What of a poll belongs to one partition."""

    partition: Partition
    held: Held
    records: list[Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records whose rows are written, and what is left to do for them."""

    records: Sequence[Record]
    announcements: list[Announcement]
    given_up: list[GivenUp]
    checkpoints: list[tuple[Partition, Checkpoint]]


class Runner:
    """Projects one model until it is told to stop."""

    def __init__(
        self,
        model: Model,
        *,
        event_log: EventLog,
        store: Store,
        blobs: BlobStore,
        stopping: asyncio.Event,
        beat: Beat = unwatched,
    ) -> None:
        self._model = model
        self._log = event_log
        self._store = store
        self._stopping = stopping
        self._checkpoints = Checkpoints(model, store)
        self._announcer = Announcer(model, event_log)
        self._patience = Patience(stopping, beat=beat, model=model.name)
        self._manifests = Manifests(blobs, self._patience)
        self._held: dict[Partition, Held] = {}
        self._has_joined = False

    async def run(self) -> None:
        """Returns once `stopping` is set and the batch under way is done, or waits for what is away."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix=f"poll-{self._model.name}") as poller:
            reader = self._log.group_reader(
                self._model.topics,
                self._model.group,
                assigned=lambda committed: self._assigned(committed, loop),
                revoked=self._revoked,
            )
            poll = partial(loop.run_in_executor, poller, reader.poll, MAX_BATCH, POLL_S)
            projecting = asyncio.create_task(self._project_all(poll))
            stopping = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait((projecting, stopping), return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                if not self._stopping.is_set():
                    projecting.cancel()
                await asyncio.to_thread(reader.close)  # a poll under way returns, so that we stop at once
            try:
                await projecting
            except* Stopping:
                log.warning("stopped_before_done", model=self._model.name)

    async def _project_all(self, poll: Callable[[], Awaitable[list[Record]]]) -> None:
        """Two stages: the rows of a batch are written while the batch before it is announced."""
        async with asyncio.TaskGroup() as tasks:
            finishing = tasks.create_task(asyncio.sleep(0))
            while not self._stopping.is_set():
                records = await self._patience.until_done("records", poll)
                self._has_joined = True
                if records:
                    batch = await self._written(records)
                    await finishing
                    finishing = tasks.create_task(self._finish(batch))

    def waiting_for(self) -> str | None:
        """None while it works."""
        return self._patience.waiting_for if self._has_joined else "to join the group"

    def next_offsets(self) -> dict[Partition, int]:
        """Where it is in the partitions that it holds."""
        return {partition: held.next_offset for partition, held in list(self._held.items())}

    def _assigned(
        self, committed: Mapping[Partition, Committed | None], loop: asyncio.AbstractEventLoop
    ) -> dict[Partition, int]:
        """Runs in the polling thread, while the loop is free."""
        return asyncio.run_coroutine_threadsafe(self._begin(frozenset(committed)), loop).result()

    async def _begin(self, partitions: frozenset[Partition]) -> dict[Partition, int]:
        try:
            known = await self._patience.until_done("checkpoints", self._checkpoints.read)
        except Stopping:
            return {}  # what arrives now is not held, and so left alone
        for partition in partitions:
            checkpoint = known.get(partition, Checkpoint())
            self._held[partition] = Held(
                fold=self._model.begin(),
                next_offset=0 if self._model.remembers else checkpoint.next_offset,
                written_below=checkpoint.next_offset,
                causes=dict(checkpoint.causes),
            )
        log.info("assigned", model=self._model.name, partitions=len(partitions))
        self._show_offsets()
        return {partition: self._held[partition].next_offset for partition in partitions}

    def _revoked(self, partitions: frozenset[Partition]) -> None:
        for partition in partitions:
            if self._held.pop(partition, None) is not None:
                NEXT_OFFSET.remove(self._model.name, partition.topic, str(partition.number))

    async def _written(self, records: Sequence[Record]) -> Batch:
        """Folds the records and writes their rows."""
        manifests = await self._manifests.named_by(records)
        shares = self._shares(records)
        outcomes = [share.held.take(share.records, manifests) for share in shares]
        checkpoints = [(share.partition, checkpoint) for share in shares if (checkpoint := share.held.checkpoint())]
        effects = joined(outcome.effects for outcome in outcomes)
        refused = await self._write(effects.writes, records, manifests) if effects.writes else []
        unwritten = {one.record.position for one in refused}
        return Batch(
            records=records,
            announcements=[one for one in effects.announcements if one.cause.position not in unwritten],
            given_up=[*(one for outcome in outcomes for one in outcome.given_up), *refused],
            checkpoints=checkpoints,
        )

    async def _finish(self, batch: Batch) -> None:
        """Tells what was written, then keeps that it was told."""
        if batch.announcements:
            await self._patience.until_done("live", lambda: self._announcer.announce(batch.announcements))
        if batch.given_up:
            await self._give_up(batch.given_up)
        if batch.checkpoints:
            await self._patience.until_done("checkpoint", lambda: self._checkpoints.write(batch.checkpoints))
        self._measure(batch.records)

    def _shares(self, records: Sequence[Record]) -> list[Share]:
        """The records of each partition that we hold; others are those of one that was just taken away."""
        shares: dict[Partition, Share] = {}
        for record in records:
            partition = Partition(record.position.topic, record.position.partition)
            held = self._held.get(partition)
            if held is not None:
                shares.setdefault(partition, Share(partition, held, [])).records.append(record)
        return list(shares.values())

    async def _write(
        self, writes: Sequence[Write], records: Sequence[Record], manifests: Mapping[Position, bytes]
    ) -> list[GivenUp]:
        batches = batches_of(writes)
        try:
            await self._patience.until_done("rows", lambda: self._store.write(batches))
        except CassandraRefused as refusal:
            if self._model.remembers:
                raise  # its rows are of many records, and its records are our own: a bug for a person to look at
            log.error("rows_refused", error=refusal, model=self._model.name)
            return await self._write_one_by_one(records, manifests)
        return []

    async def _write_one_by_one(self, records: Sequence[Record], manifests: Mapping[Position, bytes]) -> list[GivenUp]:
        """After a refusal: finds the records whose rows Cassandra does not take. The fold has no memory to spoil."""
        given_up: list[GivenUp] = []
        for record in records:
            alone = Held(fold=self._model.begin(), next_offset=0, written_below=0)
            batches = batches_of(alone.take([record], manifests).effects.writes)
            try:
                await self._patience.until_done("rows", partial(self._store.write, batches))
            except CassandraRefused as refusal:
                reason = DeadLetterReason.UNEXPECTED_EVENT
                given_up.append(GivenUp(record=record, reason=reason, detail=str(refusal)[:1000]))
        return given_up

    async def _give_up(self, given_up: Sequence[GivenUp]) -> None:
        for one in given_up:
            detail = one.detail[:300]
            log.error("given_up", model=self._model.name, position=one.record.position, why=one.reason, detail=detail)
        DEAD_LETTERS.labels(self._model.name).inc(len(given_up))
        await self._patience.until_done("dead-letters", lambda: self._announcer.give_up(given_up))

    def _measure(self, records: Sequence[Record]) -> None:
        EVENTS.labels(self._model.name).inc(len(records))
        SECONDS.labels(self._model.name).observe(max(0.0, time.time() - records[0].appended_at.timestamp()))
        self._show_offsets()

    def _show_offsets(self) -> None:
        for partition, offset in self.next_offsets().items():
            NEXT_OFFSET.labels(self._model.name, partition.topic, str(partition.number)).set(offset)


def batches_of(writes: Iterable[Write]) -> list[list[Statement]]:
    """The writes of one partition of a table become one batch: atomic, and a fifth of the cost."""
    of_partition: dict[object, list[Statement]] = defaultdict(list)
    for write in writes:
        of_partition[write.partition].append(Statement(write.cql, write.values))
    return list(of_partition.values())
