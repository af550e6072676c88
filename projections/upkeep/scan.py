"""Compares two generations of a model's tables while both are written.

What differs in the first pass may only have been caught between two writes; it is read again, a few times, both sides
at once. What still differs then is a difference.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from projections.upkeep.comparison import TableKey, differences
from projections.upkeep.generations import table_of
from projections.upkeep.task import MOST_DIFFERENCES, Difference, Verdict
from schemas.cassandra import Cassandra, Row

PAGE_ROWS: Final = 500
MOST_SUSPECTS: Final = 10_000
"""Partitions that are looked at again; what differs beyond is counted at once."""

LOOKS: Final = 5
PAUSE_S: Final = 0.3
AT_ONCE: Final = 16

TOKEN: Final = "partition_token"

COLUMNS: Final = (
    "SELECT column_name, kind, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?"
)

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A table's columns."""

    key: TableKey
    columns: tuple[str, ...]

    def select(self, table: str) -> str:
        """Reads all rows, each with the token of its partition."""
        token = f"token({', '.join(self.key.partition)}) AS {TOKEN}"
        return f"SELECT {', '.join(self.columns)}, {token} FROM {table}"

    def select_partition(self, table: str) -> str:
        """Reads one partition."""
        where = " AND ".join(f"{name} = ?" for name in self.key.partition)
        return f"SELECT {', '.join(self.columns)} FROM {table} WHERE {where}"


@dataclass(slots=True)
class Partition:
    """The rows of one partition of a table."""

    token: int
    key: Key
    rows: list[Row] = field(default_factory=list)


class Comparing:
    """Compares generation `other` with `live`; `compared` counts partitions as it goes on."""

    def __init__(self, cassandra: Cassandra, live: int, other: int) -> None:
        self._cassandra = cassandra
        self._live = live
        self._other = other
        self.compared = 0

    async def verdict(self, tables: Sequence[str]) -> Verdict:
        """What is found in all of these."""
        found: list[Difference] = []
        keys: list[tuple[str, Key]] = []
        differing = 0
        for table in tables:
            shape = await read_shape(self._cassandra, table_of(table, self._live))
            suspects, beyond = await self._suspects(table, shape)
            for _ in range(LOOKS):
                if suspects:
                    await asyncio.sleep(PAUSE_S)
                    suspects = await self._still_differing(table, shape, suspects)
            differing += len(suspects) + beyond
            keys += ((table, key) for key in suspects)
            for key in suspects:
                if len(found) < MOST_DIFFERENCES:
                    live, other = await self._both(table, shape, key)
                    found += islice(differences(table, shape.key, live, other), MOST_DIFFERENCES - len(found))
        return Verdict(compared=self.compared, differing=differing, differences=tuple(found), keys=tuple(keys))

    async def _suspects(self, table: str, shape: Shape) -> tuple[list[Key], int]:
        """The partitions that differ in one pass, and how many more there are."""
        suspects: list[Key] = []
        beyond = 0
        live = self._partitions(table_of(table, self._live), shape)
        other = self._partitions(table_of(table, self._other), shape)
        async for one, two in paired(live, other):
            self.compared += 1
            if one is None or two is None or one.rows != two.rows:
                some = one or two
                assert some is not None, "one of them is there"
                if len(suspects) < MOST_SUSPECTS:
                    suspects.append(some.key)
                else:
                    beyond += 1
        return suspects, beyond

    async def _still_differing(self, table: str, shape: Shape, suspects: Sequence[Key]) -> list[Key]:
        differing: list[Key] = []
        for first in range(0, len(suspects), AT_ONCE):
            keys = suspects[first : first + AT_ONCE]
            for key, (live, other) in zip(
                keys, await asyncio.gather(*(self._both(table, shape, key) for key in keys)), strict=True
            ):
                if live != other:
                    differing.append(key)
        return differing

    async def _both(self, table: str, shape: Shape, key: Key) -> tuple[list[Row], list[Row]]:
        live, other = await asyncio.gather(
            *(
                self._cassandra.execute(shape.select_partition(table_of(table, generation)), key)
                for generation in (self._live, self._other)
            )
        )
        return live, other

    async def _partitions(self, table: str, shape: Shape) -> AsyncIterator[Partition]:
        current: Partition | None = None
        async for page in self._cassandra.pages(shape.select(table), page_rows=PAGE_ROWS):
            for row in page:
                token, key = row.pop(TOKEN), shape.key.of_partition(row)
                if current is None or current.key != key:
                    if current is not None:
                        yield current
                    current = Partition(token, key)
                current.rows.append(row)
        if current is not None:
            yield current


async def paired(
    live: AsyncIterator[Partition], other: AsyncIterator[Partition]
) -> AsyncIterator[tuple[Partition | None, Partition | None]]:
    """Partitions of the same key side by side, in the order of tokens; None where only one side has it.

    Two keys of one token, which a busy table may have once in a lifetime, are told as two that differ; they are
    looked at again by their keys.
    """
    one, two = await anext(live, None), await anext(other, None)
    while one is not None or two is not None:
        if two is None or (one is not None and one.token < two.token):
            yield one, None
            one = await anext(live, None)
        elif one is None or two.token < one.token:
            yield None, two
            two = await anext(other, None)
        elif one.key == two.key:
            yield one, two
            one, two = await anext(live, None), await anext(other, None)
        else:
            yield one, None
            yield None, two
            one, two = await anext(live, None), await anext(other, None)


async def read_shape(cassandra: Cassandra, table: str) -> Shape:
    """The columns of a table as Cassandra has them."""
    rows = await cassandra.execute(COLUMNS, (cassandra.keyspace, table))
    return Shape(
        TableKey(partition=_of_kind(rows, "partition_key"), clustering=_of_kind(rows, "clustering")),
        tuple(row["column_name"] for row in rows),
    )


def _of_kind(rows: Sequence[Row], kind: str) -> tuple[str, ...]:
    return tuple(
        row["column_name"] for row in sorted(rows, key=lambda row: int(row["position"])) if row["kind"] == kind
    )
