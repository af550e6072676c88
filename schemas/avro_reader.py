"""Readers of Avro bytes, generated once per class: from the bytes of the newest version straight to our dataclass.

fastavro would make dicts, which then have to become objects. For every class one function is written out from its
fields instead, as one would type it by hand, and compiled; it takes half the time. For `SourceFile` it is

    def read(b, i):                                 `b` are the bytes, `i` is where we stand
        o = new(SourceFile)
        n = b[i]; i += 1                            a length: zigzag, in seven bits per byte,
        if n > 127: n, i = varint(b, i - 1)         nearly always in one
        j = i + (n >> 1)
        v = b[i:j].decode(); i = j
        set_name(o, v)
        …
        return o, i

`set_name` is the slot's own setter: the `__init__` of a frozen dataclass does the same in twice the time. Bytes that
end too early are an IndexError, or leave `i` behind the end, which the caller has to look at.
"""

import inspect
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.avro_schema import PRIMITIVES, field_types, item_type, without_none
from schemas.converters import EPOCH, member_reader
from schemas.per_class import per_class
from schemas.values import Position

Read = Callable[[bytes, int], tuple[Any, int]]

LONG_BITS: Final = 64

LENGTH: Final = ("n = b[i]; i += 1", "if n > 127: n, i = varint(b, i - 1)")
SPAN: Final = (*LENGTH, "j = i + (n >> 1)")
TEXT: Final = (*SPAN, "v = b[i:j].decode(); i = j")
SIMPLE: Final[dict[Any, tuple[str, ...]]] = {
    str: TEXT,
    bytes: (*SPAN, "v = b[i:j]; i = j"),
    int: (*LENGTH, "v = (n >> 1) ^ -(n & 1)"),
    bool: ("v = b[i] != 0; i += 1",),
    float: ("[v] = double(b, i); i += 8",),
    datetime: ("n, i = varint(b, i)", "v = EPOCH + timedelta(0, 0, (n >> 1) ^ -(n & 1))"),
}
"""How a value at `b[i]` is read into `v`."""


@per_class
def avro_reader(record: type) -> Read:
    """Reads an object of that class at an offset, and answers where its bytes end.

    Malformed bytes are one of `MALFORMED`, or an end behind the last byte.
    """
    if hasattr(record, "__post_init__"):
        raise TypeError(f"{record.__name__} has a __post_init__, which would not be called")
    names: dict[str, Any] = dict(KNOWN)
    names[record.__name__] = record
    lines = [f"o = new({record.__name__})"]
    for name, field_type in field_types(record).items():
        names[f"set_{name}"] = inspect.getattr_static(record, name).__set__
        lines += [*_reading(field_type, names), f"set_{name}(o, v)"]
    source = "\n".join(["def read(b, i):", *_indented([*lines, "return o, i"])])
    exec(compile(source, f"<reader of {record.__name__}>", "exec"), names)
    read: Read = names["read"]
    return read


def varint(b: bytes, i: int) -> tuple[int, int]:
    """A number in seven bits per byte, least first, and where it ends."""
    number = shift = 0
    while shift < LONG_BITS:
        byte = b[i]
        i += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, i
        shift += 7
    raise ValueError("a number of more than 64 bits")


def block(b: bytes, i: int) -> tuple[int, int]:
    """How many items an array's next block has, and where they begin; a negative count has a size behind it."""
    number, i = varint(b, i)
    count = (number >> 1) ^ -(number & 1)
    if count >= 0:
        return count, i
    _, i = varint(b, i)
    return -count, i


def bad_branch(tag: int) -> None:
    """Refuses a branch that `[null, X]` does not have."""
    raise ValueError(f"a union of two has no branch {tag}")


MALFORMED: Final = (IndexError, KeyError, ValueError, OverflowError, struct.error)

KNOWN: Final[dict[str, Any]] = {
    "new": object.__new__,
    "varint": varint,
    "block": block,
    "bad_branch": bad_branch,
    "double": struct.Struct("<d").unpack_from,
    "EPOCH": EPOCH,
    "timedelta": timedelta,
}


def _reading(field_type: Any, names: dict[str, Any]) -> list[str]:
    """The lines that read a value of that type into `v`; what they refer to is put into `names`."""
    inner, nullable = without_none(field_type)
    if nullable:
        return [
            "t = b[i]; i += 1",
            "if t == 2:",
            *_indented(_reading(inner, names)),
            "else:",
            "    v = None if t == 0 else bad_branch(t)",
        ]
    if (item := item_type(inner)) is not None:
        return [
            "items = []",
            "c, i = block(b, i)",
            "while c:",
            "    for _ in range(c):",
            *_indented(_indented([*_reading(item, names), "items.append(v)"])),
            "    c, i = block(b, i)",
            "v = tuple(items)",
        ]
    if inner in SIMPLE:
        return list(SIMPLE[inner])
    reader = f"read_{inner.__name__}"
    if inner is Position or issubclass(inner, str):
        names[reader] = member_reader(inner)
        return [*TEXT, f"v = {reader}(v)"]
    names[reader] = avro_reader(inner)
    return [f"v, i = {reader}(b, i)"]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


assert SIMPLE.keys() == PRIMITIVES.keys() - {Position}, "every primitive can be read"
