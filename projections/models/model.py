"""What a read model is to the projector: topics to read, and a fold that answers with writes and announcements.

Write timestamps are offsets. A column is fed by one partition of one topic and written with that record's offset, so
that any repeat, and any order between topics, leaves the same rows. A column whose first writer counts is written
with `first_wins(offset)`. Nothing is deleted, counted up, or written under a condition.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Final, NamedTuple, Protocol

import orjson

from schemas.events import Event
from schemas.manifests import NowCurrent, read_current
from schemas.rules.submission import is_original as derive_is_original
from schemas.topics import Topic
from schemas.values import Position

FIRST_WINS_FROM: Final = 2**62
"""Above every offset and inside a signed 64-bit timestamp; what is subtracted is the offset."""

STAGE: Final = 2**48
"""Versions of a submission's messages are `stage * STAGE + n`: below 2^53, so that JavaScript holds them exactly."""

RECEIVED_STAGE: Final = 0
PROGRESS_STAGE: Final = 1
JUDGED_STAGE: Final = 2
REJUDGED_STAGE: Final = 3

BATCH_ROWS: Final = 100
"""Of those that one event brings for a partition, where any number may come: a batch that Cassandra takes however long
its rows are, and that the loop has bound in some milliseconds."""


class Fact(NamedTuple):
    """An event and where it stands; with the manifest that it names, which is a part of it."""

    position: Position
    event: Event
    manifest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One statement for the partition that `partition` names; those of one partition go in one atomic batch."""

    partition: Hashable
    cql: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a live channel is told once the writes are there; `data` is JSON with absolute values.

    One that `tells_all` leaves nothing to be learned from those of a lower version on its channel.
    """

    channel: str
    type: str
    version: int
    data: bytes
    cause: Fact
    tells_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What facts lead to."""

    writes: tuple[Write, ...] = ()
    announcements: tuple[Announcement, ...] = ()


NOTHING: Final = Effects()

is_original = lru_cache(maxsize=4_096)(derive_is_original)
"""Deriving a judging's id costs as much as writing its row, and events of a submission come together."""

Tell = Callable[[Fact], Effects]
"""A model without memory: every fact speaks for itself."""


class Fold(Protocol):
    """The memory of one partition."""

    def step(self, facts: Sequence[Fact]) -> Effects:
        """Takes the next facts of the partition, in order; after an exception it is as it was before."""


class Each:
    """A fold without memory."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def step(self, facts: Sequence[Fact]) -> Effects:
        """What each of the facts leads to, in their order."""
        return joined(map(self._tell, facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A read model. A change of fold or tables that old rows do not fit is a new `version`, with tables of its own.

    A model that `remembers` gets its partitions from offset 0 whenever they are assigned; up to the checkpoint what
    it answers is thrown away, since it was written before.

    A model that `parks` stops a partition at an event of ours that it cannot fold or whose rows are refused, until
    a person looks: where later rows rest on earlier ones, going on would be wrong without a word. Others put the
    record aside and go on.

    `channel_of` tells, of the key of a partition of its first table, which live channel shows just that: there a
    rebuild that mended something says `reset`.
    """

    name: str
    version: int
    topics: tuple[Topic, ...]
    begin: Callable[[], Fold]
    remembers: bool = False
    tables: tuple[str, ...] = ()
    parks: bool = False
    channel_of: Callable[[tuple[Any, ...]], str] | None = None

    @property
    def own_tables(self) -> tuple[str, ...]:
        """The tables that it alone writes, by their bare names; one that is called like the model need not be named."""
        return self.tables or (self.name,)

    @property
    def projection(self) -> str:
        """Names it in checkpoints, so that two versions live side by side."""
        return f"{self.name}.v{self.version}"

    @property
    def group(self) -> str:
        """Names it in dead letters as who gave a record up."""
        return f"projection.{self.projection}"


@cache
def insert(table: str, *columns: str) -> str:
    """CQL that writes these columns with a timestamp, which is the last value."""
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) USING TIMESTAMP ?"


def first_wins(offset: int) -> int:
    """A write timestamp under which the lowest offset is what stays."""
    return FIRST_WINS_FROM - offset


def received_version(offset: int) -> int:
    """The version of a submission that was accepted at that offset of `submissions`."""
    return RECEIVED_STAGE * STAGE + offset


def progress_version(offset: int) -> int:
    """The version of progress at that offset of `judgings`."""
    return PROGRESS_STAGE * STAGE + offset


def judged_version(offset: int) -> int:
    """The version of a verdict at that offset of `verdicts`; the first is the highest, since the first counts."""
    return JUDGED_STAGE * STAGE + STAGE - 1 - offset


def rejudged_version(request: int) -> int:
    """The version of what became current by the answer to that request (see `request_offset`)."""
    return REJUDGED_STAGE * STAGE + request


def request_offset(fact: Fact) -> int:
    """Where the request stands in `rejudging-requests` that a decision answers; a ValueError where it answers none.

    Requests are answered in their order, so this grows as decisions do. Of two decisions for one request the first
    counts; the other one, which a decider that was thought dead appends later, comes under the same number.
    """
    if fact.event.caused_by is None:
        raise ValueError(f"{type(fact.event).__name__} at {fact.position} answers no request")
    return fact.event.caused_by.offset


def now_current(fact: Fact) -> tuple[NowCurrent, ...]:
    """What the fact's manifest says is current now; a ValueError where there is none."""
    if fact.manifest is None:
        raise ValueError(f"{type(fact.event).__name__} at {fact.position} comes without its manifest")
    with _reading:
        return _read_last(fact.manifest)


_reading: Final = Lock()
_read_last: Final = lru_cache(maxsize=1)(read_current)
"""Every model that a rejudging moves wants the same rows at the same time, each in a thread of its own."""


def in_batches(writes: Iterable[Write]) -> Iterator[Write]:
    """The writes of rows that need not be seen at one moment: each once, and `BATCH_ROWS` of a partition together."""
    rows: Counter[Hashable] = Counter()
    for write in dict.fromkeys(writes):
        piece = (write.partition, rows[write.partition] // BATCH_ROWS)
        yield Write(piece, write.cql, write.values)
        rows[write.partition] += 1


def joined(effects: Iterable[Effects]) -> Effects:
    """All of these, in their order."""
    every = list(effects)
    return Effects(
        writes=tuple(write for one in every for write in one.writes),
        announcements=tuple(announcement for one in every for announcement in one.announcements),
    )


def to_json(value: object) -> bytes:
    """Dataclasses, enums and times included; times are RFC 3339."""
    return orjson.dumps(value)


def to_text(value: object) -> str:
    """The same for a text column."""
    return orjson.dumps(value).decode()
