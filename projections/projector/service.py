"""All models of one process: runs them side by side, and measures how far behind the log they are."""

import asyncio
from collections.abc import Sequence
from typing import Final

from projections.models.model import Model
from projections.projector.metrics import END_OFFSET, LAG
from projections.projector.runner import Runner
from projections.projector.store import Store
from schemas.blobs.port import BlobStore
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.heartbeats import Heartbeats, unwatched
from schemas.topics import Topic

MEASURE_EVERY_S: Final = 5.0


class Projector:
    """A runner for every model; they share the session and the log, and nothing else. Each has a heart of its own."""

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
        self._log = event_log
        self._stopping = stopping
        self._topics = tuple({topic.name: topic for model in models for topic in model.topics}.values())
        self._runners = {
            model: Runner(
                model,
                event_log=event_log,
                store=store,
                blobs=blobs,
                stopping=stopping,
                beat=heartbeats.heart(model.name) if heartbeats else unwatched,
            )
            for model in models
        }

    async def run(self) -> None:
        """Returns once all have stopped; where one fails, all end and its error is raised."""
        async with asyncio.TaskGroup() as tasks:
            measuring = tasks.create_task(self._measure())
            async with asyncio.TaskGroup() as running:
                for model, runner in self._runners.items():
                    running.create_task(self._run(runner), name=model.projection)
            measuring.cancel()

    async def _run(self, runner: Runner) -> None:
        """Where one ends, by a failure too, all are to stop; one that waits for Cassandra would not hear of it else."""
        try:
            await runner.run()
        finally:
            self._stopping.set()

    def waiting_for(self) -> str | None:
        """None while all models work."""
        waits = {
            model.name: why for model, runner in self._runners.items() if (why := runner.waiting_for()) is not None
        }
        return "; ".join(f"{name} waits for {why}" for name, why in waits.items()) or None

    async def _measure(self) -> None:
        while True:
            for topic in self._topics:
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
