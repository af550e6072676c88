"""Appending: acknowledged in time, or told what is known; a dead log is refused fast and found again."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic

import pytest

from ingest_api.log_writer import LogWriter
from schemas.eventlog.errors import AppendRefused, AppendUncertain
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.events import ContestThawed, Event
from schemas.ids import ContestId, EventId
from schemas.topics import CONTESTS, Topic
from schemas.values import Position

EVENT = ContestThawed(
    event_id=EventId("e"), occurred_at=datetime(2026, 11, 21, tzinfo=UTC), caused_by=None, contest_id=ContestId("c")
)


class SilentLog(MemoryEventLog):
    """A log whose acknowledgements come when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Future[Position]] = []

    def append(self, topic: Topic, event: Event, *, partition: int | None = None) -> Future[Position]:  # noqa: ARG002
        """Takes the event and is silent."""
        self.waiting.append(Future())
        return self.waiting[-1]


@pytest.fixture
async def silent() -> AsyncIterator[tuple[SilentLog, LogWriter]]:
    log = SilentLog()
    writer = LogWriter(log, within_s=0.05)
    writer.start()
    yield log, writer
    await writer.stop()


async def test_answers_where_the_event_stands() -> None:
    log = MemoryEventLog()
    writer = LogWriter(log)
    writer.start()
    assert await writer.append(CONTESTS, EVENT) == log.records(CONTESTS)[0].position


async def test_silence_is_an_unknown_outcome_in_time_and_a_late_acknowledgement_harms_nobody(
    silent: tuple[SilentLog, LogWriter],
) -> None:
    log, writer = silent
    with pytest.raises(AppendUncertain):
        await writer.append(CONTESTS, EVENT)
    log.waiting[0].set_result(Position(topic="contests", partition=0, offset=0))
    await asyncio.sleep(0)


async def test_many_acknowledgements_at_once_reach_their_own_writers(silent: tuple[SilentLog, LogWriter]) -> None:
    log, writer = silent
    appends = [asyncio.ensure_future(writer.append(CONTESTS, EVENT, within_s=5)) for _ in range(100)]
    await asyncio.sleep(0)
    positions = [Position(topic="contests", partition=0, offset=offset) for offset in range(100)]

    def acknowledge() -> None:
        for future, position in zip(log.waiting, positions, strict=True):
            future.set_result(position)

    await asyncio.to_thread(acknowledge)
    assert await asyncio.gather(*appends) == positions


async def test_while_the_log_is_down_appends_are_refused_fast_and_it_is_found_when_it_returns() -> None:
    log = MemoryEventLog()
    writer = LogWriter(log)
    writer.start()
    log.outage = Outage.DOWN
    with pytest.raises(AppendRefused):
        await writer.append(CONTESTS, EVENT)
    assert writer.trouble() == "the log does not answer"
    started = monotonic()
    for _ in range(100):
        with pytest.raises(AppendRefused):
            await writer.append(CONTESTS, EVENT)
    assert monotonic() - started < 0.5

    log.outage = None
    async with asyncio.timeout(5):
        while not log.records(CONTESTS):
            with suppress(AppendRefused):
                await writer.append(CONTESTS, EVENT)
            await asyncio.sleep(0.01)
    assert writer.trouble() is None
