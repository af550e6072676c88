"""Converters between our dataclasses and what fastavro reads and writes, generated once per class.

fastavro takes and gives a record as a dict. Walking a dataclass's fields anew for every event would cost more than
the encoding itself, so for every class two functions are written out from its fields, as one would type them by hand,
and compiled. For `SourceFile` they are

    def to_dict(o):                                     def to_record(d):
        return {"name": o.name, "content": o.content}       o = new(SourceFile)
                                                            set_name(o, d["name"])
                                                            set_content(o, d["content"])
                                                            return o

`set_name` is the slot's own setter: the `__init__` of a frozen dataclass does the same in twice the time.
`to_record` is for what another version wrote, which fastavro resolves; `avro_reader` reads what the newest wrote.
"""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from schemas.avro_schema import PRIMITIVES, field_types, item_type, without_none
from schemas.per_class import per_class
from schemas.values import Position

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

ToDict = Callable[[Any], dict[str, Any]]
ToRecord = Callable[[dict[str, Any]], Any]


@per_class
def to_dict(record: type) -> ToDict:
    """Turns an object of that class into fastavro's dict; a time without a zone is a TypeError."""
    names = {"EPOCH": EPOCH, "MICROSECOND": MICROSECOND}
    converter: ToDict = _compiled("to_dict", f"def to_dict(o):\n    return {_dict_of(record, 'o')}\n", names)
    return converter


@per_class
def to_record(record: type) -> ToRecord:
    """Turns fastavro's dict into an object of that class; an unknown member of a growing set is its UNKNOWN."""
    if hasattr(record, "__post_init__"):
        raise TypeError(f"{record.__name__} has a __post_init__, which would not be called")
    names: dict[str, Any] = {record.__name__: record, "new": object.__new__, "EPOCH": EPOCH, "timedelta": timedelta}
    lines = ["def to_record(d):", f"    o = new({record.__name__})"]
    for name, field_type in field_types(record).items():
        names[f"set_{name}"] = inspect.getattr_static(record, name).__set__
        lines.append(f"    set_{name}(o, {_read(field_type, f'd[{name!r}]', names)})")
    converter: ToRecord = _compiled("to_record", "\n".join([*lines, "    return o\n"]), names)
    return converter


def _dict_of(record: type, owner: str) -> str:
    items = (f"{name!r}: {_written(field_type, f'{owner}.{name}')}" for name, field_type in field_types(record).items())
    return "{" + ", ".join(items) + "}"


def _written(field_type: Any, value: str) -> str:
    """The expression for a field's value as fastavro takes it."""
    inner, nullable = without_none(field_type)
    if nullable:
        written = _written(inner, value)
        return value if written == value else f"None if {value} is None else {written}"
    if (item := item_type(inner)) is not None:
        written = _written(item, "i")
        return value if written == "i" else f"[{written} for i in {value}]"
    if inner is datetime:
        return f"({value} - EPOCH) // MICROSECOND"
    if inner is Position:
        return f"str({value})"
    if inner in PRIMITIVES or issubclass(inner, StrEnum):
        return value
    return _dict_of(inner, value)


def _read(field_type: Any, value: str, names: dict[str, Any]) -> str:
    """The expression for a field's value as it was before; what it refers to is put into `names`."""
    inner, nullable = without_none(field_type)
    if nullable:
        read = _read(inner, value, names)
        return value if read == value else f"None if {value} is None else {read}"
    if (item := item_type(inner)) is not None:
        read = _read(item, "i", names)
        return f"tuple({value})" if read == "i" else f"tuple([{read} for i in {value}])"
    if inner is datetime:
        return f"EPOCH + timedelta(0, 0, {value})"
    if inner in PRIMITIVES and inner is not Position:
        return value
    reader = f"read_{inner.__name__}"
    names[reader] = _reader(inner)
    return f"{reader}({value})"


def _reader(inner: Any) -> Callable[[Any], Any]:
    return member_reader(inner) if inner is Position or issubclass(inner, StrEnum) else to_record(inner)


def member_reader(inner: Any) -> Callable[[str], Any]:
    """Makes a position or a member of a set from its text; an unknown member of a growing set is its UNKNOWN.

    An odd member of a set that cannot grow is a KeyError, an odd position a ValueError: undecodable.
    """
    if inner is Position:
        return Position.parse
    members = {member.value: member for member in inner}
    if "UNKNOWN" not in members:
        return members.__getitem__
    unknown = members["UNKNOWN"]
    return lambda text: members.get(text, unknown)


def _compiled(name: str, source: str, names: dict[str, Any]) -> Any:
    defined = dict(names)
    exec(compile(source, f"<{name} of {__name__}>", "exec"), defined)
    return defined[name]
