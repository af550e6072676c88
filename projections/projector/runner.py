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
What one record of `rejudgings` brings may be the rows of 10,000 submissions. Such records take the same steps in an
order of their own beside the others, so that nobody's verdict waits for them; a partition's records are in one order.

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

The records come from one reader for all models of the process (`shared_reader.py`). Partitions change hands between
two polls only; what is still being announced then has its checkpoint with it. Two batches are in memory at most, and
what the reader keeps is bounded, so an outage of any length costs no memory. While Cassandra or the broker is away we
wait (`patience.py`); the group may take the partitions away, which is harmless for the reasons above.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

from projections.models.model import Announcement, Model, Write, joined
from projections.projector.announcer import Announcer
from projections.projector.checkpoints import Checkpoints
from projections.projector.manifests import Manifests
from projections.projector.metrics import DEAD_LETTERS, EVENTS, NEXT_OFFSET, PARKED, SECONDS
from projections.projector.partition import Checkpoint, GivenUp, Held, Outcome
from projections.projector.patience import Patience, Stopping
from projections.projector.progress import Parked, Progress
from projections.projector.rows import Rows
from projections.projector.scarcity import of_this_thread
from projections.projector.shared_reader import POLL_S, SharedReader
from projections.projector.store import Store
from projections.upkeep.controls import Control, Controls, Order
from schemas.blobs.port import BlobStore
from schemas.cassandra import CassandraRefused
from schemas.eventlog.port import EventLog, Partition, Record
from schemas.heartbeats import Beat, unwatched
from schemas.log import EventLogger
from schemas.topics import REJUDGINGS
from schemas.values import DeadLetterReason, Position

log = EventLogger(__name__)

MAX_BATCH: Final = 500
"""Bounds what is in memory, what is done again after a kill, and how long the first of a batch waits for the last."""

MOST_ASIDE: Final = 2
"""Batches of `rejudgings` that wait beside the one that is dealt with."""

LOOK_EVERY_S: Final = 0.2
"""How soon a paused model sees that it may go on."""


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
        reader: SharedReader,
        store: Store,
        blobs: BlobStore,
        stopping: asyncio.Event,
        beat: Beat = unwatched,
        controls: Controls | None = None,
    ) -> None:
        """`reader` reads its topics; somebody else runs that."""
        self._model = model
        self._reader = reader
        self._stopping = stopping
        self._beat = beat
        self._controls = controls or Controls()
        self._checkpoints = Checkpoints(model, store)
        self._announcer = Announcer(model, event_log)
        self._patience = Patience(stopping, beat=beat, model=model.name)
        self._manifests = Manifests(blobs, self._patience)
        self._rows = Rows(model, store, self._controls, self._patience)
        self._held: dict[Partition, Held] = {}
        self._suspects: dict[Partition, int] = {}
        self._aside = frozenset({REJUDGINGS.name}) if len(model.topics) > 1 else frozenset[str]()
        self._scarcity = of_this_thread()
        self._progress = Progress()

    async def run(self) -> None:
        """Returns once `stopping` is set and the batch under way is done, or waits for what is away."""
        while not self._stopping.is_set():
            control = self._controls.of(self._model.projection)
            if control.paused is None:
                await self._session(control)
            else:
                await self._rest(control)

    async def _rest(self, control: Control) -> None:
        """Paused: nothing is read or held."""
        log.info("paused", model=self._model.name)
        while not self._stopping.is_set() and not self._must_begin_anew(control):
            self._beat()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._stopping.wait()

    def _must_begin_anew(self, control: Control) -> bool:
        return self._controls.of(self._model.projection).asks_to_begin_anew(control)

    async def _session(self, control: Control) -> None:
        """Follows the log until we are to stop, or orders change what a partition begins with."""
        follower = self._reader.follow(self._model.topics, assigned=self._begin, revoked=self._revoked)
        try:
            await self._project_all(partial(follower.poll, MAX_BATCH, POLL_S), control)
        except* Stopping:
            log.warning("stopped_before_done", model=self._model.name)
        finally:
            await self._reader.leave(follower)
            self._revoked(frozenset(self._held) | self._progress.parked.keys())

    async def _project_all(self, poll: Callable[[], Awaitable[list[Record]]], control: Control) -> None:
        """Two stages: the rows of a batch are written while the batch before it is announced."""
        async with asyncio.TaskGroup() as tasks:
            finishing = tasks.create_task(asyncio.sleep(0))
            aside: deque[asyncio.Task[bool]] = deque()
            while not self._stopping.is_set() and not self._must_begin_anew(control):
                polled = await self._patience.until_done("records", poll)
                records = [record for record in polled if record.position.topic not in self._aside]
                if len(records) < len(polled):
                    long = [record for record in polled if record.position.topic in self._aside]
                    before = aside[-1] if aside else None
                    aside.append(tasks.create_task(self._project_aside(before, long, dict(self._held))))
                while aside and (aside[0].done() or len(aside) > MOST_ASIDE):
                    if not await aside.popleft():
                        return
                if records:
                    batch = await self._written(records, self._held)
                    await finishing
                    if batch is None:
                        return
                    finishing = tasks.create_task(self._finish(batch))
                if polled and len(polled) < MAX_BATCH:
                    await asyncio.sleep(self._scarcity.pause_s())

    async def _project_aside(
        self, before: "asyncio.Task[bool] | None", records: Sequence[Record], read_by: Mapping[Partition, Held]
    ) -> bool:
        """What may take long, in its own order and beside the rest; whether it went on.

        Until its turn comes its partition may be taken away and given back: what was read before is then read again.
        """
        if before is not None and not await before:
            return False
        if self._stopping.is_set():
            return True  # it is read again by whoever comes next
        batch = await self._written(records, read_by)
        if batch is None:
            return False
        await self._finish(batch)
        return True

    def waiting_for(self) -> str | None:
        """None while it works."""
        return self._patience.waiting_for

    def next_offsets(self) -> dict[Partition, int]:
        """Where it is in the partitions that it holds."""
        parked = {partition: parked.offset for partition, parked in self._progress.parked.items()}
        return {partition: held.next_offset for partition, held in list(self._held.items())} | parked

    def progress(self) -> Progress:
        """What else is to be told of it."""
        self._progress.waits_for = self._patience.waiting_for
        return self._progress

    async def _begin(self, partitions: frozenset[Partition]) -> dict[Partition, int]:
        """Where to begin them."""
        try:
            known = await self._patience.until_done("checkpoints", self._checkpoints.read)
        except Stopping:
            return {}  # what arrives now is not held, and so left alone
        skips = self._controls.of(self._model.projection).skips
        for partition in partitions:
            checkpoint = known.get(partition, Checkpoint())
            self._held[partition] = held_from(self._model, partition, checkpoint, skips)
        log.info("assigned", model=self._model.name, partitions=len(partitions))
        self._show_offsets()
        return {partition: self._held[partition].next_offset for partition in partitions}

    def _revoked(self, partitions: frozenset[Partition]) -> None:
        for partition in partitions:
            if self._progress.parked.pop(partition, None) is not None:
                PARKED.labels(self._model.name).set(len(self._progress.parked))
            if self._held.pop(partition, None) is not None:
                NEXT_OFFSET.remove(self._model.name, partition.topic, str(partition.number))

    async def _written(self, records: Sequence[Record], read_by: Mapping[Partition, Held]) -> Batch | None:
        """Folds the records and writes their rows; None where all is to begin anew, with more care."""
        manifests = await self._manifests.named_by(records)
        shares = self._shares(records, read_by)
        if self._suspects:
            outcomes, refused = [await self._taken_with_care(share, manifests) for share in shares], []
        else:
            outcomes = await self._folded(shares, manifests)
            written = await self._write([write for one in outcomes for write in one.effects.writes], records, manifests)
            if written is None:
                self._suspects = {share.partition: share.held.next_offset for share in shares}
                return None
            refused = written
        checkpoints = [(share.partition, checkpoint) for share in shares if (checkpoint := share.held.checkpoint())]
        self._park([(share, one.parked) for share, one in zip(shares, outcomes, strict=True) if one.parked is not None])
        unwritten = {one.record.position for one in refused}
        return Batch(
            records=records,
            announcements=[
                told for one in outcomes for told in one.effects.announcements if told.cause.position not in unwritten
            ],
            given_up=[*(one for outcome in outcomes for one in outcome.given_up), *refused],
            checkpoints=checkpoints,
        )

    async def _folded(self, shares: Sequence[Share], manifests: Mapping[Position, bytes]) -> list[Outcome]:
        """Manifests are long: what names one is folded beside the loop, so that other models have their turn."""

        def fold() -> list[Outcome]:
            return [share.held.take(share.records, manifests) for share in shares]

        return await asyncio.to_thread(fold) if manifests else fold()

    async def _taken_with_care(self, share: Share, manifests: Mapping[Position, bytes]) -> Outcome:
        """One record at a time, until what was refused is behind us: so it is known which one is to blame."""
        outcomes: list[Outcome] = []
        for record in share.records:
            outcome = share.held.take([record], manifests)
            try:
                await self._rows.write(outcome.effects.writes)
            except CassandraRefused as refusal:
                share.held.next_offset = record.position.offset
                outcome = Outcome(parked=_refused(record, refusal))
            outcomes.append(outcome)
            if outcome.parked is not None:
                break
        if share.held.next_offset >= self._suspects.get(share.partition, 0) or outcomes[-1].parked is not None:
            self._suspects.pop(share.partition, None)
        return Outcome(
            effects=joined(one.effects for one in outcomes),
            given_up=tuple(given_up for one in outcomes for given_up in one.given_up),
            parked=outcomes[-1].parked,
        )

    def _park(self, parked: Sequence[tuple[Share, GivenUp]]) -> None:
        """Holds these partitions no more; what still comes of them is left alone. Every assignment tries again."""
        for share, poison in parked:
            self._held.pop(share.partition, None)
            offset, detail = poison.record.position.offset, poison.detail[:1000]
            self._progress.parked[share.partition] = Parked(offset=offset, detail=detail, since=datetime.now(UTC))
            PARKED.labels(self._model.name).set(len(self._progress.parked))
            log.error("parked", model=self._model.name, position=poison.record.position, why=detail[:300])

    async def _finish(self, batch: Batch) -> None:
        """Tells what was written, then keeps that it was told."""
        if batch.announcements:
            await self._patience.until_done("live", lambda: self._announcer.announce(batch.announcements))
        if batch.given_up:
            await self._give_up(batch.given_up)
        if batch.checkpoints:
            await self._patience.until_done("checkpoint", lambda: self._checkpoints.write(batch.checkpoints))
        self._measure(batch.records)

    def _shares(self, records: Sequence[Record], read_by: Mapping[Partition, Held]) -> list[Share]:
        """The records of each partition that we hold as we did when they were read.

        Others are those of one that was taken away. Folded into what we hold since it was given back they would leave
        a gap: those before them may have been passed over meanwhile.
        """
        shares: dict[Partition, Share] = {}
        for record in records:
            partition = Partition(record.position.topic, record.position.partition)
            held = read_by.get(partition)
            if held is not None and self._held.get(partition) is held:
                shares.setdefault(partition, Share(partition, held, [])).records.append(record)
        return list(shares.values())

    async def _write(
        self, writes: Sequence[Write], records: Sequence[Record], manifests: Mapping[Position, bytes]
    ) -> list[GivenUp] | None:
        """Answers the records whose rows are refused; None where the model does not go on without them."""
        try:
            await self._rows.write(writes)
        except CassandraRefused as refusal:
            log.error("rows_refused", error=refusal, model=self._model.name)
            return None if self._model.parks else await self._write_one_by_one(records, manifests)
        return []

    async def _write_one_by_one(self, records: Sequence[Record], manifests: Mapping[Position, bytes]) -> list[GivenUp]:
        """After a refusal: finds the records whose rows Cassandra does not take. The fold has no memory to spoil."""
        given_up: list[GivenUp] = []
        for record in records:
            alone = Held(fold=self._model.begin(), next_offset=0, written_below=0)
            try:
                await self._rows.write(alone.take([record], manifests).effects.writes)
            except CassandraRefused as refusal:
                given_up.append(_refused(record, refusal))
        return given_up

    async def _give_up(self, given_up: Sequence[GivenUp]) -> None:
        for one in given_up:
            detail = one.detail[:300]
            log.error("given_up", model=self._model.name, position=one.record.position, why=one.reason, detail=detail)
            self._progress.note_error(f"gave up {one.record.position}: {detail}", datetime.now(UTC))
        DEAD_LETTERS.labels(self._model.name).inc(len(given_up))
        await self._patience.until_done("dead-letters", lambda: self._announcer.give_up(given_up))

    def _measure(self, records: Sequence[Record]) -> None:
        EVENTS.labels(self._model.name).inc(len(records))
        SECONDS.labels(self._model.name).observe(max(0.0, time.time() - records[0].appended_at.timestamp()))
        self._show_offsets()

    def _show_offsets(self) -> None:
        for partition, offset in self.next_offsets().items():
            NEXT_OFFSET.labels(self._model.name, partition.topic, str(partition.number)).set(offset)


def held_from(model: Model, partition: Partition, checkpoint: Checkpoint, skips: Mapping[Position, Order]) -> Held:
    """A partition as its checkpoint left it; with a memory it begins at 0."""
    return Held(
        fold=model.begin(),
        next_offset=0 if model.remembers else checkpoint.next_offset,
        written_below=checkpoint.next_offset,
        causes=dict(checkpoint.causes),
        skips={
            position.offset: f"{order.by}: {order.reason}"
            for position, order in skips.items()
            if (position.topic, position.partition) == partition
        },
        parks=model.parks,
    )


def _refused(record: Record, refusal: CassandraRefused) -> GivenUp:
    return GivenUp(record=record, reason=DeadLetterReason.UNEXPECTED_EVENT, detail=str(refusal)[:1000])
