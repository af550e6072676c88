"""Tells others what a projector did: announcements on `live`, and dead letters."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Lock
from typing import Final

from projections.models.model import Announcement, Model
from projections.projector.partition import GivenUp
from schemas.dead_letters import dead_letter, without_content
from schemas.eventlog.errors import AppendRejected
from schemas.eventlog.port import EventLog, Undecodable
from schemas.events import ChannelUpdated, DeadLettered, Event
from schemas.ids import derived_event_id
from schemas.log import EventLogger
from schemas.topics import DEAD_LETTERS, LIVE, Topic
from schemas.values import Position

log = EventLogger(__name__)

MAX_DATA_BYTES: Final = 500_000
"""The broker takes a megabyte; what is larger is told as `reset`, upon which a reader reads the row anew."""

AT_ONCE: Final = 200
"""Acknowledged piece by piece, so that one event that is told on very many channels does not keep others waiting."""

RESET: Final = "reset"


class Announcer:
    """Appends, and waits until all of it is acknowledged. Doing it again is harmless: ids and versions are derived."""

    def __init__(self, model: Model, event_log: EventLog) -> None:
        self._model = model
        self._log = event_log

    async def announce(self, announcements: Sequence[Announcement]) -> None:
        """Tells the live channels, in that order; what a later one of these tells as well is left out."""
        worth_it = not_outdated(announcements)
        for begin in range(0, len(worth_it), AT_ONCE):
            piece = worth_it[begin : begin + AT_ONCE]
            await self._append(LIVE, [channel_updated(self._model, announcement) for announcement in piece])

    async def give_up(self, given_up: Sequence[GivenUp]) -> None:
        """Puts records aside with their bytes and the reason; without the bytes where the log never takes them."""
        now = datetime.now(UTC)
        letters = [dead_lettered(self._model, one, now) for one in given_up]
        try:
            await self._append(DEAD_LETTERS, letters)
        except AppendRejected as error:
            log.error("dead_letter_rejected", model=self._model.name, why=error)
            await self._append(DEAD_LETTERS, [without_content(letter) for letter in letters])

    async def _append(self, topic: Topic, events: Sequence[Event]) -> None:
        futures = [self._log.append(topic, event) for event in events]
        await acknowledged(futures)
        for future in futures:
            future.result()


async def acknowledged(futures: Sequence[Future[Position]]) -> None:
    """Returns once all have ended, well or not. One wake-up of the loop, where `wrap_future` makes one for each."""
    loop, left, all_ended = asyncio.get_running_loop(), Countdown(len(futures)), asyncio.Event()
    for future in futures:
        future.add_done_callback(lambda _: left.down() and loop.call_soon_threadsafe(all_ended.set))
    await all_ended.wait()


class Countdown:
    """Counts to zero in whatever threads the answers come in."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = Lock()

    def down(self) -> bool:
        """One less; whether that was the last."""
        with self._lock:
            self._left -= 1
            return self._left == 0


def not_outdated(announcements: Sequence[Announcement]) -> list[Announcement]:
    """Those that no reader would drop for another of these. Under load a verdict comes together with its progress."""
    told: dict[str, int] = {}
    for one in announcements:
        if one.tells_all:
            told[one.channel] = max(one.version, told.get(one.channel, 0))
    return [one for one in announcements if one.version >= told.get(one.channel, 0)]


def channel_updated(model: Model, announcement: Announcement) -> ChannelUpdated:
    """The event of an announcement, with an id that a repeat has too."""
    position, event = announcement.cause.position, announcement.cause.event
    is_told = len(announcement.data) <= MAX_DATA_BYTES
    return ChannelUpdated(
        event_id=derived_event_id("ChannelUpdated", f"{model.projection}:{announcement.channel}:{position}"),
        occurred_at=event.occurred_at,
        caused_by=position,
        channel=announcement.channel,
        type=announcement.type if is_told else RESET,
        version=announcement.version,
        data=announcement.data if is_told else b"{}",
    )


def dead_lettered(model: Model, given_up: GivenUp, now: datetime) -> DeadLettered:
    """The dead letter of a record that this model gave up, with an id that a repeat has too."""
    record, event = given_up.record, given_up.record.event
    return dead_letter(
        record.position,
        key=event.key if isinstance(event, Undecodable) else None,
        value=event.value if isinstance(event, Undecodable) else record.value,
        reason=given_up.reason,
        detail=given_up.detail,
        given_up_by=model.group,
        now=now,
        model=model.projection,
    )
