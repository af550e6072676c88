"""Golden records: one per version of every schema, which every later version of the code still reads.

`golden/<Record>.v<N>.bin` is the bare Avro body as that version's schema writes it; `.json` says what is in it, and the
sha256 of the schema's file, so that a schema cannot change under its version. Both are written once, by
`python -m schemas.new_versions`, and never again.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import fastavro

from schemas.avro_schema import field_types, item_type, without_none
from schemas.avro_versions import SchemaVersion
from schemas.converters import to_dict
from schemas.per_class import per_class
from schemas.values import Position

GOLDEN: Final = Path(__file__).parent / "golden"
MOMENT: Final = datetime(2026, 9, 1, 10, 0, 0, 123456, tzinfo=UTC)


def write_golden(version: SchemaVersion, event: Any) -> None:
    """Writes both files of a version that has none yet."""
    body = BytesIO()
    fastavro.schemaless_writer(body, version.schema(), to_dict(type(event))(event))
    told = {"schema": str(version), "schema_sha256": schema_sha256(version), "event": as_json(event)}
    with (GOLDEN / f"{version}.bin").open("xb") as file:
        file.write(body.getvalue())
    with (GOLDEN / f"{version}.json").open("x") as file:
        file.write(canonical(told))


def golden_body(version: SchemaVersion) -> bytes:
    """What that version wrote."""
    return (GOLDEN / f"{version}.bin").read_bytes()


def golden_story(version: SchemaVersion) -> dict[str, Any]:
    """What is in it: `schema`, `schema_sha256`, `event`."""
    story: dict[str, Any] = json.loads((GOLDEN / f"{version}.json").read_text())
    return story


def schema_sha256(version: SchemaVersion) -> str:
    """The digest of a committed schema file."""
    return hashlib.sha256(version.path.read_bytes()).hexdigest()


def canonical(value: Any) -> str:
    """JSON as we commit it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_json(value: Any) -> Any:
    """A value or event in JSON's terms: bytes in base64, times in ISO 8601."""
    if isinstance(value, Position | StrEnum):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    return value


@per_class
def example(record: type) -> Any:
    """An object of that class with every field filled, each scalar by another value; the same at every call."""
    return _filled(record, itertools.count(1))


def _filled(record: type, numbers: Iterator[int]) -> Any:
    values = {name: _example(name, field_type, numbers) for name, field_type in field_types(record).items()}
    return record(**values)


def _example(name: str, field_type: Any, numbers: Iterator[int]) -> Any:
    inner = without_none(field_type).type
    if (item := item_type(inner)) is not None:
        return (_example(name, item, numbers), _example(name, item, numbers))
    number = next(numbers)
    simple: dict[Any, Any] = {
        str: f"{name} {number} ü",
        bytes: bytes([0, 255, number]),
        bool: True,
        int: number << 32,
        float: number + 0.5,
        datetime: MOMENT + timedelta(seconds=number),
        Position: Position(topic="submissions", partition=number, offset=number << 33),
    }
    if inner in simple:
        return simple[inner]
    if issubclass(inner, StrEnum):
        return list(inner)[number % (len(inner) - 1)]
    return _filled(inner, numbers)
