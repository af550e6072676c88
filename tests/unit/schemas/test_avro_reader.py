"""The generated readers read what fastavro writes, and refuse what is no Avro."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.avro_reader import avro_reader, bad_branch, block, varint
from schemas.avro_schema import avro_schema, field_types, item_type, without_none
from schemas.converters import to_dict
from schemas.events import EVENT_TYPES, Event
from schemas.golden_records import example
from schemas.values import Position

SCHEMAS: dict[type, Any] = {event_type: fastavro.parse_schema(avro_schema(event_type)) for event_type in EVENT_TYPES}
READERS = {event_type: avro_reader(event_type) for event_type in EVENT_TYPES}
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    bytes: st.binary(max_size=300),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Position: st.builds(
        Position, topic=st.just("submissions"), partition=st.integers(0, 99), offset=st.integers(0, 10**15)
    ),
}


def values(field_type: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    inner, nullable = without_none(field_type)
    if nullable:
        return st.none() | values(inner)
    if (item := item_type(inner)) is not None:
        return st.lists(values(item), max_size=3).map(tuple)
    if inner in SIMPLE:
        return SIMPLE[inner]
    return st.sampled_from(list(inner)) if issubclass(inner, str) else objects(inner)


def objects(record: type) -> st.SearchStrategy[Any]:
    """Any object of a dataclass."""
    return st.builds(record, **{name: values(field_type) for name, field_type in field_types(record).items()})


def written(event: Event) -> bytes:
    body = BytesIO()
    fastavro.schemaless_writer(body, SCHEMAS[type(event)], to_dict(type(event))(event))
    return body.getvalue()


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_reads_what_fastavro_wrote_and_says_where_it_ends(event_type: type[Event]) -> None:
    body = written(example(event_type))
    assert READERS[event_type](b"head" + body + b"tail", 4) == (example(event_type), 4 + len(body))


@settings(max_examples=60)
@given(st.sampled_from(EVENT_TYPES).flatmap(objects))
def test_reads_every_event_that_there_can_be(event: Event) -> None:
    body = written(event)
    assert READERS[type(event)](body, 0) == (event, len(body))


@pytest.mark.parametrize(
    ("encoded", "number"),
    [(b"\x00", 0), (b"\x7f", 127), (b"\x80\x01", 128), (b"\xff" * 9 + b"\x01", 2**64 - 1)],
)
def test_numbers_have_seven_bits_per_byte(encoded: bytes, number: int) -> None:
    assert varint(b"?" + encoded + b"?", 1) == (number, 1 + len(encoded))


def test_a_number_of_more_than_64_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 64 bits"):
        varint(b"\xff" * 10 + b"\x01", 0)


def test_a_number_that_does_not_end_is_refused() -> None:
    with pytest.raises(IndexError):
        varint(b"\xff\xff", 0)


def test_a_block_may_tell_its_size_behind_a_negative_count() -> None:
    assert block(b"\x06", 0) == (3, 1)
    assert block(b"\x05\x08", 0) == (3, 2)


def test_a_branch_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no branch 4"):
        bad_branch(4)
