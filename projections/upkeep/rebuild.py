"""Works on one task: makes new tables beside the live ones, proves them equal, and lets them serve (or not).

Theory of operation
-------------------
Every write to a read model is stamped with its offset, so writing it twice, late, or by two processes leaves the same
rows. Everything here rests on that: a replay and the live projectors may write the same table at the same time.

1. REPLAYING. New tables; the log is folded into them up to where the live model is now.
2. JOINING. The control row says that the new generation is written `beside` the one that serves. Every projector that
   is there says which revision of that row it heeds, and heeds it with the next batch that it writes. Once all do,
   the end of the log is taken down: what is behind it will be in both tables anyway, what is before it is replayed.
   From then on both generations have the same offsets, for as long as we like.
3. COMPARING, row by row.
4. RETIRING. One conditional write of the control row: the new generation serves, the old one is written beside it.
   Readers look at that row every second. Until they have, they read tables that are still written: nobody ever reads
   what lags an announcement, and the live checkpoint, which is the model's and not a generation's, holds for both.
   Channels that show what had differed are told `reset` once readers have looked.
5. CLEARING. Nothing is written beside any more; once all projectors heed that, every table of the model that does not
   serve is dropped.

A verification goes from 3 to 5 at once, as does a rebuild that is to switch only if all is equal, and one that is
cancelled or has failed. The state stands in the task's row. Whoever takes it after a kill begins that state again:
tables are made IF NOT EXISTS, replays have checkpoints, and the control row changes only under the condition that
nobody else changed it.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from projections.models.model import Model
from projections.projector.announcer import RESET
from projections.projector.checkpoints import Checkpoints
from projections.projector.manifests import Manifests
from projections.projector.patience import PASSING, Patience
from projections.upkeep.controls import AS_BORN, Control, change_generations, has_heeded, read_controls, read_heeds
from projections.upkeep.generations import definitions, in_generation, table_of
from projections.upkeep.replay import Replay, checkpoints_of
from projections.upkeep.scan import Comparing
from projections.upkeep.task import BEFORE_SWITCH, MOST_RESETS, State, Told, Verdict, after_comparison
from projections.upkeep.tasks import RENEW_EVERY_S, Claim, ClaimLost
from schemas.blobs.port import BlobStore
from schemas.cassandra import Cassandra
from schemas.cql_versions import Version
from schemas.eventlog.port import EventLog, Partition
from schemas.events import ChannelUpdated
from schemas.ids import derived_event_id
from schemas.log import EventLogger
from schemas.topics import LIVE

log = EventLogger(__name__)

T = TypeVar("T")

GRACE_S: Final = 10.0
"""Readers look for the generation that serves every second; their slowest request ends well within this."""

LOOK_EVERY_S: Final = 0.2
TELL_EVERY_S: Final = 0.5

TABLES: Final = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?"
FORGET: Final = "DELETE FROM projection_checkpoints WHERE projection = ?"


class LogForgot(Exception):
    """The log does not hold all that the live tables were made of."""

    def __init__(self, partition: Partition, first: int) -> None:
        super().__init__(partition, first)
        self.partition = partition
        self.first = first

    def __str__(self) -> str:
        where = f"{self.partition.topic}:{self.partition.number}"
        return f"{where} begins at {self.first}: what was before is in the live tables alone, and would be lost"


class Cancelled(Exception):
    """Somebody asked for the end of it."""


class Rebuild:
    """Works on a task that is claimed, until it has ended or is somebody else's."""

    def __init__(
        self,
        claim: Claim,
        model: Model,
        *,
        versions: list[Version],
        cassandra: Cassandra,
        event_log: EventLog,
        blobs: BlobStore,
        grace_s: float = GRACE_S,
    ) -> None:
        self._claim = claim
        self._model = model
        self._generation = claim.task.generation
        self._definitions = definitions(model, versions)
        self._cassandra = cassandra
        self._log = event_log
        self._manifests = Manifests(blobs, Patience(asyncio.Event(), model=model.name))
        self._grace_s = grace_s
        self._state = claim.task.state
        self._told = claim.task.told
        self._count: Callable[[], int] = lambda: 0
        self._began_counting = 0.0
        self._telling = asyncio.Lock()

    async def run(self) -> None:
        """Returns when the task has ended. What is away ends it with an error and leaves the task to be taken again.

        `ClaimLost` where somebody else has it.
        """
        working = asyncio.create_task(self._work())
        watching = asyncio.create_task(self._watch(working))
        try:
            await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (watching, working):
                task.cancel()
            await asyncio.gather(working, watching, return_exceptions=True)
        for task in (watching, working):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _work(self) -> None:
        steps: Mapping[State, Callable[[], Awaitable[None]]] = {
            State.REQUESTED: self._make_tables,
            State.REPLAYING: self._replay,
            State.JOINING: self._join,
            State.COMPARING: self._compare,
            State.RETIRING: self._switch,
            State.CLEARING: self._clear,
        }
        while self._state in steps:
            try:
                await steps[self._state]()
            except (*PASSING, ClaimLost):
                raise
            except Cancelled:
                await self._go_on(State.CLEARING, outcome=State.CANCELLED)
            except Exception as error:
                if self._state is State.CLEARING:
                    raise
                log.error("task_failed", model=self._model.name, error=error)
                await self._go_on(State.CLEARING, outcome=State.FAILED, error=f"{type(error).__name__}: {error}")

    async def _go_on(self, state: State, **changes: object) -> None:
        """The next state, told before it begins."""
        self._count = lambda: 0
        self._told = replace(self._told, waits_for=None, remaining_s=None, **changes)  # type: ignore[arg-type]  # fields of it
        self._state = state
        await self._tell()
        log.info("task_goes_on", model=self._model.name, kind=self._claim.task.kind, state=state)

    async def _watch(self, working: "asyncio.Task[None]") -> None:
        """Renews the claim and tells how far it is."""
        renewed_at = 0.0
        while not working.done():
            if time.monotonic() - renewed_at > RENEW_EVERY_S:
                await self._claim.renew()
                renewed_at = time.monotonic()
            else:
                self._told = self._measured()
                await self._tell()
            await asyncio.sleep(TELL_EVERY_S)

    async def _tell(self) -> None:
        """One after the other, so that an older state never overwrites a newer one."""
        async with self._telling:
            await self._claim.tell(self._state, self._told)

    def _measured(self) -> Told:
        done = self._count()
        if not done:
            return self._told
        rate = done / max(0.001, time.monotonic() - self._began_counting)
        left = max(0, self._told.total - done)
        return replace(self._told, done=done, rate=round(rate, 1), remaining_s=round(left / rate, 1))

    def _begin_counting(self, count: Callable[[], int], total: int) -> None:
        self._began_counting = time.monotonic()
        self._told = replace(self._told, done=0, total=total, rate=0.0, remaining_s=None)
        self._count = count

    async def _check_cancelled(self) -> None:
        if self._state in BEFORE_SWITCH and await self._claim.is_cancelled():
            raise Cancelled

    async def _make_tables(self) -> None:
        await self._check_cancelled()
        for statements in self._definitions.values():
            for statement in statements:
                await self._cassandra.define(in_generation(statement, self._generation))
        await self._go_on(State.REPLAYING, started_at=datetime.now(UTC))

    async def _replay(self) -> None:
        await self._check_memory_of_log()
        await self._run_replay(await self._live_offsets())
        await self._go_on(State.JOINING)

    async def _join(self) -> None:
        control = await self._control()
        if control.beside != self._generation:
            await self._change(control, serving=control.serving, beside=self._generation)
        await self._heeded()
        ends = await self._ends()
        if (await self._control()).paused is not None:
            ends = await self._live_offsets()
        await self._run_replay(ends)
        await self._live_reaches(ends)
        await self._go_on(State.COMPARING)

    async def _compare(self) -> None:
        control = await self._control()
        comparing = Comparing(self._cassandra, control.serving, self._generation)
        self._begin_counting(lambda: comparing.compared, 0)
        verdict = await self._until_cancelled(comparing.verdict(self._model.own_tables))
        task = self._claim.task
        state = after_comparison(task.kind, verdict, only_if_equal=self._told.only_if_equal)
        await self._go_on(
            state,
            compared=verdict.compared,
            differing=verdict.differing,
            differences=verdict.differences,
            resets=self._resets(verdict),
            outcome=State.DONE,
        )

    async def _switch(self) -> None:
        """The only state that cannot be cancelled: readers are on their way."""
        await self._claim.renew()
        control = await self._control()
        if control.serving != self._generation:
            await self._change(control, serving=self._generation, beside=control.serving)
        self._wait_for("readers to have looked")
        await asyncio.sleep(self._grace_s)
        await self._announce_resets()
        await self._go_on(State.CLEARING, outcome=State.DONE)

    def _resets(self, verdict: Verdict) -> tuple[str, ...]:
        """The live channels that show what differed."""
        channel_of, first = self._model.channel_of, self._model.own_tables[0]
        if channel_of is None:
            return ()
        return tuple(channel_of(key) for table, key in verdict.keys if table == first)[:MOST_RESETS]

    async def _announce_resets(self) -> None:
        """Whoever follows what was mended reads it anew, from the tables that serve by now."""
        for channel in self._told.resets:
            told = ChannelUpdated(
                event_id=derived_event_id("ChannelUpdated", f"{self._claim.task.task_id}:{channel}"),
                occurred_at=datetime.now(UTC),
                caused_by=None,
                channel=channel,
                type=RESET,
                version=0,
                data=b"{}",
            )
            await asyncio.wrap_future(self._log.append(LIVE, told))

    async def _clear(self) -> None:
        control = await self._control()
        if control.beside is not None:
            await self._change(control, serving=control.serving, beside=None)
        await self._heeded()
        keep = (await self._control()).serving
        for table in await self._other_tables(keep):
            await self._cassandra.define(f"DROP TABLE IF EXISTS {table}")
        await self._cassandra.execute(FORGET, (checkpoints_of(self._model, self._generation),))
        await self._go_on(self._told.outcome or State.DONE, ended_at=datetime.now(UTC))

    async def _other_tables(self, keep: int) -> list[str]:
        """The tables of the model, of whichever generation, but for those that serve."""
        rows = await self._cassandra.execute(TABLES, (self._cassandra.keyspace,))
        ours = re.compile(f"({'|'.join(self._model.own_tables)})(_g\\d+)?")
        serving = {table_of(table, keep) for table in self._model.own_tables}
        return sorted(
            name for row in rows if ours.fullmatch(name := row["table_name"]) is not None and name not in serving
        )

    async def _run_replay(self, ends: Mapping[Partition, int]) -> None:
        replay = Replay(
            self._model,
            self._generation,
            event_log=self._log,
            store=self._cassandra,
            manifests=self._manifests,
            skips=(await self._control()).skips,
        )
        self._begin_counting(lambda: replay.done, await replay.left(ends))
        await self._until_cancelled(replay.run(ends))
        measured = self._measured()
        self._told = replace(
            measured,
            events=self._told.events + replay.done,
            events_per_s=measured.rate if replay.done > self._told.events else self._told.events_per_s,
            given_up=self._told.given_up + replay.given_up,
        )

    async def _until_cancelled(self, work: Awaitable[T]) -> T:
        """The work's result; it is ended where somebody asks for that."""
        working = asyncio.ensure_future(work)
        try:
            while not working.done():
                await asyncio.wait((working,), timeout=1.0)
                await self._check_cancelled()
            return await working
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def _heeded(self) -> None:
        """Returns once every projector that is there writes by the control row as it is now."""
        revision = (await self._control()).revision
        while True:
            await self._check_cancelled()
            heeds = await read_heeds(self._cassandra)
            late = [who for who, known in heeds.items() if not has_heeded(known, self._model.projection, revision)]
            if not late:
                break
            self._wait_for(f"projectors {', '.join(late)} to heed orders")
            await asyncio.sleep(LOOK_EVERY_S)
        self._wait_for(None)

    async def _live_reaches(self, ends: Mapping[Partition, int]) -> None:
        """Returns once the live model has all before these ends, so that both have the same."""
        while True:
            await self._check_cancelled()
            live = await self._live_offsets()
            behind = sum(max(0, end - live[partition]) for partition, end in ends.items())
            if not behind:
                break
            self._wait_for(f"the live model, which is {behind} events behind")
            await asyncio.sleep(LOOK_EVERY_S)
        self._wait_for(None)

    def _wait_for(self, what: str | None) -> None:
        self._told = replace(self._told, waits_for=what)

    async def _control(self) -> Control:
        return (await read_controls(self._cassandra)).get(self._model.projection, AS_BORN)

    async def _change(self, known: Control, *, serving: int, beside: int | None) -> None:
        if not await change_generations(self._cassandra, self._model.projection, known, serving=serving, beside=beside):
            raise ClaimLost("somebody else changed the generations")

    async def _ends(self) -> dict[Partition, int]:
        ends: dict[Partition, int] = {}
        for topic in self._model.topics:
            of_topic = await asyncio.to_thread(self._log.end_offsets, topic)
            ends.update({Partition(topic.name, number): end for number, end in of_topic.items()})
        return ends

    async def _live_offsets(self) -> dict[Partition, int]:
        known = await Checkpoints(self._model, self._cassandra).read()
        return {
            partition: known[partition].next_offset if partition in known else 0 for partition in await self._ends()
        }

    async def _check_memory_of_log(self) -> None:
        """Old rows of a topic that forgets cannot be made anew; somebody has to say that they may go."""
        for topic in self._model.topics:
            if topic.retention is None or self._told.accept_loss:
                continue
            for number, first in (await asyncio.to_thread(self._log.begin_offsets, topic)).items():
                if first > 0:
                    raise LogForgot(Partition(topic.name, number), first)
