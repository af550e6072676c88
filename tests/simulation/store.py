"""A store with Cassandra's rule for cells, on the kernel's virtual time, with the faults of a network.

A write may fail, fail although it was done, fail and be done much later, long after others have written the same: with
offsets as timestamps none of it may matter. A batch of one partition is done at one moment or not at all.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cache
from typing import Any, Final, NamedTuple

from schemas.cassandra import CassandraUnavailable, Row, Statement
from tests.simulation.kernel import MILLISECOND, SECOND, Kernel, Process
from tests.unit.projections.tables import SCHEMAS

INSERT: Final = re.compile(r"INSERT INTO (\w+) \(([^)]+)\) VALUES \([?, ]+\) USING TIMESTAMP \?")
SELECT: Final = re.compile(r"SELECT (.+?) FROM (\w+) WHERE (.+?)( LIMIT \d+)?")
EQUAL: Final = re.compile(r"(\w+) = \?")
BEFORE: Final = re.compile(r"\(([\w, ]+)\) < \(([?, ]+)\)")
CHECKPOINTS: Final = "projection_checkpoints"

Key = tuple[object, ...]
Cells = dict[str, tuple[int, object]]
"""By column, the write timestamp and the value."""

Partitions = dict[Key, dict[Key, Cells]]
"""By partition key and clustering key; static columns stand at the clustering key ()."""


class StoreFate(Enum):
    """What becomes of a write."""

    GOOD = "done"
    FAILED = "not done"
    UNTOLD = "done, and its writer is told that it failed"
    LATE = "done later, and its writer is told that it failed"


class _Insert(NamedTuple):
    table: str
    partition: tuple[int, ...]
    clustering: tuple[int, ...]
    columns: tuple[tuple[str, int, bool], ...]


class _Select(NamedTuple):
    table: str
    columns: tuple[str, ...]
    equal: tuple[str, ...]
    before: tuple[str, ...]


class Tables:
    """Rows in memory."""

    def __init__(self) -> None:
        self.tables: dict[str, Partitions] = {name: {} for name in SCHEMAS}

    def apply(self, statement: Statement) -> None:
        """Writes: the higher timestamp wins, and on a tie the larger value."""
        plan, values = _insert(statement.cql), statement.values
        timestamp = values[-1]
        assert isinstance(timestamp, int)
        partition = tuple([values[place] for place in plan.partition])
        clustering = tuple([values[place] for place in plan.clustering])
        rows = self.tables[plan.table].setdefault(partition, {})
        row = rows.setdefault(clustering, {})
        for name, place, is_static in plan.columns:
            value = values[place]
            if value is None:
                continue  # bound as UNSET
            cells = rows.setdefault((), {}) if is_static else row
            known = cells.get(name)
            if known is None or timestamp > known[0] or (timestamp == known[0] and repr(value) > repr(known[1])):
                cells[name] = (timestamp, value)

    def holds(self, statement: Statement) -> bool:
        """Whether every cell of a write is there, as it is or in a version that wins over it."""
        plan, values = _insert(statement.cql), statement.values
        timestamp = values[-1]
        assert isinstance(timestamp, int)
        rows = self.tables[plan.table].get(tuple([values[place] for place in plan.partition]), {})
        row = rows.get(tuple([values[place] for place in plan.clustering]))
        if row is None:
            return False
        for name, place, is_static in plan.columns:
            known = (rows.get((), {}) if is_static else row).get(name)
            if values[place] is not None and (known is None or known[0] < timestamp):
                return False
        return True

    def select(self, cql: str, values: Sequence[object]) -> list[Row]:
        """The rows of a select by partition key, whole or up to a place in the order of its clustering keys."""
        plan = _select(cql)
        schema = SCHEMAS[plan.table]
        given = dict(zip(plan.equal, values, strict=False))
        before = tuple(values[len(plan.equal) :])
        found: list[Row] = []
        for partition, rows in self._partitions(plan.table, given):
            static = rows.get((), {})
            for clustering in sorted((key for key in rows if key or not schema.clustering), reverse=bool(before)) or (
                [()] if static else []
            ):
                row: Row = dict.fromkeys(schema.columns)
                row.update({name: cell[1] for name, cell in {**static, **rows[clustering]}.items()})
                row.update(zip(schema.partition, partition, strict=True))
                row.update(zip(schema.clustering, clustering, strict=False))
                if all(row[name] == value for name, value in given.items()) and (
                    not before or tuple(row[name] for name in plan.before) < before
                ):
                    found.append(row if plan.columns == ("*",) else {name: row[name] for name in plan.columns})
        return found

    def _partitions(self, table: str, given: dict[str, object]) -> Iterable[tuple[Key, dict[Key, Cells]]]:
        key = SCHEMAS[table].partition
        partition = tuple(given[name] for name in key)
        rows = self.tables[table].get(partition)
        return () if rows is None else ((partition, rows),)

    def rows_but_checkpoints(self) -> dict[str, Partitions]:
        """All there is, but for how it came about; tables without a row are left out."""
        return {name: rows for name, rows in self.tables.items() if rows and name != CHECKPOINTS}


class StoreClient:
    """The store as one process has it. Its coroutines never suspend: they take their turns by the kernel."""

    def __init__(
        self,
        tables: Tables,
        kernel: Kernel,
        process: Process,
        fate: Callable[[], StoreFate] = lambda: StoreFate.GOOD,
        on_write: Callable[[Statement], None] = lambda _: None,
    ) -> None:
        self._tables = tables
        self._kernel = kernel
        self._process = process
        self._fate = fate
        self._on_write = on_write

    async def execute(self, cql: str, values: Sequence[object] = (), /) -> list[Row]:
        """All rows of a select."""
        self._kernel.turn()
        return self._tables.select(cql, values)

    async def write(self, batches: Iterable[Sequence[Statement]], /) -> None:
        """Writes all batches in any order; the first error is raised once all have ended."""
        left = list(batches)
        if len(left) > 1:
            self._kernel.chance.shuffle(left)
        failed = False
        for batch in left:
            self._kernel.turn()
            failed = not self._written(batch) or failed
        if failed:
            raise CassandraUnavailable("it does not answer")

    def _written(self, batch: Sequence[Statement]) -> bool:
        fate = self._fate()
        match fate:
            case StoreFate.GOOD | StoreFate.UNTOLD:
                self._apply(batch)
            case StoreFate.LATE:
                longest = 8 * SECOND if self._kernel.random() < 0.3 else 50 * MILLISECOND
                moment_us = self._kernel.now_us + int(self._kernel.random() * longest)
                self._kernel.at(moment_us, lambda: self._apply(batch))
            case StoreFate.FAILED:
                pass
        if fate is not StoreFate.GOOD:
            self._kernel.note(self._process, f"write to {_insert(batch[0].cql).table} is {fate.value}")
        return fate is StoreFate.GOOD

    def _apply(self, batch: Sequence[Statement]) -> None:
        for statement in batch:
            self._on_write(statement)
            self._tables.apply(statement)
        if self._kernel.trace is not None:
            for statement in batch:
                plan = _insert(statement.cql)
                key = [str(statement.values[place])[-12:] for place in (*plan.partition, *plan.clustering)]
                columns = ", ".join(name for name, _, _ in plan.columns)
                self._kernel.note(self._process, f"wrote {plan.table} {key} {columns} @ {statement.values[-1]}")


@cache
def _insert(cql: str) -> _Insert:
    match = INSERT.fullmatch(cql)
    assert match is not None, cql
    schema, names = SCHEMAS[match[1]], re.findall(r"\w+", match[2])
    keys = (*schema.partition, *schema.clustering)
    return _Insert(
        table=match[1],
        partition=tuple(names.index(name) for name in schema.partition),
        clustering=tuple(names.index(name) for name in schema.clustering if name in names),
        columns=tuple((name, place, name in schema.static) for place, name in enumerate(names) if name not in keys),
    )


@cache
def _select(cql: str) -> _Select:
    match = SELECT.fullmatch(cql)
    assert match is not None, cql
    before = BEFORE.search(match[3])
    return _Select(
        table=match[2],
        columns=tuple(name.strip() for name in match[1].split(",")),
        equal=tuple(EQUAL.findall(match[3])),
        before=tuple(re.findall(r"\w+", before[1])) if before else (),
    )


def only_row(rows: Sequence[Row]) -> dict[str, Any] | None:
    """The row of a select of one row."""
    return rows[0] if rows else None
