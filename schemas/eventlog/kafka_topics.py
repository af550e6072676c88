"""Making the broker's topics from the topic table, and holding them to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.eventlog.topic_checks import MESSAGE_BYTES
from schemas.topics import TOPICS, Topic

TIMEOUT_S: Final = 10.0
REPLICAS_FOR_QUORUM: Final = 3

REGISTRY_TOPICS: Final = ("kafkasql-journal", "kafkasql-snapshots")
"""Where Apicurio keeps its whole state. Left to itself it makes them with the broker's retention of seven days, after
which a restarted registry is empty and gives out the same ids again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durability:
    """How many brokers keep a record, and whether each fsyncs it before it is acknowledged.

    Fsync is what survives a power cut where there is one broker; with three and two in sync it is not needed.
    """

    replication: int = 1
    flush_every_message: bool = True


@dataclass(frozen=True, slots=True)
class WantedTopic:
    """A topic as it should be on the broker."""

    name: str
    partitions: int
    may_grow: bool
    settings: dict[str, str]


def wanted_topics(durability: Durability) -> tuple[WantedTopic, ...]:
    """All topics: ours, and those of the registry."""
    ours = (
        WantedTopic(topic.name, topic.partitions, topic.partitions_may_grow, _settings(topic, durability))
        for topic in TOPICS
    )
    registry_settings = {"retention.ms": "-1", "cleanup.policy": "delete", **_replicated(durability)}
    registrys = (WantedTopic(name, 1, False, registry_settings) for name in REGISTRY_TOPICS)
    return (*ours, *registrys)


def create_topics(admin: AdminClient, wanted: Iterable[WantedTopic], durability: Durability) -> list[str]:
    """Creates what is missing and answers what it created; safe to run twice at once."""
    existing = existing_partitions(admin)
    new = [
        NewTopic(topic.name, topic.partitions, durability.replication, config=topic.settings)
        for topic in wanted
        if topic.name not in existing
    ]
    created = []
    for name, future in (admin.create_topics(new, operation_timeout=TIMEOUT_S) if new else {}).items():
        try:
            future.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise unavailable(f"topic {name} cannot be created", error) from error
    return created


def existing_partitions(admin: AdminClient) -> dict[str, int]:
    """How many partitions each topic has; `LogUnavailable`."""
    try:
        topics = admin.list_topics(timeout=TIMEOUT_S).topics
    except KafkaException as error:
        raise unavailable("the broker does not answer", error) from error
    return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def check_partitions(existing: dict[str, int], wanted: Iterable[WantedTopic]) -> None:
    """Every topic is there (`LogUnavailable`) with the partitions of the table (`LogMisconfigured`).

    Another number would send keys to other partitions than before.
    """
    missing = [topic.name for topic in wanted if topic.name not in existing]
    if missing:
        raise LogUnavailable(f"topics are missing: {', '.join(missing)}")
    faults = [fault for topic in wanted if (fault := _partition_fault(topic, existing[topic.name]))]
    if faults:
        raise LogMisconfigured("; ".join(faults))


def adjust_settings(admin: AdminClient, wanted: Iterable[WantedTopic]) -> list[str]:
    """Brings the settings of existing topics up to the table and answers what it changed."""
    changed: list[str] = []
    resources = {ConfigResource(ResourceType.TOPIC, topic.name): topic for topic in wanted}
    found = admin.describe_configs(list(resources), request_timeout=TIMEOUT_S)
    for resource, topic in resources.items():
        now = {name: entry.value for name, entry in _settled(found[resource]).items()}
        for name, value in topic.settings.items():
            if now.get(name) != value:
                entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                resource.add_incremental_config(entry)
                changed.append(f"{topic.name}: {name} was {now.get(name)}, is {value}")
    altered = [resource for resource in resources if resource.incremental_configs]
    for future in (admin.incremental_alter_configs(altered, request_timeout=TIMEOUT_S) if altered else {}).values():
        _settled(future)
    return changed


def unavailable(what: str, error: KafkaException) -> LogUnavailable:
    """The broker's error in our words."""
    return LogUnavailable(f"{what}: {error.args[0].str()}")


def _settled(future: Any) -> Any:
    try:
        return future.result()
    except KafkaException as error:
        raise unavailable("topic settings cannot be read or changed", error) from error


def _partition_fault(topic: WantedTopic, partitions: int) -> str | None:
    if partitions == topic.partitions or (topic.may_grow and partitions > topic.partitions):
        return None
    return f"topic {topic.name} has {partitions} partitions and should have {topic.partitions}"


def _settings(topic: Topic, durability: Durability) -> dict[str, str]:
    fact = topic.retention is None and not topic.compacted
    return {
        "message.timestamp.type": "LogAppendTime",
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": "-1" if topic.retention is None else str(topic.retention // timedelta(milliseconds=1)),
        "retention.bytes": "-1",
        "max.message.bytes": str(MESSAGE_BYTES),
        "flush.messages": "1" if fact and durability.flush_every_message else str(2**63 - 1),
        **_replicated(durability),
    }


def _replicated(durability: Durability) -> dict[str, str]:
    return {"min.insync.replicas": "2" if durability.replication >= REPLICAS_FOR_QUORUM else "1"}
