"""What was ordered of each model: paused, records to pass over, which generations of its tables to write.

Orders stand in Cassandra. Projectors read them twice a second and say which revision they heed; nothing is written on
orders that are older than `TOO_OLD_S`, which is less than the time after which a silent projector counts as gone.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter

from projections.models.model import to_text
from projections.projector.store import Store
from projections.upkeep.generations import FIRST
from schemas.cassandra import Cassandra, Row, Statement
from schemas.values import Position

CATALOG: Final = "all"
PRESENT_FOR_S: Final = 10
"""A projector that has said nothing for so long is not waited for."""

TOO_OLD_S: Final = 5.0

APPLIED: Final = "[applied]"
"""What Cassandra calls the answer of a conditional write."""

READ: Final = "SELECT * FROM projection_controls WHERE catalog = ?"
READ_SKIPS: Final = "SELECT * FROM projection_skips WHERE catalog = ?"
READ_PROJECTORS: Final = "SELECT projector, heeds FROM projection_projectors WHERE catalog = ?"
WRITE_PRESENCE: Final = (
    f"INSERT INTO projection_projectors (catalog, projector, heeds) VALUES (?, ?, ?) USING TTL {PRESENT_FOR_S}"
)
LEAVE: Final = "DELETE FROM projection_projectors WHERE catalog = ? AND projector = ?"
WRITE_PAUSED: Final = "UPDATE projection_controls SET paused = ? WHERE catalog = ? AND projection = ?"
WRITE_RETRIES: Final = "UPDATE projection_controls SET retries = ? WHERE catalog = ? AND projection = ?"
WRITE_SKIP: Final = (
    "INSERT INTO projection_skips (catalog, projection, topic, partition, skipped_offset, skipped) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
WRITE_GENERATIONS: Final = (
    "UPDATE projection_controls SET revision = ?, serving = ?, beside = ? WHERE catalog = ? AND projection = ? "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who ordered it, when and why."""

    by: str
    at: datetime
    reason: str


ORDER: Final = TypeAdapter(Order)
HEEDS: Final = TypeAdapter(dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What holds for a model now. `beside` is the generation that is written beside the one that serves, if any."""

    revision: int = 0
    serving: int = FIRST
    beside: int | None = None
    paused: Order | None = None
    retries: int = 0
    skips: Mapping[Position, Order] = field(default_factory=dict)

    @property
    def kept(self) -> tuple[int, ...]:
        """The generations that are written."""
        return (self.serving,) if self.beside is None else (self.serving, self.beside)

    def asks_to_begin_anew(self, since: "Control") -> bool:
        """Whether a projector that began under `since` has to take its partitions anew."""
        return (self.paused, self.retries, self.skips) != (since.paused, since.retries, since.skips)


AS_BORN: Final = Control()


class Controls:
    """The orders as one process knows them."""

    def __init__(self, read: Callable[[], Awaitable[Mapping[str, Control]]] | None = None) -> None:
        """Without `read` nothing was ever ordered."""
        self._read = read
        self._known: Mapping[str, Control] = {}
        self._read_at = time.monotonic()

    def of(self, projection: str) -> Control:
        """What holds for that projection, as far as is known here."""
        return self._known.get(projection, AS_BORN)

    async def refresh(self) -> None:
        """Reads them now; raises `CassandraUnavailable`."""
        if self._read is not None:
            asked_at = time.monotonic()
            self._known = await self._read()
            self._read_at = asked_at

    async def up_to_date(self, projection: str) -> Control:
        """The same as `of`, but never too old to write by."""
        if self._read is not None and time.monotonic() - self._read_at > TOO_OLD_S:
            await self.refresh()
        return self.of(projection)

    def revisions(self) -> dict[str, int]:
        """What is heeded here, by projection."""
        return {projection: control.revision for projection, control in self._known.items()}


async def read_controls(store: Store) -> dict[str, Control]:
    """All orders, by projection."""
    skips: dict[str, dict[Position, Order]] = {}
    for row in await store.execute(READ_SKIPS, (CATALOG,)):
        position = Position(topic=row["topic"], partition=row["partition"], offset=row["skipped_offset"])
        skips.setdefault(row["projection"], {})[position] = ORDER.validate_json(row["skipped"])
    rows = {row["projection"]: row for row in await store.execute(READ, (CATALOG,))}
    return {
        projection: _control(rows.get(projection, {}), skips.get(projection, {}))
        for projection in rows.keys() | skips.keys()
    }


def _control(row: Row, skips: Mapping[Position, Order]) -> Control:
    return Control(
        revision=row.get("revision") or 0,
        serving=row.get("serving") or FIRST,
        beside=row.get("beside") or None,
        paused=ORDER.validate_json(row["paused"]) if row.get("paused") else None,
        retries=row.get("retries") or 0,
        skips=skips,
    )


async def read_heeds(store: Store) -> dict[str, dict[str, int]]:
    """By projector that is there, the revision of each projection that it heeds."""
    rows = await store.execute(READ_PROJECTORS, (CATALOG,))
    return {row["projector"]: HEEDS.validate_json(row["heeds"]) for row in rows}


async def say_present(store: Store, projector: str, heeds: Mapping[str, int] | None) -> None:
    """This projector is there and heeds these; with None it is there and has read nothing yet."""
    told = {"": -1} if heeds is None else dict(heeds)
    await store.write([[Statement(WRITE_PRESENCE, (CATALOG, projector, to_text(told)))]])


async def say_gone(store: Store, projector: str) -> None:
    """This projector has ended."""
    await store.write([[Statement(LEAVE, (CATALOG, projector))]])


def has_heeded(heeds: Mapping[str, int], projection: str, revision: int) -> bool:
    """Whether a projector with these writes by that revision of that projection. One that has read nothing does not."""
    return "" not in heeds and heeds.get(projection, 0) >= revision


async def order_pause(store: Store, projection: str, order: Order | None) -> None:
    """Pauses the model, or with None lets it go on."""
    await store.write([[Statement(WRITE_PAUSED, ("" if order is None else to_text(order), CATALOG, projection))]])


async def order_retry(store: Store, projection: str, retries: int) -> None:
    """Has parked partitions tried again; `retries` is one more than before."""
    await store.write([[Statement(WRITE_RETRIES, (retries, CATALOG, projection))]])


async def order_skip(store: Store, projection: str, position: Position, order: Order) -> None:
    """Has that record passed over, now and by every replay."""
    place = (position.topic, position.partition, position.offset)
    await store.write([[Statement(WRITE_SKIP, (CATALOG, projection, *place, to_text(order)))]])


async def change_generations(
    cassandra: Cassandra, projection: str, known: Control, *, serving: int, beside: int | None
) -> bool:
    """Says which generations serve and are written beside; False where somebody else changed them since `known`."""
    values = (known.revision + 1, serving, beside or 0, CATALOG, projection)
    if known.revision:
        rows = await cassandra.execute(f"{WRITE_GENERATIONS} IF revision = ?", (*values, known.revision), serial=True)
    else:
        rows = await cassandra.execute(f"{WRITE_GENERATIONS} IF revision = null", values, serial=True)
    return bool(rows[0][APPLIED])
