"""All models of one process: runs them side by side, and measures how far behind the log they are."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from projections.models.model import Model
from projections.projector.metrics import END_OFFSET, LAG
from projections.projector.patience import Patience, Stopping
from projections.projector.progress import Rates, progress_told
from projections.projector.runner import Runner
from projections.projector.shared_reader import SharedReader
from projections.projector.store import Store
from projections.upkeep.controls import Controls, read_controls, say_gone, say_present
from schemas.blobs.port import BlobStore
from schemas.cassandra import CassandraUnavailable
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.heartbeats import Heartbeats, unwatched
from schemas.topics import Topic

MEASURE_EVERY_S: Final = 5.0
ORDERS_EVERY_S: Final = 0.5
TELL_EVERY_S: Final = 1.0
PRESENT_EVERY_S: Final = 2.0


class Projector:
    """A runner for every model, each with a heart of its own; they share the session and the reading of the log."""

    def __init__(
        self,
        models: Sequence[Model],
        *,
        event_log: EventLog,
        store: Store,
        blobs: BlobStore,
        stopping: asyncio.Event,
        heartbeats: Heartbeats | None = None,
    ) -> None:
        self._name = secrets.token_hex(6)
        self._log = event_log
        self._store = store
        self._controls = Controls(partial(read_controls, store))
        self._patience = Patience(stopping)
        self._stopping = stopping
        self._reader = SharedReader(
            models, event_log, stopping=stopping, beat=heartbeats.heart("log") if heartbeats else unwatched
        )
        self._runners = {
            model: Runner(
                model,
                event_log=event_log,
                reader=self._reader,
                store=store,
                blobs=blobs,
                stopping=stopping,
                beat=heartbeats.heart(model.name) if heartbeats else unwatched,
                controls=self._controls,
            )
            for model in models
        }

    async def run(self) -> None:
        """Returns once all have stopped; where one fails, all end and its error is raised."""
        try:
            # Present first, orders second: whoever changes orders in between sees us, and waits until we heed them.
            await self._patience.until_done("presence", lambda: say_present(self._store, self._name, None))
            await self._patience.until_done("orders", self._controls.refresh)
        except Stopping:
            return
        async with asyncio.TaskGroup() as tasks:
            aside = [tasks.create_task(work()) for work in (self._measure, self._follow_orders, self._tell_progress)]
            async with asyncio.TaskGroup() as running:
                running.create_task(self._run(self._reader), name="log")
                for model, runner in self._runners.items():
                    running.create_task(self._run(runner), name=model.projection)
            for task in aside:
                task.cancel()
        with suppress(CassandraUnavailable):
            await say_gone(self._store, self._name)

    async def _run(self, runner: Runner | SharedReader) -> None:
        """Where one ends, by a failure too, all are to stop; one that waits for Cassandra would not hear of it else."""
        try:
            await runner.run()
        finally:
            self._stopping.set()

    def waiting_for(self) -> str | None:
        """None while all models work."""
        whys = {model.name: runner.waiting_for() for model, runner in self._runners.items()}
        whys["the projector"] = self._reader.waiting_for()
        return "; ".join(f"{name} waits for {why}" for name, why in whys.items() if why is not None) or None

    async def _follow_orders(self) -> None:
        """Reads what was ordered, and says what we heed: at once when that is new, else often enough to be there."""
        said: dict[str, int] | None = None
        said_at = 0.0
        while True:
            with suppress(CassandraUnavailable):
                await self._controls.refresh()
                heeded = self._controls.revisions()
                if heeded != said or time.monotonic() - said_at > PRESENT_EVERY_S:
                    await say_present(self._store, self._name, heeded)
                    said, said_at = heeded, time.monotonic()
            await asyncio.sleep(ORDERS_EVERY_S)

    async def _tell_progress(self) -> None:
        rates = {model: Rates() for model in self._runners}
        while True:
            now_s = time.monotonic()
            told = [
                progress_told(
                    model.projection,
                    self._name,
                    runner.progress(),
                    rates[model].look(now_s, runner.next_offsets()),
                )
                for model, runner in self._runners.items()
            ]
            with suppress(CassandraUnavailable):
                await self._store.write([told])
            await asyncio.sleep(TELL_EVERY_S)

    async def _measure(self) -> None:
        while True:
            for topic in self._reader.topics:
                await self._measure_topic(topic)
            await asyncio.sleep(MEASURE_EVERY_S)

    async def _measure_topic(self, topic: Topic) -> None:
        try:
            ends = await asyncio.to_thread(self._log.end_offsets, topic)
        except LogUnavailable:
            return  # the next round tells; what waits for the broker says so itself
        for number, end in ends.items():
            END_OFFSET.labels(topic.name, str(number)).set(end)
        for model, runner in self._runners.items():
            for partition, offset in runner.next_offsets().items():
                if partition.topic == topic.name:
                    lag = max(0, ends.get(partition.number, 0) - offset)
                    LAG.labels(model.name, partition.topic, str(partition.number)).set(lag)
