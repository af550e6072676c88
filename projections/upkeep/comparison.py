"""Comparing two tables row by row. Pure: what reads them is `scan.py`.

A full scan answers rows in the order of their partitions' tokens, the same in both tables, so that two streams of
partitions are merged in one pass with one partition of each in memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from projections.upkeep.task import Difference

Row = Mapping[str, Any]

TEXT_LIMIT: Final = 300


@dataclass(frozen=True, slots=True)
class TableKey:
    """The names of a table's key columns."""

    partition: tuple[str, ...]
    clustering: tuple[str, ...]

    def of_partition(self, row: Row) -> tuple[Any, ...]:
        """Which partition the row is of."""
        return tuple(row[name] for name in self.partition)

    def of_row(self, row: Row) -> tuple[Any, ...]:
        """Which row of its partition it is; a partition with nothing but static columns has one without a key."""
        return tuple(row[name] for name in self.clustering)


def differences(table: str, key: TableKey, live: Sequence[Row], replayed: Sequence[Row]) -> Iterator[Difference]:
    """How the rows of one partition differ, cell by cell."""
    ours = {key.of_row(row): row for row in live}
    theirs = {key.of_row(row): row for row in replayed}
    for place in [*ours, *(place for place in theirs if place not in ours)]:
        mine, other = ours.get(place), theirs.get(place)
        some = mine or other
        assert some is not None, "it is a row of one of them"
        name = _named(key, some)
        if mine is None or other is None:
            yield Difference(
                table=table, key=name, column="", live=_text(_cells(key, mine)), replayed=_text(_cells(key, other))
            )
            continue
        for column in mine:
            if mine[column] != other.get(column):
                yield Difference(
                    table=table, key=name, column=column, live=_text(mine[column]), replayed=_text(other.get(column))
                )


def _named(key: TableKey, row: Row) -> str:
    return ", ".join(f"{name}={row[name]}" for name in (*key.partition, *key.clustering) if row[name] is not None)


def _cells(key: TableKey, row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        name: value
        for name, value in row.items()
        if value is not None and name not in key.partition and name not in key.clustering
    }


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= TEXT_LIMIT else f"{text[: TEXT_LIMIT - 1]}…"
