"""The event log as the services see it: append, read from a place, share by a group.

Blocking calls take a time limit and may be used from any thread; from asyncio, `asyncio.wrap_future` awaits an
append and `asyncio.to_thread` a poll. What cannot be reached raises `LogUnavailable`; what cannot be decoded is a
`Record` whose event is `Undecodable`, so that one poisoned record never hides the next.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from schemas.events import Event
from schemas.topics import Topic
from schemas.values import Position


class Partition(NamedTuple):
    """One partition of a topic, by the topic's name."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecodable:
    """The bytes of a record that are no event of ours, and why."""

    key: bytes | None
    value: bytes
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of the log; `appended_at` is the broker's clock (LogAppendTime).

    `value` is what the event was read from, byte for byte, for whoever has to give it up to the dead letters.
    """

    position: Position
    appended_at: datetime
    event: Event | Undecodable
    value: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a group has committed for a partition: the next offset to be read, and a note of at most 4,095 bytes."""

    offset: int
    metadata: str = ""


class Reader(Protocol):
    """Reads partitions that it was given; nobody else's reading is affected."""

    def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """What has arrived, at most `max_records`, in offset order per partition; empty after `timeout_s`."""

    def next_offsets(self) -> dict[Partition, int]:
        """Where it is: of each partition all records below were delivered or passed over. By the polling thread."""

    def close(self) -> None:
        """Ends it; a poll under way returns."""


class GroupReader(Reader, Protocol):
    """A member of a consumer group: reads the partitions that the group gives it."""

    def assignment(self) -> frozenset[Partition]:
        """The partitions that are this member's now."""

    def commit(self, offsets: Mapping[Partition, Committed]) -> frozenset[Partition]:
        """Commits, waits for the acknowledgement and answers whose it was: partitions that are no longer ours are
        left out silently. To be called by the thread that polls."""

    def pause(self, partitions: Sequence[Partition]) -> None:
        """Stops delivering these until `resume`; polling goes on and keeps the membership."""

    def resume(self, partitions: Sequence[Partition]) -> None:
        """Delivers these again, from where they were paused."""


class Owner(NamedTuple):
    """Who reads a partition for a group: the client id that it gave itself, and its name within the group."""

    client: str
    member: str


Assigned = Callable[[Mapping[Partition, Committed | None]], Mapping[Partition, int]]
"""Called within `poll` with newly assigned partitions and what the group committed; answers where to begin each
(a partition it leaves out begins at the committed offset, or at 0)."""

Revoked = Callable[[frozenset[Partition]], None]
"""Called within `poll` or `close` before partitions are given up, in time for a last commit."""


class EventLog(Protocol):
    """The log itself."""

    def append(self, topic: Topic, event: Event, *, partition: int | None = None) -> "Future[Position]":
        """Appends; the future is done once the broker has acknowledged.

        It fails with `AppendRefused` when the event is certainly not in the log (`AppendRejected` when it never will
        be), with `AppendUncertain` when that cannot be known. Without `partition` the event's key decides (murmur2,
        as every other writer).
        """

    def end_offsets(self, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, int]:
        """Per partition the offset that the next record will get."""

    def begin_offsets(self, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, int]:
        """Per partition the offset of the first record that is still kept; the end offset where none is."""

    def offsets_at(self, topic: Topic, moment: datetime, *, timeout_s: float = 5.0) -> dict[int, int]:
        """Per partition the offset of the first record that was appended after `moment`; where there is none yet, the
        end offset. Appending is stamped in whole milliseconds, by the broker's clock."""

    def topic_id(self, topic: Topic, *, timeout_s: float = 5.0) -> str:
        """Names this incarnation of the topic: another one after it was deleted and created anew."""

    def committed(self, group: str, topic: Topic, *, timeout_s: float = 5.0) -> dict[int, Committed]:
        """What a group has committed; a partition without a commit is left out."""

    def owners(self, group: str, *, timeout_s: float = 5.0) -> dict[Partition, Owner]:
        """Who reads which partition for a group now; partitions that nobody reads are left out."""

    def reader(self, starts: Mapping[Partition, int], *, key: str | None = None) -> Reader:
        """Reads these partitions, each from the given offset (0 is the beginning that is still kept).

        With `key` only the records of that key are delivered; others are passed over without being decoded, and a poll
        may end early for them.
        """

    def group_reader(
        self,
        topics: Sequence[Topic],
        group: str,
        *,
        assigned: Assigned | None = None,
        revoked: Revoked | None = None,
    ) -> GroupReader:
        """Joins a group for these topics."""

    def close(self, timeout_s: float = 5.0) -> None:
        """Waits for what was appended, at most `timeout_s`, and lets go of everything."""
