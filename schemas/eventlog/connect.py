"""The one way for a service to get at the log: waits until broker, topics and schemas are there and agree."""

from typing import Final

from confluent_kafka.admin import AdminClient

from schemas.codec import Codec
from schemas.eventlog.first_records import check_first_records
from schemas.eventlog.kafka import PREFETCH, KafkaEventLog
from schemas.eventlog.kafka_topics import Durability, check_partitions, existing_partitions, wanted_topics
from schemas.eventlog.waiting import wait_for
from schemas.registry import Registry

DEADLINE_S: Final = 60.0


def connect(
    kafka: str,
    registry_url: str,
    *,
    client_id: str,
    deadline_s: float = DEADLINE_S,
    prefetch: int = PREFETCH,
    linger_ms: float = 0,
) -> KafkaEventLog:
    """The event log on Kafka, ready to be used.

    Waits for what `python -m schemas` prepares; `LogUnavailable` after the deadline, `LogMisconfigured` at once where
    topics or schema ids contradict the code. `prefetch` is how many records a reader hoards: 1 for jobs; `linger_ms`
    how long an append waits for others to share a request with.
    """
    admin = AdminClient({"bootstrap.servers": kafka, "client.id": client_id, "log_level": 2})
    registry = Registry(registry_url)
    wait_for("the broker and its topics", lambda: check_topics(admin), deadline_s)
    ids = wait_for("the schema registry and our schemas in it", registry.ids, deadline_s)
    wait_for("the log's first records", lambda: check_first_records(kafka, registry), deadline_s)
    return KafkaEventLog(kafka, Codec(ids, registry), client_id=client_id, prefetch=prefetch, linger_ms=linger_ms)


def check_topics(admin: AdminClient) -> None:
    """The topics are there as the topic table says."""
    check_partitions(existing_partitions(admin), wanted_topics(Durability()))
