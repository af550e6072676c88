"""The committed contract of the log is what the code says, and is an AsyncAPI document."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import fastavro
import pytest

from schemas.asyncapi import asyncapi
from schemas.golden_records import canonical
from schemas.topics import TOPIC_BY_NAME, TOPICS, Topic
from schemas.write_asyncapi import DOCUMENT

COMMITTED: dict[str, Any] = json.loads(DOCUMENT.read_text())
BY_NAME = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


def references(part: Any) -> Iterator[str]:
    """Every `$ref` in the document."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def resolved(reference: str) -> Any:
    part = COMMITTED
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def messages(topic: Topic) -> dict[str, Any]:
    return {name: resolved(it["$ref"]) for name, it in COMMITTED["channels"][topic.name]["messages"].items()}


def test_it_is_not_stale() -> None:
    assert DOCUMENT.read_text() == canonical(asyncapi()), "write it anew: python -m schemas.write_asyncapi"


def test_it_is_an_asyncapi_document_that_names_no_host() -> None:
    assert COMMITTED["asyncapi"] == "3.0.0"
    assert COMMITTED.keys() == {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    assert COMMITTED["info"].keys() >= {"title", "version"}
    assert "servers" not in COMMITTED
    assert not re.search(r"://|localhost|127\.0", DOCUMENT.read_text())


def test_every_reference_leads_somewhere() -> None:
    found = list(references(COMMITTED))
    assert found
    assert all(isinstance(resolved(reference), dict) for reference in found)


@BY_NAME
def test_a_topic_has_partitions_retention_and_key(topic: Topic) -> None:
    channel = COMMITTED["channels"][topic.name]
    kafka = channel["bindings"]["kafka"]
    assert (channel["address"], kafka["topic"], kafka["partitions"]) == (topic.name, topic.name, topic.partitions)
    configuration = kafka["topicConfiguration"]
    assert configuration["cleanup.policy"] == (["compact"] if topic.compacted else ["delete"])
    kept = timedelta(milliseconds=configuration["retention.ms"])
    assert kept == (timedelta(milliseconds=-1) if topic.retention is None else topic.retention)
    for name, message in messages(topic).items():
        key = message["bindings"]["kafka"].get("key", {"description": None})["description"]
        assert key == (f"`{topic.key}` of the event" if topic.key else None), name


@BY_NAME
def test_a_topics_messages_are_its_events_in_avro_with_confluents_framing(topic: Topic) -> None:
    assert set(messages(topic)) == {event.__name__ for event in topic.events}
    for name, message in messages(topic).items():
        payload, binding = message["payload"], message["bindings"]["kafka"]
        assert payload["schemaFormat"] == "application/vnd.apache.avro;version=1.9.0"
        parsed = fastavro.parse_schema(payload["schema"])
        assert isinstance(parsed, dict)
        assert parsed["name"] == message["name"] == f"judgestream.{name}"
        assert (binding["schemaIdLocation"], binding["schemaIdPayloadEncoding"]) == ("payload", "confluent")


def test_every_topic_can_be_received_and_none_be_sent_to() -> None:
    operations = COMMITTED["operations"].values()
    assert {operation["action"] for operation in operations} == {"receive"}
    assert {resolved(operation["channel"]["$ref"])["address"] for operation in operations} == set(TOPIC_BY_NAME)
    for operation in operations:
        channel = operation["channel"]["$ref"]
        assert all(it["$ref"].startswith(f"{channel}/messages/") for it in operation["messages"])
