"""The contract of the log as an AsyncAPI 3 document: every topic with key, partitions, retention and messages.

It is drawn from the topic table and the committed schemas, for those who read the log with tools of their own, and
names no host. `python -m schemas.write_asyncapi` writes it to `docs/asyncapi.json`.
"""

import re
from datetime import timedelta
from typing import Any, Final

from schemas.avro_versions import newest, schema_versions
from schemas.topics import TOPICS, Topic

Json = dict[str, Any]

ASYNCAPI: Final = "3.0.0"
KAFKA_BINDING: Final = "0.5.0"
SCHEMA_FORMAT: Final = "application/vnd.apache.avro;version=1.9.0"
CONTENT_TYPE: Final = "avro/binary"

FOR_EVER_MS: Final = -1

ABOUT: Final = """\
Everything that happens in judgestream, as Avro events in Kafka. Whoever may reach the broker may read any topic from \
the beginning, in a group of their own or in none; nobody but the named writer appends.

**Framing.** A value is in Confluent's wire format: one byte `00`, the four bytes (big-endian) of a schema's id in the \
registry, then the Avro binary body. The id names the writer's schema; any deserializer for Confluent's registry API \
reads it. A schema's subject is its record's full name (RecordNameStrategy), and compatibility is FULL_TRANSITIVE: \
a later field has a default, nothing is renamed or removed, and a breaking change is a new record. The payloads here \
are the newest versions; `x-versions` says how many there are.

**Keys** are UTF-8 text, hashed with murmur2, so that all records of one key stand in one partition, in order. The \
number of partitions of a keyed topic never changes.

**Values.** Times are microseconds since 1970 in UTC. A position is text, `topic:partition:offset`. Sets that may grow \
(verdicts, languages, states) are strings: take an unknown one for what it is. Every event has `event_id`, \
`occurred_at` and `caused_by`, the position of what it follows from. Records may be repeated: a repeat has the same \
`event_id`, and of several verdicts with one `judging_id` the first in its partition counts.\
"""


def asyncapi() -> Json:
    """The whole document."""
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "judgestream: the log",
            "version": str(len(schema_versions())),
            "description": ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {_operation_name(topic): _operation(topic) for topic in TOPICS},
        "components": {"messages": {name: _message(name, key) for name, key in _keys().items()}},
    }


def _channel(topic: Topic) -> Json:
    kept = "compacted" if topic.compacted else "for ever" if topic.retention is None else _days(topic.retention)
    key = f"keyed by `{topic.key}`" if topic.key else "without a key: the writer chooses the partition"
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"Written by {topic.writer}, {key}; kept {kept}.",
        "messages": {event.__name__: _reference("components", "messages", event.__name__) for event in topic.events},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.compacted else "delete"],
                    "retention.ms": FOR_EVER_MS if topic.retention is None else _milliseconds(topic.retention),
                },
                "bindingVersion": KAFKA_BINDING,
            }
        },
        "x-writer": topic.writer,
        "x-partitions-may-grow": topic.partitions_may_grow,
    }


def _operation(topic: Topic) -> Json:
    return {
        "action": "receive",
        "channel": _reference("channels", topic.name),
        "summary": f"Read {topic.name}, from the beginning or from now on.",
        "messages": [_reference("channels", topic.name, "messages", event.__name__) for event in topic.events],
    }


def _message(name: str, key: str | None) -> Json:
    version = newest(name)
    schema = version.schema()
    framing = {
        "schemaIdLocation": "payload",
        "schemaIdPayloadEncoding": "confluent",
        "schemaLookupStrategy": "RecordNameStrategy",
        "bindingVersion": KAFKA_BINDING,
    }
    keyed = {"key": {"type": "string", "description": f"`{key}` of the event"}} if key else {}
    return {
        "name": version.subject,
        "title": name,
        "summary": schema["doc"],
        "contentType": CONTENT_TYPE,
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": schema},
        "bindings": {"kafka": keyed | framing},
        "x-versions": version.number,
    }


def _keys() -> dict[str, str | None]:
    """Every event that stands in a topic, with what it is keyed by: the same wherever it stands."""
    keys: dict[str, str | None] = {}
    for topic in TOPICS:
        for event in topic.events:
            if keys.setdefault(event.__name__, topic.key) != topic.key:
                raise ValueError(f"{event.__name__} is keyed by {keys[event.__name__]} and by {topic.key}")
    return dict(sorted(keys.items()))


def _operation_name(topic: Topic) -> str:
    words = re.split(r"[^a-zA-Z0-9]+", topic.name)
    return "receive" + "".join(word.capitalize() for word in words)


def _reference(*path: str) -> Json:
    return {"$ref": "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)}


def _milliseconds(retention: timedelta) -> int:
    return retention // timedelta(milliseconds=1)


def _days(retention: timedelta) -> str:
    return "for a day" if retention.days == 1 else f"for {retention.days} days"
