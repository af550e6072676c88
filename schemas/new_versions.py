"""`python -m schemas.new_versions`: writes what has to be committed after an event was changed.

For every event whose dataclass asks for another schema than its newest version: the next version, its line in the
order of registration, and a golden record, which stays decodable for ever. What is there is never touched.
"""

from schemas.avro_schema import avro_schema, without_docs
from schemas.avro_versions import ORDER, SchemaVersion, schema_versions
from schemas.events import EVENT_TYPES, Event
from schemas.golden_records import canonical, example, write_golden


def main() -> None:
    """Writes and says what it wrote."""
    written = [version for event_type in EVENT_TYPES if (version := _write(event_type))]
    print("\n".join(f"wrote {version}" for version in written) or "every event has its schema")


def _write(event_type: type[Event]) -> SchemaVersion | None:
    known = [version for version in schema_versions() if version.record == event_type.__name__]
    if known and without_docs(max(known).schema()) == without_docs(avro_schema(event_type)):
        return None
    version = SchemaVersion(event_type.__name__, len(known) + 1)
    version.path.write_text(canonical(avro_schema(event_type)))
    with ORDER.open("a") as order:
        order.write(f"{version}\n")
    write_golden(version, example(event_type))
    schema_versions.cache_clear()
    return version


if __name__ == "__main__":
    main()
