"""The committed Avro schemas: `avro/<Record>.v<N>.avsc`, and in `avro/order.txt` the order of their registration.

A file that is committed never changes, and a line of the order never moves: a registry that has to begin anew then
gives out the ids that stand in the log already. A new version is made by `python -m schemas.new_versions`.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from schemas.avro_schema import NAMESPACE, AvroSchema

AVRO: Final = Path(__file__).parent / "avro"
ORDER: Final = AVRO / "order.txt"
NAME: Final = re.compile(r"([A-Z][A-Za-z]+)\.v([1-9][0-9]*)")


class SchemaVersion(NamedTuple):
    """One version of a record's schema; `str()` is its file's name without the suffix."""

    record: str
    number: int

    def __str__(self) -> str:
        return f"{self.record}.v{self.number}"

    @property
    def subject(self) -> str:
        """Where the registry keeps it: the record's full name."""
        return f"{NAMESPACE}.{self.record}"

    @property
    def path(self) -> Path:
        """Its file."""
        return AVRO / f"{self}.avsc"

    def text(self) -> str:
        """The schema as it is committed."""
        return self.path.read_text()

    def schema(self) -> AvroSchema:
        """The schema, parsed from JSON."""
        schema: AvroSchema = json.loads(self.text())
        return schema


@cache
def schema_versions() -> tuple[SchemaVersion, ...]:
    """Every version, in the order of registration."""
    return tuple(_version(line) for line in ORDER.read_text().split())


def newest(record: str) -> SchemaVersion:
    """The newest version of a record, which is what the record's dataclass asks for."""
    return max(version for version in schema_versions() if version.record == record)


def _version(line: str) -> SchemaVersion:
    match = NAME.fullmatch(line)
    if match is None:
        raise ValueError(f"{ORDER.name} holds {line!r}, which is no <Record>.v<N>")
    return SchemaVersion(match[1], int(match[2]))
