"""The committed schemas: they agree with the dataclasses, may evolve, and stay readable for ever."""

import itertools
import json
from io import BytesIO
from typing import Any

import fastavro
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import Schema, parse

from schemas.avro_schema import avro_schema, without_docs
from schemas.avro_versions import AVRO, SchemaVersion, newest, schema_versions
from schemas.codec import Codec
from schemas.events import EVENT_TYPES, Event
from schemas.golden_records import GOLDEN, as_json, golden_body, golden_story, schema_sha256

VERSIONS = schema_versions()
NEW_VERSIONS = "python -m schemas.new_versions writes what is missing"


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_the_newest_version_is_what_the_dataclass_asks_for(event_type: type[Event]) -> None:
    committed = without_docs(newest(event_type.__name__).schema())
    assert committed == without_docs(avro_schema(event_type)), NEW_VERSIONS


def test_the_order_names_every_file_once_and_versions_count_up() -> None:
    assert sorted(str(version) for version in VERSIONS) == sorted(path.stem for path in AVRO.glob("*.avsc"))
    for record in {version.record for version in VERSIONS}:
        numbers = [version.number for version in VERSIONS if version.record == record]
        assert numbers == list(range(1, len(numbers) + 1))


def test_events_stand_in_the_order_of_their_first_version() -> None:
    firsts = [version.record for version in VERSIONS if version.number == 1]
    assert firsts == [event_type.__name__ for event_type in EVENT_TYPES]


def test_every_version_reads_what_every_other_version_wrote() -> None:
    parsed = {version: parse(version.text()) for version in VERSIONS}
    for reader, writer in itertools.product(VERSIONS, VERSIONS):
        if reader.record == writer.record:
            assert _reads(parsed[reader], parsed[writer]), f"{reader} does not read what {writer} wrote"


def test_the_checker_finds_a_field_without_default() -> None:
    older = newest("ContestThawed").schema()
    newer = {**older, "fields": [*older["fields"], {"name": "why", "type": "string"}]}
    assert not _reads(parse(json.dumps(newer)), parse(json.dumps(older)))


def test_unions_are_null_and_one_type_with_null_as_default() -> None:
    for version in VERSIONS:
        for field in _fields(version.schema()):
            if isinstance(field["type"], list):
                assert len(field["type"]) == 2, f"{version} {field['name']}"
                assert field["type"][0] == "null", f"{version} {field['name']}"
                assert field["default"] is None, f"{version} {field['name']}"


def test_no_schema_has_an_enum() -> None:
    assert not any('"enum"' in version.text() for version in VERSIONS)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_committed_schema_never_changes(version: SchemaVersion) -> None:
    assert golden_story(version)["schema_sha256"] == schema_sha256(version), f"{version}.avsc changed; {NEW_VERSIONS}"


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec({known: number for number, known in enumerate(VERSIONS)}, source=_NoRegistry())


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_golden_record_is_read_for_ever(codec: Codec, version: SchemaVersion) -> None:
    header = b"\x00" + VERSIONS.index(version).to_bytes(4, "big")
    told = golden_story(version)["event"]
    assert _as_far_as(told, as_json(codec.decode(header + golden_body(version)))) == told


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_golden_record_is_what_its_own_schema_writes(version: SchemaVersion) -> None:
    schema = fastavro.parse_schema(version.schema())
    body = BytesIO()
    fastavro.schemaless_writer(body, schema, fastavro.schemaless_reader(BytesIO(golden_body(version)), schema, None))
    assert body.getvalue() == golden_body(version)


def test_there_is_a_golden_record_of_every_version_and_no_other() -> None:
    assert {path.stem for path in GOLDEN.glob("*.bin")} == {str(version) for version in VERSIONS}
    assert {path.stem for path in GOLDEN.glob("*.json")} == {str(version) for version in VERSIONS}


def _reads(reader: Schema, writer: Schema) -> bool:
    checker = ReaderWriterCompatibilityChecker()
    return checker.get_compatibility(reader, writer).compatibility is SchemaCompatibilityType.compatible


def _as_far_as(told: Any, read: Any) -> Any:
    """What was read without the fields of later versions."""
    if isinstance(told, dict):
        return {name: _as_far_as(told[name], read[name]) for name in told}
    if isinstance(told, list):
        return [_as_far_as(*pair) for pair in zip(told, read, strict=True)]
    return read


class _NoRegistry:
    def schema(self, schema_id: int) -> dict[str, object]:
        raise AssertionError(f"asked for {schema_id}")


def _fields(schema: object) -> list[dict[str, object]]:
    """All fields of a schema and of the records within it."""
    if isinstance(schema, list):
        return [field for part in schema for field in _fields(part)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("fields", [])
    inner = [field for part in (schema.get("type"), schema.get("items")) for field in _fields(part)]
    return [*own, *inner, *(field for one in own for field in _fields(one["type"]))]
