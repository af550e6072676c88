"""Events to bytes and back, in Confluent's wire format: `00`, four bytes of schema id, the Avro body.

What was written with any registered version is read as the newest. Bytes that no registered schema explains are
`UndecodableBytes`. An id that is not known here is asked of the registry; when that does not answer or does not know
it, this is our fault and passes: `LogUnavailable`, to be tried again, never a dead letter.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, Protocol, cast

import fastavro

from schemas.avro_reader import MALFORMED as READER_FAULTS
from schemas.avro_reader import Read, avro_reader
from schemas.avro_schema import AvroSchema, without_docs
from schemas.avro_versions import SchemaVersion, newest
from schemas.converters import to_dict, to_record
from schemas.events import EVENT_TYPES, Event

MAGIC: Final = 0
HEADER: Final = struct.Struct(">BI")
MALFORMED: Final = (*READER_FAULTS, EOFError, TypeError)
"""What reading malformed bytes ends in, ours or fastavro's."""


class UndecodableBytes(Exception):
    """These bytes are no event of ours, and no waiting will change that; `why` says what is wrong with them."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class SchemaSource(Protocol):
    """Knows schemas by id: the registry."""

    def schema(self, schema_id: int) -> AvroSchema:
        """The writer's schema of that id; `LogUnavailable` when it is unknown or the registry does not answer."""


@dataclass(frozen=True, slots=True)
class _Type:
    """How events of one type are written, and read where the newest version wrote them."""

    header: bytes
    schema: Any
    to_dict: Callable[[Any], dict[str, Any]]
    to_record: Callable[[dict[str, Any]], Event]
    read: Read


class Codec:
    """Encodes events under the ids that the registry gave to their newest versions; thread-safe."""

    def __init__(self, ids: Mapping[SchemaVersion, int], source: SchemaSource) -> None:
        """`ids` holds every committed version."""
        self._source = source
        self._types = {event_type: _type(event_type, ids) for event_type in EVENT_TYPES}
        self._by_name = {event_type.__name__: known for event_type, known in self._types.items()}
        self._readers = {schema_id: self._reader(version.schema()) for version, schema_id in ids.items()}

    def encode(self, event: Event) -> bytes:
        """The event as the value of a record."""
        known = self._types[type(event)]
        buffer = BytesIO()
        buffer.write(known.header)
        fastavro.schemaless_writer(buffer, known.schema, known.to_dict(event))
        return buffer.getvalue()

    def decode(self, value: bytes) -> Event:
        """The event that a record's value is; `UndecodableBytes` or `LogUnavailable`."""
        if len(value) < HEADER.size or value[0] != MAGIC:
            raise UndecodableBytes(f"{len(value)} bytes that do not begin with 00 and a schema id")
        schema_id = int.from_bytes(value[1:5], "big")
        read = self._readers.get(schema_id) or self._asked(schema_id)
        try:
            event, end = read(value, HEADER.size)
        except MALFORMED as error:
            raise UndecodableBytes(f"the Avro body is broken: {type(error).__name__}: {error}"[:300]) from error
        if end != len(value):
            raise UndecodableBytes(f"the Avro body ends at {end} of {len(value)} bytes")
        return cast(Event, event)

    def _asked(self, schema_id: int) -> Read:
        read = self._reader(self._source.schema(schema_id))
        self._readers[schema_id] = read
        return read

    def _reader(self, schema: AvroSchema) -> Read:
        known = self._by_name.get(schema["name"])
        if known is None:
            raise UndecodableBytes(f"the schema {schema['name']} is none of our events")
        parsed = _parsed(schema)
        return known.read if parsed == known.schema else _resolving(parsed, known)


def _type(event_type: type[Event], ids: Mapping[SchemaVersion, int]) -> _Type:
    version = newest(event_type.__name__)
    return _Type(
        header=HEADER.pack(MAGIC, ids[version]),
        schema=_parsed(version.schema()),
        to_dict=to_dict(event_type),
        to_record=to_record(event_type),
        read=avro_reader(event_type),
    )


def _resolving(writer: Any, known: _Type) -> Read:
    """Reads what another version wrote as the newest, by Avro's rules of resolution."""

    def read(value: bytes, start: int) -> tuple[Event, int]:
        body = BytesIO(value)
        body.seek(start)
        fields: Any = fastavro.schemaless_reader(body, writer, known.schema)
        return known.to_record(fields), body.tell()

    return read


def _parsed(schema: AvroSchema) -> Any:
    """fastavro's form of a schema; without logical types, since the converters know them and are quicker."""
    return fastavro.parse_schema(_without_logical_types(without_docs(schema)))


def _without_logical_types(schema: Any) -> Any:
    if isinstance(schema, dict):
        if "logicalType" in schema:
            return schema["type"]
        return {key: _without_logical_types(part) for key, part in schema.items()}
    return [_without_logical_types(part) for part in schema] if isinstance(schema, list) else schema
