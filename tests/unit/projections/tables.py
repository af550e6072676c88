"""Cassandra's rule for cells, in memory: the higher write timestamp wins, and on a tie the larger value."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from projections.models import CQL_FOLDER
from projections.models.model import Write
from schemas.cql_versions import read_versions

INSERT = re.compile(r"INSERT INTO (\w+) \(([^)]+)\) VALUES \([?, ]+\) USING TIMESTAMP \?")
TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+) \((.*)\)[^)]*", re.DOTALL)
ADDED = re.compile(r"ALTER TABLE (\w+) ADD IF NOT EXISTS (\w+) \w+( static)?")
COLUMN = re.compile(r"^\s*(\w+) [a-z][^\n]*?( static)?( PRIMARY KEY)?,?$", re.MULTILINE)
KEY = re.compile(r"PRIMARY KEY \((?:\(([^)]*)\)|(\w+))([^)]*)\)")


class Cell(NamedTuple):
    timestamp: int
    value: Any


class Schema(NamedTuple):
    partition: tuple[str, ...]
    clustering: tuple[str, ...]
    columns: tuple[str, ...]
    static: frozenset[str]


def _schemas() -> dict[str, Schema]:
    """Every table, read from the CQL that makes it."""
    statements = [statement for version in read_versions(CQL_FOLDER) for statement in version.statements]
    schemas = {match[1]: _schema(match[2]) for statement in statements if (match := TABLE.match(statement))}
    for match in filter(None, map(ADDED.match, statements)):
        known = schemas[match[1]]
        static = known.static | ({match[2]} if match[3] else frozenset())
        schemas[match[1]] = known._replace(columns=(*known.columns, match[2]), static=static)
    return schemas


def _schema(body: str) -> Schema:
    columns = COLUMN.findall(body)
    key = KEY.search(body)
    inline = tuple(name for name, _, is_key in columns if is_key)
    return Schema(
        partition=_names(key[1] or key[2]) if key else inline,
        clustering=_names(key[3]) if key else (),
        columns=tuple(name for name, _, _ in columns),
        static=frozenset(name for name, static, _ in columns if static),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text))


SCHEMAS = _schemas()


class Tables:
    """What is left after any number of writes in any order."""

    def __init__(self) -> None:
        self.cells: dict[str, dict[tuple[object, ...], dict[str, Cell]]] = {}

    def apply(self, writes: Iterable[Write]) -> None:
        for write in writes:
            self._apply(write)

    def rows(self, table: str, *key: object) -> list[dict[str, Any]]:
        """The rows of a partition as the driver gives them: static columns in each, in the order of clustering keys."""
        schema, cells = SCHEMAS[table], self.cells.get(table, {})
        names = (*schema.partition, *schema.clustering)
        found = [full for full in cells if full[: len(key)] == key and len(full) == len(names)]
        static = cells.get(key, {}) if schema.clustering else {}
        rows = []
        for full in sorted(found, key=repr) or ([key] if static else []):
            row: dict[str, Any] = dict.fromkeys(schema.columns)
            row.update({name: cell.value for name, cell in {**static, **cells.get(full, {})}.items()})
            row.update(zip(names, full, strict=False))
            rows.append(row)
        return rows

    def _apply(self, write: Write) -> None:
        match = INSERT.fullmatch(write.cql)
        assert match is not None, write.cql
        table, timestamp = match[1], write.values[-1]
        assert isinstance(timestamp, int)
        schema, values = SCHEMAS[table], dict(zip(_names(match[2]), write.values, strict=False))
        partition = tuple(values.pop(name) for name in schema.partition)
        full = (*partition, *(values.pop(name) for name in schema.clustering if name in values))
        rows = self.cells.setdefault(table, {})
        rows.setdefault(full, {})
        for name, value in values.items():
            row = rows.setdefault(partition if name in schema.static else full, {})
            if name not in row or (timestamp, repr(value)) > (row[name].timestamp, repr(row[name].value)):
                row[name] = Cell(timestamp, value)
