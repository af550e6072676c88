"""Events to bytes and back, and what is made of bytes that are no event."""

from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro_schema import AvroSchema
from schemas.avro_versions import newest, schema_versions
from schemas.codec import Codec, UndecodableBytes
from schemas.converters import to_dict
from schemas.eventlog.errors import LogUnavailable
from schemas.events import EVENT_TYPES, CaseJudged, ContestThawed, Event, JudgingRequested, JudgingStarted
from schemas.golden_records import example
from schemas.ids import ContestId, EventId
from schemas.local_codec import local_codec
from schemas.values import Verdict

IDS = {version: number for number, version in enumerate(schema_versions(), start=101)}
LOCAL = local_codec()
STRANGER_ID = 999
STRANGER: AvroSchema = {"type": "record", "name": "Stranger", "namespace": "elsewhere", "fields": []}


class Registry:
    """Answers for the ids that it was given; None: it does not answer at all."""

    def __init__(self, schemas: dict[int, AvroSchema] | None) -> None:
        self.schemas = schemas

    def schema(self, schema_id: int) -> AvroSchema:
        if self.schemas is None or schema_id not in self.schemas:
            raise LogUnavailable(f"schema {schema_id}")
        return self.schemas[schema_id]


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(IDS, Registry({STRANGER_ID: STRANGER}))


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_what_is_encoded_is_decoded_the_same(codec: Codec, event_type: type[Event]) -> None:
    event = example(event_type)
    assert codec.decode(codec.encode(event)) == event


def test_values_begin_with_zero_and_the_id_of_the_newest_version(codec: Codec) -> None:
    value = codec.encode(example(CaseJudged))
    assert value[:5] == b"\x00" + IDS[newest("CaseJudged")].to_bytes(4, "big")


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_truncation_is_undecodable(codec: Codec, event_type: type[Event]) -> None:
    value = codec.encode(example(event_type))
    for length in range(len(value)):
        with pytest.raises(UndecodableBytes):
            codec.decode(value[:length])


def test_bytes_behind_the_body_are_undecodable(codec: Codec) -> None:
    with pytest.raises(UndecodableBytes, match=r"ends at \d+ of \d+ bytes"):
        codec.decode(codec.encode(example(CaseJudged)) + b"\x00")


@pytest.mark.parametrize("value", [b"", b"{}", b"\x01\x00\x00\x00\x65", b"\x00\x00\x00\x65"])
def test_bytes_without_the_header_are_undecodable(codec: Codec, value: bytes) -> None:
    with pytest.raises(UndecodableBytes, match="do not begin with 00"):
        codec.decode(value)


@given(event_type=st.sampled_from(EVENT_TYPES), noise=st.binary(max_size=200), kept=st.integers(0, 60))
def test_a_broken_body_is_undecodable_or_an_event_and_nothing_else(
    event_type: type[Event], noise: bytes, kept: int
) -> None:
    value = LOCAL.encode(example(event_type))
    with suppress(UndecodableBytes):
        assert isinstance(LOCAL.decode(value[: 5 + kept] + noise), event_type)


def test_a_schema_that_is_none_of_ours_is_undecodable(codec: Codec) -> None:
    with pytest.raises(UndecodableBytes, match="Stranger is none of our events"):
        codec.decode(b"\x00" + STRANGER_ID.to_bytes(4, "big"))


def test_an_unknown_id_is_our_fault_and_passes_when_the_registry_knows_it() -> None:
    registry = Registry(None)
    codec = Codec(IDS, registry)
    value = b"\x00" + (500).to_bytes(4, "big") + codec.encode(example(CaseJudged))[5:]
    with pytest.raises(LogUnavailable):
        codec.decode(value)
    registry.schemas = {500: newest("CaseJudged").schema()}
    assert codec.decode(value) == example(CaseJudged)
    registry.schemas = None
    assert codec.decode(value) == example(CaseJudged), "an id that was asked once is known for good"


def test_what_a_later_version_wrote_is_read_without_the_new_field() -> None:
    later = newest("ContestThawed").schema()
    later["fields"].append({"name": "why", "type": ["null", "string"], "default": None})
    event = example(ContestThawed)
    codec = Codec(IDS, Registry({500: later}))
    assert codec.decode(_written(later, event, why="because")) == event


def test_what_an_earlier_version_wrote_is_read_with_the_default() -> None:
    earlier = newest("JudgingRequested").schema()
    earlier["fields"] = [field for field in earlier["fields"] if field["name"] != "give_up"]
    event = example(JudgingRequested)
    decoded = Codec(IDS, Registry({500: earlier})).decode(_written(earlier, event))
    assert isinstance(decoded, JudgingRequested)
    assert decoded.give_up is None
    assert decoded.cases == event.cases


def test_an_unknown_member_of_a_growing_set_is_read_as_unknown(codec: Codec) -> None:
    value = codec.encode(example(CaseJudged))
    known = example(CaseJudged).result.verdict
    odd = value.replace(bytes([2 * len(known)]) + known.encode(), bytes([2 * len(known)]) + b"?" * len(known))
    decoded = codec.decode(odd)
    assert isinstance(decoded, CaseJudged)
    assert decoded.result.verdict is Verdict.UNKNOWN


def test_times_are_read_in_utc_to_the_microsecond(codec: Codec) -> None:
    moment = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    event = ContestThawed(event_id=EventId("e"), occurred_at=moment, caused_by=None, contest_id=ContestId("c"))
    decoded = codec.decode(codec.encode(event))
    assert decoded == event
    assert decoded.occurred_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(codec: Codec) -> None:
    event = ContestThawed(
        event_id=EventId("e"), occurred_at=datetime(2026, 9, 1), caused_by=None, contest_id=ContestId("c")
    )
    with pytest.raises(TypeError):
        codec.encode(event)


def test_decoded_events_are_frozen_and_complete(codec: Codec) -> None:
    event = codec.decode(codec.encode(example(JudgingStarted)))
    with pytest.raises(AttributeError):
        event.event_id = EventId("other")  # type: ignore[misc]  # that it cannot be is the point
    assert hash(event) == hash(example(JudgingStarted))
    assert repr(event) == repr(example(JudgingStarted))


def _written(schema: AvroSchema, event: Any, **more: object) -> bytes:
    body = BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(schema), to_dict(type(event))(event) | more)
    return b"\x00" + (500).to_bytes(4, "big") + body.getvalue()
