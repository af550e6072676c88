"""The Avro schema that an event's dataclass asks for; the committed `avro/*.avsc` are made with it and held to it.

Sets that may grow are strings, positions are strings, times are timestamp-micros in UTC, and the only union is
`[null, X]`, whose default is null: so every later field can be added under FULL_TRANSITIVE.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from schemas.per_class import per_class
from schemas.values import Position

AvroSchema = dict[str, Any]

NAMESPACE: Final = "judgestream"
TIMESTAMP: Final[AvroSchema] = {"type": "long", "logicalType": "timestamp-micros"}
PRIMITIVES: Final[dict[object, Any]] = {
    str: "string",
    bytes: "bytes",
    bool: "boolean",
    int: "long",
    float: "double",
    Position: "string",
    datetime: TIMESTAMP,
}


class Optional(NamedTuple):
    """The type of a field, and whether it may be None."""

    type: Any
    nullable: bool


def avro_schema(record: type) -> AvroSchema:
    """The schema of a frozen dataclass; records within it are spelled out where they come first."""
    return _record(record, {record.__name__})


def without_docs(schema: Any) -> Any:
    """The schema as far as it counts."""
    if isinstance(schema, dict):
        return {key: without_docs(part) for key, part in schema.items() if key != "doc"}
    return [without_docs(part) for part in schema] if isinstance(schema, list) else schema


@per_class
def field_types(record: type) -> Mapping[str, Any]:
    """The fields of a dataclass with their types, in order, NewTypes resolved to what they are."""
    hints = get_type_hints(record)
    return {field.name: _plain(hints[field.name]) for field in dataclasses.fields(record)}


def without_none(field_type: Any) -> Optional:
    """Takes `X | None` apart."""
    if get_origin(field_type) is not UnionType and NoneType not in get_args(field_type):
        return Optional(field_type, False)
    [inner] = [_plain(member) for member in get_args(field_type) if member is not NoneType]
    return Optional(inner, True)


def item_type(field_type: Any) -> Any:
    """X of `tuple[X, ...]`, or None for any other type."""
    return _plain(get_args(field_type)[0]) if get_origin(field_type) is tuple else None


def _plain(field_type: Any) -> Any:
    while hasattr(field_type, "__supertype__"):
        field_type = field_type.__supertype__
    return field_type


def _record(record: type, named: set[str]) -> AvroSchema:
    defaults = {field.name: field.default for field in dataclasses.fields(record)}
    return {
        "type": "record",
        "name": record.__name__,
        "namespace": NAMESPACE,
        "doc": _first_sentence(record),
        "fields": [
            {"name": name, "type": _type(field_type, named), **_default(field_type, defaults[name])}
            for name, field_type in field_types(record).items()
        ],
    }


def _type(field_type: Any, named: set[str]) -> Any:
    inner, nullable = without_none(field_type)
    if nullable:
        return ["null", _type(inner, named)]
    if (item := item_type(inner)) is not None:
        return {"type": "array", "items": _type(item, named)}
    if inner in PRIMITIVES:
        return PRIMITIVES[inner]
    if issubclass(inner, StrEnum):
        return "string"
    if inner.__name__ in named:
        return f"{NAMESPACE}.{inner.__name__}"
    named.add(inner.__name__)
    return _record(inner, named)


def _default(field_type: Any, default: object) -> dict[str, Any]:
    if without_none(field_type).nullable:
        return {"default": None}
    if default is dataclasses.MISSING:
        return {}
    return {"default": list(default) if isinstance(default, tuple) else default}


def _first_sentence(record: type) -> str:
    return " ".join((record.__doc__ or "").split("\n\n")[0].split())
