"""A codec that needs no registry, for a log that needs no broker."""

from functools import cache
from typing import Final

from schemas.avro_schema import AvroSchema
from schemas.avro_versions import schema_versions
from schemas.codec import Codec
from schemas.eventlog.errors import LogUnavailable

FIRST_ID: Final = 1


class _NoRegistry:
    """Knows nothing beyond the committed schemas."""

    def schema(self, schema_id: int) -> AvroSchema:
        raise LogUnavailable(f"no registry, and {schema_id} is no id of a committed schema")


@cache
def local_codec() -> Codec:
    """Gives out the ids that an empty registry would: from 1, in the order of registration."""
    ids = {version: number for number, version in enumerate(schema_versions(), start=FIRST_ID)}
    return Codec(ids, _NoRegistry())
