"""The shell around the hub: connections, readings of models and the pace of ticks. It decides nothing itself."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from projections.live import metrics
from projections.live.access import may_follow, needs_author
from projections.live.channels import BoardChannel, Channel, RejudgingChannel, SubmissionChannel, UserChannel
from projections.live.closing import STORE_AWAY, Closing
from projections.live.frames import Frame, Place
from projections.live.history import Announced
from projections.live.hub import ConnectionId, Hub, Read, Turn
from projections.live.models import LiveModels
from projections.live.patience import until_there
from projections.live.wakes import Wakes
from schemas.cassandra import CassandraUnavailable
from schemas.eventlog.port import Record
from schemas.events import ChannelUpdated
from schemas.http import refusals
from schemas.http.problem_details import problem_response
from schemas.http.refusals import Refusal
from schemas.log import EventLogger
from schemas.rules.visibility import Author, Viewer

log = EventLogger(__name__)

T = TypeVar("T")

TICK_S: Final = 0.2
"""Boards move at 5 Hz: faster than eyes follow, and a burst of verdicts is one frame."""

CONGESTED_BYTES: Final = 64 * 1024
"""Who has this much unsent does not keep up, and gets boards joined further until it does."""


MOST_CLIENTS: Final = 20_000
"""At 30 kB each 600 MB, and more than one core can tell 5 times a second."""


class Outlet(Protocol):
    """The way out to one client. Nothing here waits."""

    def send(self, frames: Sequence[Frame]) -> int:
        """Sends these in one write, or ends the connection where too much is unsent; answers how many bytes it took."""

    def unsent_bytes(self) -> int:
        """How much the client has still to take."""

    def close(self, closing: Closing) -> None:
        """Ends the connection; again is harmless."""


@dataclass(slots=True)
class Connection:
    """A client and what is being done for it, by channel."""

    outlet: Outlet
    channels: dict[str, Channel] = field(default_factory=dict)
    arriving: dict[str, asyncio.Task[None]] = field(default_factory=dict)


class Switchboard:
    """Connects clients to the hub, for one event loop. `clock` says what is too old."""

    def __init__(self, hub: Hub, models: LiveModels, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._models = models
        self._clock = clock
        self._wakes = Wakes()
        self._numbers = itertools.count(1)
        self._connections: dict[ConnectionId, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed: Closing | None = None

    @property
    def is_full(self) -> bool:
        """Whether there are more than one node should have."""
        return len(self._connections) > MOST_CLIENTS

    @property
    def consumed(self) -> dict[int, int]:
        """Per partition of `live` the next offset to be taken."""
        return self._hub.consumed

    def attach(self, outlet: Outlet) -> ConnectionId:
        """A client has come."""
        number = ConnectionId(next(self._numbers))
        self._connections[number] = Connection(outlet)
        if self._closed is not None:
            outlet.close(self._closed)
        return number

    def detach(self, number: ConnectionId) -> None:
        """The client has gone."""
        connection = self._connections.pop(number)
        for task in connection.arriving.values():
            task.cancel()
        for channel in connection.channels.values():
            self._hub.unsubscribe(number, channel)
        metrics.SUBSCRIPTIONS.set(self._hub.subscriptions)

    def subscribe(self, number: ConnectionId, viewer: Viewer, channel: Channel, after: Place | None) -> None:
        """Lets a client follow a channel once it is known that it may; else it is told an error."""
        self.unsubscribe(number, channel.name)
        arriving = self._spawn(self._arrive(number, viewer, channel, after))
        self._connections[number].arriving[channel.name] = arriving

    def unsubscribe(self, number: ConnectionId, name: str) -> None:
        """Ends that; harmless where there is nothing."""
        connection = self._connections[number]
        task, channel = connection.arriving.pop(name, None), connection.channels.pop(name, None)
        if task is not None:
            task.cancel()
        if channel is not None:
            self._hub.unsubscribe(number, channel)
            metrics.SUBSCRIPTIONS.set(self._hub.subscriptions)

    def follow(self, number: ConnectionId, channel: Channel, after: Place | None) -> None:
        """Lets a client follow a channel that it was admitted to."""
        self._connections[number].channels[channel.name] = channel
        turn = self._hub.subscribe(number, channel, after)
        metrics.RECOVERIES.inc(len(turn.deliveries))
        metrics.SUBSCRIPTIONS.set(self._hub.subscriptions)
        self._perform(turn)

    async def admit(self, viewer: Viewer, channel: Channel) -> None:
        """Returns where the viewer may follow the channel, else raises a `Refusal`."""
        author = None
        if isinstance(channel, SubmissionChannel) and needs_author(viewer, channel):
            submission_id = channel.submission_id
            author = await self._patiently(channel, lambda: self._models.author(submission_id))
            if author is None:
                raise _missing(channel)
            viewer = await self._with_team(viewer, author)
        if not may_follow(viewer, channel, author):
            raise Refusal(refusals.FORBIDDEN, f"{channel.name} is not for you")

    def refuse(self, number: ConnectionId, name: str, refusal: Refusal) -> None:
        """Tells a client why it does not get a channel."""
        data = bytes(problem_response(refusal).body)
        self._perform(Turn({number: [Frame(channel=name, place=None, type="error", data=data)]}))

    def take(self, records: Sequence[Record]) -> None:
        """Takes what was read next of `live`."""
        by_partition: dict[int, list[Announced]] = {}
        for record in records:
            if isinstance(record.event, ChannelUpdated):
                by_partition.setdefault(record.position.partition, []).append(_announced(record, record.event))
            else:
                log.warning("no_announcement", position=record.position)
        for partition, announced in by_partition.items():
            self._perform(self._hub.take(partition, announced))
        for record in records:
            self._hub.skip(record.position.partition, record.position.offset)
            if isinstance(record.event, ChannelUpdated):
                self._wakes.wake(record.event.channel)

    async def run(self) -> None:
        """Keeps the pace of the boards, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            congested = {
                number for number, it in self._connections.items() if it.outlet.unsent_bytes() > CONGESTED_BYTES
            }
            metrics.CONGESTED.set(len(congested))
            self._perform(self._hub.tick(self._clock(), congested))
            await asyncio.sleep(max(0.0, TICK_S - (loop.time() - began)))

    def close_all(self, closing: Closing) -> None:
        """Ends all connections, and those that still come."""
        self._closed = closing
        self._wakes.end()
        for connection in list(self._connections.values()):
            connection.outlet.close(closing)
        for task in self._tasks:
            task.cancel()

    def _perform(self, turn: Turn) -> None:
        messages = sent_bytes = 0
        for number, frames in turn.deliveries.items():
            connection = self._connections.get(number)
            if connection is not None:
                sent_bytes += connection.outlet.send(frames)
                messages += len(frames)
        if messages:
            # Once per turn: a counter costs as much as a small write does.
            metrics.MESSAGES.inc(messages)
            metrics.BYTES.inc(sent_bytes)
        for read in turn.reads:
            self._spawn(self._read(read))

    async def _arrive(self, number: ConnectionId, viewer: Viewer, channel: Channel, after: Place | None) -> None:
        try:
            await self.admit(viewer, channel)
        except Refusal as refusal:
            self.refuse(number, channel.name, refusal)
        except CassandraUnavailable:
            self._connections[number].outlet.close(STORE_AWAY)
        else:
            self.follow(number, channel, after)
        finally:
            self._forget_arrival(number, channel)

    def _forget_arrival(self, number: ConnectionId, channel: Channel) -> None:
        connection = self._connections.get(number)
        if connection is not None and connection.arriving.get(channel.name) is asyncio.current_task():
            del connection.arriving[channel.name]

    async def _read(self, read: Read) -> None:
        """Brings the hub what it asked for, or tells those who wait why there is nothing."""
        try:
            snapshot = await self._patiently(read.channel, lambda: self._models.snapshot(read.channel))
        except CassandraUnavailable:
            for number in self._hub.model_missing(read):
                self._connections[number].outlet.close(STORE_AWAY)
            return
        if snapshot is None:
            for number in self._hub.model_missing(read):
                self._connections[number].channels.pop(read.channel.name, None)
                self.refuse(number, read.channel.name, _missing(read.channel))
            return
        turn = self._hub.model_read(read, snapshot)
        metrics.SNAPSHOTS.inc(len(turn.deliveries))
        self._perform(turn)

    async def _patiently(self, channel: Channel, look: Callable[[], Awaitable[T | None]]) -> T | None:
        return await until_there(channel, look, wakes=self._wakes, now=self._clock())

    async def _with_team(self, viewer: Viewer, author: Author) -> Viewer:
        """The viewer with the team that they have in the submission's contest."""
        if viewer.user_id is None or viewer.user_id == author.user_id or author.contest_id is None:
            return viewer
        membership = await self._models.membership(author.contest_id, viewer.user_id)
        return viewer if membership is None else replace(viewer, memberships=frozenset((membership,)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("live_task_failed", error=error)


def _announced(record: Record, event: ChannelUpdated) -> Announced:
    return Announced(
        offset=record.position.offset,
        appended_at=record.appended_at,
        channel=event.channel,
        type=event.type,
        version=event.version,
        data=event.data,
    )


def _missing(channel: Channel) -> Refusal:
    match channel:
        case SubmissionChannel():
            return Refusal(refusals.UNKNOWN_SUBMISSION, f"there is no submission {channel.submission_id}")
        case BoardChannel():
            return Refusal(refusals.UNKNOWN_CONTEST, f"there is no contest {channel.contest_id!r}")
        case RejudgingChannel():
            return Refusal(refusals.UNKNOWN_REJUDGING, f"there is no rejudging {channel.rejudging_id}")
        case UserChannel():
            return Refusal(refusals.UNKNOWN_CHANNEL, f"there is no channel {channel.name!r}")
