"""Trying again what passes by itself: the log and the registry away. Never gives up, since the source is kept."""

import asyncio
from collections.abc import Iterator
from typing import Final

from schemas.codec import Codec, UndecodableBytes
from schemas.eventlog.errors import AppendRefused, AppendRejected, AppendUncertain, LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.events import Event
from schemas.log import EventLogger
from schemas.topics import Topic
from schemas.values import DeadLetterReason, Position
from stream_processors import metrics
from stream_processors.source import Poison, SourceRecord, expected

PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Between tries; the last one from then on. Whoever waits longer than the watchdog's patience is started anew."""

log: Final = EventLogger(__name__)


async def decode_patiently(codec: Codec, record: SourceRecord) -> Event | Poison:
    """The record's event; waits as long as the registry does not know its schema, which is our fault and passes."""
    try:
        return _decoded(codec, record)
    except LogUnavailable as error:
        log.warning("registry_awaited", position=record.position, why=error)
    for pause_s in _pauses_s():
        metrics.RETRIES.labels("decode").inc()
        await asyncio.sleep(pause_s)
        try:
            # In a thread now, since the codec asks the registry and an agent must not block the group's heartbeat.
            return await asyncio.to_thread(_decoded, codec, record)
        except LogUnavailable:
            continue
    raise AssertionError("the pauses never end")


async def append_patiently(event_log: EventLog, topic: Topic, event: Event, partition: int | None = None) -> Position:
    """Appends until the broker has acknowledged. An uncertain append is repeated: its id is the same.

    `AppendRejected` where no trying again will help.
    """
    for pause_s in _pauses_s():
        try:
            return await asyncio.wrap_future(event_log.append(topic, event, partition=partition))
        except AppendRejected:
            raise
        except (AppendRefused, AppendUncertain, LogUnavailable) as error:
            metrics.RETRIES.labels("append").inc()
            log.warning("append_repeated", topic=topic.name, event_id=event.event_id, why=error)
            await asyncio.sleep(pause_s)
    raise AssertionError("the pauses never end")


def _decoded(codec: Codec, record: SourceRecord) -> Event | Poison:
    try:
        return expected(codec.decode(record.value), record.position.topic)
    except UndecodableBytes as error:
        return Poison(reason=DeadLetterReason.UNDECODABLE, detail=error.why)


def _pauses_s() -> Iterator[float]:
    yield from PAUSES_S
    while True:
        yield PAUSES_S[-1]
