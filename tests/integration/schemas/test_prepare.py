"""What `python -m schemas` leaves behind in real engines, and that strangers can read it."""

import json
import os
import subprocess
import sys
import uuid
from urllib.request import urlopen

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from schemas.avro_versions import schema_versions
from schemas.eventlog.kafka import KafkaEventLog
from schemas.events import VerdictReached
from schemas.golden_records import example
from schemas.registry import Registry
from schemas.topics import VERDICTS


def run(engines: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "schemas", *arguments],
        env={**os.environ, **engines},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_preparing_again_creates_and_changes_nothing(engines: dict[str, str]) -> None:
    before = Registry(engines["JUDGESTREAM_REGISTRY_URL"]).ids()
    again = run(engines)
    assert again.returncode == 0, again.stderr
    assert "topics_ready created=0" in again.stderr
    assert "topic_setting_changed" not in again.stderr
    assert Registry(engines["JUDGESTREAM_REGISTRY_URL"]).ids() == before


def test_topics_alone_need_no_registry(engines: dict[str, str]) -> None:
    alone = run(engines | {"JUDGESTREAM_REGISTRY_URL": ""}, "create-topics")
    assert alone.returncode == 0, alone.stderr
    assert "topics_ready" in alone.stderr


def test_every_subject_is_under_full_transitive(engines: dict[str, str]) -> None:
    for version in schema_versions():
        with urlopen(f"{engines['JUDGESTREAM_REGISTRY_URL']}/config/{version.subject}", timeout=10) as answer:
            assert json.load(answer)["compatibilityLevel"] == "FULL_TRANSITIVE"


def test_an_ordinary_consumer_reads_a_verdict(engines: dict[str, str], log: KafkaEventLog) -> None:
    verdict: VerdictReached = example(VerdictReached)
    position = log.append(VERDICTS, verdict).result(10)
    consumer = Consumer({"bootstrap.servers": engines["JUDGESTREAM_KAFKA"], "group.id": str(uuid.uuid4())})
    consumer.assign([TopicPartition(position.topic, position.partition, position.offset)])
    [message] = consumer.consume(1, 20)
    consumer.close()
    with SchemaRegistryClient({"url": engines["JUDGESTREAM_REGISTRY_URL"]}) as registry:
        # The default strategy asks for an endpoint that only Confluent's own registry has.
        deserialize = AvroDeserializer(registry, conf={"subject.name.strategy.type": "RECORD"})
        read = deserialize(message.value(), SerializationContext(position.topic, MessageField.VALUE))
    assert isinstance(read, dict)
    assert read["submission_id"] == verdict.submission_id
    assert read["occurred_at"] == verdict.occurred_at
    assert [case["case"] for case in read["cases"]] == [result.case for result in verdict.cases]


def test_bad_usage_and_bad_settings_are_told_apart_from_faults(engines: dict[str, str]) -> None:
    assert run(engines, "nonsense").returncode == 2
    assert run(engines | {"JUDGESTREAM_KAFKA": "nowhere"}).returncode == 2
