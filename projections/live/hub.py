"""The hub: who follows which channel, how far each has come, and what each is sent next.

Theory of operation. All of `live` goes through `take`, in order per partition, on every node alike, so that an
offset means the same everywhere. A subscription is a cursor: everything of its channel below it has been sent, or
is part of the snapshot that was. History is the only buffer. What a cursor has not passed is looked up there, once
for all subscriptions that stand at the same place, and encoded once.

A subscription begins with what it missed, if history has all of that, else with a snapshot. The hub notes how far
its partition was consumed (`since`) and asks for the model to be read. Whatever was announced below `since` had been
written before it was announced, so a read that begins later has it: the snapshot stands at `since` - 1, and the
cursor at `since`. What is both in the snapshot and behind the cursor has no higher version than the snapshot, and
is left out.

Submissions and users are told at once. Boards are told by `tick`, the latest row per team; a subscriber that does
not keep up (`congested`) is passed over, and gets one joined change later instead of a longer queue. After anything
but changed rows (`reset`: the contest changed, was thawed or rejudged, or too much moved) the board is read anew. So is
a submission of which another judging became current, and a rejudging whatever happens to it, but not more often than
its judgings can be counted at small cost.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple, NewType

import orjson

from projections.live.channels import (
    BoardChannel,
    Channel,
    RejudgingChannel,
    SubmissionChannel,
    UserChannel,
    model_version,
)
from projections.live.frames import Frame, Place
from projections.live.history import LONGEST, Announced, History
from projections.live.rows import ROWS, epoch_of, joined_rows
from schemas.eventlog.murmur2 import partition_of

ConnectionId = NewType("ConnectionId", int)

NOTHING_SEEN: Final = -1

READ_ANEW: Final = frozenset({"rejudged", "reset"})
"""After these a submission is read anew: the message does not tell all of it."""

REJUDGING_PAUSE: Final = timedelta(seconds=1)
"""Between two readings of a rejudging for its channel; each counts all its results."""


class Read(NamedTuple):
    """The channel's model is to be read, from now on, and goes back to the hub with this."""

    channel: Channel
    since: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A channel's model as it was read: its epoch, the version of what is in it, and the data as JSON."""

    epoch: str
    version: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one call: frames for connections, in order, and models to be read."""

    deliveries: dict[ConnectionId, list[Frame]] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)

    def deliver(self, connection: ConnectionId, frames: Iterable[Frame]) -> None:
        """Adds frames for a connection."""
        self.deliveries.setdefault(connection, []).extend(frames)


@dataclass(slots=True)
class Subscription:
    """One connection's place in a channel: everything below `cursor` is sent; None while it waits for a snapshot."""

    cursor: int | None = None
    version: int = NOTHING_SEEN


@dataclass(slots=True)
class Audience:
    """Who follows a channel, and the one reading of its model that is under way, and for whom.

    `gone` is the highest offset of the channel that history has let go of meanwhile; before `read_from` a tick does not
    have the model read again.
    """

    channel: Channel
    history: History
    subscriptions: dict[ConnectionId, Subscription] = field(default_factory=dict)
    reading: Read | None = None
    reading_for: dict[ConnectionId, Subscription] = field(default_factory=dict)
    gone: int = -1
    read_from: datetime | None = None

    @property
    def waits_for_tick(self) -> bool:
        """Whether it is told at the pace of ticks."""
        return isinstance(self.channel, BoardChannel | RejudgingChannel)

    @property
    def waiting(self) -> dict[ConnectionId, Subscription]:
        """Those who need a snapshot."""
        return {who: subscription for who, subscription in self.subscriptions.items() if subscription.cursor is None}

    def take_readers(self) -> dict[ConnectionId, Subscription]:
        """Ends the reading, and answers for whom of those who are still here it was."""
        still_here = {who: it for who, it in self.reading_for.items() if self.subscriptions.get(who) is it}
        self.reading, self.reading_for = None, {}
        return still_here


class News(NamedTuple):
    """What follows a cursor, and the version that is seen with it."""

    frames: Sequence[Frame]
    version: int


class Hub:
    """See above. Every method answers at once; what is to be done stands in the `Turn`."""

    def __init__(self, topic_id: str, starts: Mapping[int, int], *, longest: int = LONGEST) -> None:
        """`topic_id` names this incarnation of `live`, `starts` the first offset to be taken per partition, and
        `longest` how many announcements of each are remembered.
        """
        self._topic_id = topic_id
        self._histories = {partition: History(start, longest=longest) for partition, start in starts.items()}
        self._audiences: dict[str, Audience] = {}
        self._due: dict[str, Audience] = {}
        self._readings = 0

    @property
    def consumed(self) -> dict[int, int]:
        """Per partition the next offset to be taken."""
        return {partition: history.consumed for partition, history in self._histories.items()}

    @property
    def subscriptions(self) -> int:
        """How many there are."""
        return sum(len(audience.subscriptions) for audience in self._audiences.values())

    def subscribe(self, connection: ConnectionId, channel: Channel, after: Place | None = None) -> Turn:
        """Follows a channel from `after` on, or from a snapshot; again begins anew. Ask first whether it is allowed."""
        turn = Turn()
        audience = self._audiences.get(channel.name) or self._new_audience(channel)
        subscription = audience.subscriptions[connection] = Subscription()
        missed = None if after is None else self._missed(audience, after)
        if after is None or missed is None:
            self._read(audience, turn)
            return turn
        subscription.cursor, subscription.version = after.offset + 1, self._seen_before(audience, after)
        data = orjson.dumps({"missed": len(missed)})
        turn.deliver(connection, [Frame(channel=channel.name, place=after, type="recovered", data=data)])
        self._bring_up(audience, turn, {connection: subscription})
        return turn

    def unsubscribe(self, connection: ConnectionId, channel: Channel) -> None:
        """Follows it no more; harmless where it did not."""
        audience = self._audiences.get(channel.name)
        if audience is not None:
            audience.subscriptions.pop(connection, None)
            if not audience.subscriptions:
                del self._audiences[channel.name]
                self._due.pop(channel.name, None)

    def take(self, partition: int, announced: Sequence[Announced]) -> Turn:
        """Takes what was announced next in a partition, in order."""
        turn, history = Turn(), self._histories[partition]
        moved: dict[str, Audience] = {}
        for one in announced:
            if one.offset < history.consumed:
                continue
            self._note_gone(history.append(one))
            audience = self._audiences.get(one.channel)
            if audience is not None:
                moved[one.channel] = audience
        for name, audience in moved.items():
            if audience.waits_for_tick:
                self._due[name] = audience
            else:
                self._bring_up(audience, turn, audience.subscriptions)
        return turn

    def skip(self, partition: int, offset: int) -> None:
        """The record at `offset` is no announcement."""
        self._histories[partition].skip_to(offset + 1)

    def tick(self, now: datetime, congested: Set[ConnectionId] = frozenset()) -> Turn:
        """Tells the boards' changes; to be called at a steady pace."""
        turn = Turn()
        for history in self._histories.values():
            self._note_gone(history.forget(now))
        due, self._due = self._due, {}
        for name, audience in due.items():
            prompt = {who: it for who, it in audience.subscriptions.items() if who not in congested}
            self._bring_up(audience, turn, prompt)
            if len(prompt) < len(audience.subscriptions):
                self._due[name] = audience
            if audience.waiting:
                self._read_in_time(audience, now, turn)
        return turn

    def model_read(self, read: Read, snapshot: Snapshot) -> Turn:
        """Takes what was read, and hands it to all that wait for it."""
        turn, audience = Turn(), self._audiences.get(read.channel.name)
        if audience is None or audience.reading != read:
            return turn
        readers = audience.take_readers()
        if audience.gone < read.since:
            self._begin_from(read, snapshot, readers, turn)
            if audience.waits_for_tick:
                self._due[read.channel.name] = audience
            else:
                self._bring_up(audience, turn, readers)
        if audience.waiting:
            self._read(audience, turn)
        return turn

    def model_missing(self, read: Read) -> list[ConnectionId]:
        """There is no such thing; answers those who waited for it. They follow it no more."""
        audience = self._audiences.get(read.channel.name)
        if audience is None or audience.reading != read:
            return []
        audience.take_readers()
        refused = list(audience.waiting)
        for connection in refused:
            self.unsubscribe(connection, read.channel)
        return refused

    def _new_audience(self, channel: Channel) -> Audience:
        partition = partition_of(channel.name.encode(), len(self._histories))
        audience = self._audiences[channel.name] = Audience(channel, self._histories[partition])
        return audience

    def _read(self, audience: Audience, turn: Turn) -> None:
        """Asks for the model for all who wait, one reading at a time.

        Whoever comes while one is under way gets the next: they may have seen, on another node, more than was there
        when this one began.
        """
        if audience.reading is None:
            self._readings += 1
            audience.reading = Read(audience.channel, audience.history.consumed, self._readings)
            audience.reading_for = audience.waiting
            turn.reads.append(audience.reading)

    def _read_in_time(self, audience: Audience, now: datetime, turn: Turn) -> None:
        if isinstance(audience.channel, RejudgingChannel):
            if audience.read_from is not None and now < audience.read_from:
                self._due[audience.channel.name] = audience
                return
            audience.read_from = now + REJUDGING_PAUSE
        self._read(audience, turn)

    def _begin_from(
        self, read: Read, snapshot: Snapshot, readers: Mapping[ConnectionId, Subscription], turn: Turn
    ) -> None:
        place = Place(epoch=f"{self._topic_id}:{snapshot.epoch}", offset=read.since - 1)
        frame = Frame(channel=read.channel.name, place=place, type="snapshot", data=snapshot.data)
        for connection, subscription in readers.items():
            subscription.cursor, subscription.version = read.since, snapshot.version
            turn.deliver(connection, [frame])

    def _missed(self, audience: Audience, after: Place) -> list[Announced] | None:
        """What came after that place; None where it cannot be told wholly: then a snapshot is due."""
        history, channel = audience.history, audience.channel
        base = f"{self._topic_id}:{model_version(channel)}"
        if after.epoch != base and not after.epoch.startswith(f"{base}."):
            return None
        if not history.floor <= after.offset + 1 <= history.consumed:
            return None
        missed = history.since(channel.name, after.offset + 1)
        match channel:
            case BoardChannel() if not all(self._continues(after.epoch, one) for one in missed):
                return None
            case SubmissionChannel() if any(one.type in READ_ANEW for one in missed):
                return None
            case RejudgingChannel() if missed:
                return None
        return missed

    def _seen_before(self, audience: Audience, after: Place) -> int:
        """The highest version that whoever stands there has seen, as far as history knows."""
        if isinstance(audience.channel, UserChannel | RejudgingChannel):
            return NOTHING_SEEN
        known = audience.history.since(audience.channel.name, 0)
        return max((one.version for one in known if one.offset <= after.offset), default=NOTHING_SEEN)

    def _continues(self, epoch: str, one: Announced) -> bool:
        return one.type == ROWS and f"{self._topic_id}:{epoch_of(one)}" == epoch

    def _note_gone(self, gone: Iterable[Announced]) -> None:
        for one in gone:
            audience = self._audiences.get(one.channel)
            if audience is not None:
                audience.gone = one.offset

    def _bring_up(self, audience: Audience, turn: Turn, subscriptions: Mapping[ConnectionId, Subscription]) -> None:
        """Sends these all that they have not got; those for whom that is impossible wait for a snapshot from now on."""
        known: dict[tuple[int, int], News | None] = {}
        for connection, subscription in subscriptions.items():
            if subscription.cursor is None:
                continue
            at = (subscription.cursor, subscription.version)
            if at not in known:
                known[at] = self._news(audience, *at)
            news = known[at]
            if news is None:
                subscription.cursor = None
                self._due[audience.channel.name] = audience
                continue
            subscription.cursor, subscription.version = audience.history.consumed, news.version
            if news.frames:
                turn.deliver(connection, news.frames)

    def _news(self, audience: Audience, cursor: int, version: int) -> News | None:
        """What is behind a cursor; None where it is gone, or can only be told by a snapshot."""
        if audience.gone >= cursor:
            return None
        announced = audience.history.since(audience.channel.name, cursor)
        match audience.channel:
            case UserChannel():
                # Each of a user's submissions has versions of its own; the client holds them against each other.
                return News([self._frame(audience.channel, one) for one in announced], NOTHING_SEEN)
            case RejudgingChannel():
                return None if announced else News((), version)
            case SubmissionChannel():
                risen = _rising(announced, version)
                if any(one.type in READ_ANEW for one in risen):
                    return None
                return News([self._frame(audience.channel, one) for one in risen], _highest(risen, version))
            case BoardChannel():
                return self._board_news(audience.channel, announced, version)

    def _board_news(self, channel: BoardChannel, announced: Sequence[Announced], version: int) -> News | None:
        if any(one.type != ROWS for one in announced):
            return None
        risen = _rising(announced, version)
        if not risen:
            return News((), version)
        place = Place(epoch=f"{self._topic_id}:{epoch_of(risen[-1])}", offset=risen[-1].offset)
        frame = Frame(channel=channel.name, place=place, type=ROWS, data=joined_rows(risen))
        return News((frame,), _highest(risen, version))

    def _frame(self, channel: Channel, one: Announced) -> Frame:
        place = Place(epoch=f"{self._topic_id}:{model_version(channel)}", offset=one.offset)
        return Frame(channel=one.channel, place=place, type=one.type, data=one.data)


def _rising(announced: Iterable[Announced], version: int) -> list[Announced]:
    """Those whose version is above all before: the rest are repeats, or were overtaken."""
    risen: list[Announced] = []
    for one in announced:
        if one.version > version:
            version = one.version
            risen.append(one)
    return risen


def _highest(risen: Sequence[Announced], version: int) -> int:
    return risen[-1].version if risen else version
