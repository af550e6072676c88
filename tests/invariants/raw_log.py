"""The whole log, read by an ordinary consumer and decoded with the schemas that the registry knows."""

import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import fastavro
import httpx
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

TOPICS: Final = (
    "dead-letters",
    "contest-feed",
    "rejudgings",
    "verdicts",
    "judgings",
    "jobs.contest",
    "jobs.practice",
    "jobs.rejudge",
    "contests",
    "submissions",
)
"""Effects before their causes: whatever is appended while we read, no effect is read without its cause."""

EXECUTOR_GROUP: Final = "executors.default"
TIMEOUT_S: Final = 10.0
BATCH: Final = 500
PATIENCE_S: Final = 0.2
SILENCE_S: Final = 30.0
"""How long a partition may stay silent before its end; then the log itself is out of reach."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record: where it stands, the name of its schema, its fields (no name where it is no event)."""

    topic: str
    partition: int
    offset: int
    name: str
    value: dict[str, Any]

    @property
    def position(self) -> str:
        """`topic:partition:offset`."""
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True)
class RawLog:
    """All records in offset order per partition, and what the executors have committed."""

    records: tuple[RawRecord, ...]
    committed: dict[tuple[str, int], int] = field(default_factory=dict)

    def named(self, *names: str) -> Iterator[RawRecord]:
        """The records of these schemas."""
        return (record for record in self.records if record.name in names)


def read_log(kafka: str, registry_url: str) -> RawLog:
    """Reads every partition up to the end that it has at the beginning of the call."""
    committed = _committed(kafka)
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "invariants",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
        }
    )
    try:
        with httpx.Client(base_url=registry_url, timeout=TIMEOUT_S) as http:
            records = tuple(sorted(_read(consumer, _ends(consumer), _Schemas(http)), key=_place))
    finally:
        consumer.close()
    return RawLog(records, committed)


def _ends(consumer: Consumer) -> dict[tuple[str, int], tuple[int, int]]:
    """First offset and end of every partition that is not empty, asked for in the order of `TOPICS`."""
    known = consumer.list_topics(timeout=TIMEOUT_S).topics
    ends = {
        (topic, number): consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=TIMEOUT_S)
        for topic in TOPICS
        for number in sorted(known[topic].partitions)
    }
    return {partition: (first, end) for partition, (first, end) in ends.items() if first < end}


def _read(consumer: Consumer, ends: dict[tuple[str, int], tuple[int, int]], schemas: "_Schemas") -> Iterator[RawRecord]:
    consumer.assign([TopicPartition(*partition, first) for partition, (first, _) in ends.items()])
    unfinished, heard_at = set(ends), time.monotonic()
    while unfinished:
        batch = consumer.consume(BATCH, timeout=PATIENCE_S)
        if batch:
            heard_at = time.monotonic()
        elif time.monotonic() - heard_at > SILENCE_S:
            raise TimeoutError(f"silent before their ends: {sorted(unfinished)}")
        for message in batch:
            topic, number, offset = message.topic(), message.partition(), message.offset()
            if message.error() or topic is None or number is None or offset is None:
                raise RuntimeError(str(message.error()))
            end = ends[topic, number][1]
            if offset < end:
                name, value = schemas.decode(message.value() or b"")
                yield RawRecord(topic, number, offset, name, value)
            if offset >= end - 1:
                unfinished.discard((topic, number))


def _place(record: RawRecord) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def _committed(kafka: str) -> dict[tuple[str, int], int]:
    admin = AdminClient({"bootstrap.servers": kafka})
    request = [ConsumerGroupTopicPartitions(EXECUTOR_GROUP)]
    answer = next(iter(admin.list_consumer_group_offsets(request).values())).result(timeout=TIMEOUT_S)
    return {(part.topic, part.partition): part.offset for part in answer.topic_partitions if part.offset >= 0}


class _Schemas:
    """Writer schemas by id, asked of the registry once each."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._known: dict[int, tuple[str, Any]] = {}

    def decode(self, wire: bytes) -> tuple[str, dict[str, Any]]:
        """The schema's name and the fields; an empty name for bytes that are not in the wire format."""
        if len(wire) < 5 or wire[0] != 0:
            return "", {}
        name, schema = self._schema(int.from_bytes(wire[1:5], "big"))
        try:
            value = fastavro.schemaless_reader(io.BytesIO(wire[5:]), schema, None)
        except (EOFError, ValueError, UnicodeDecodeError, IndexError):
            return "", {}
        return name, value if isinstance(value, dict) else {}

    def _schema(self, schema_id: int) -> tuple[str, Any]:
        if schema_id not in self._known:
            answer = self._http.get(f"/schemas/ids/{schema_id}").raise_for_status().json()
            written = json.loads(answer["schema"])
            self._known[schema_id] = (written["name"], fastavro.parse_schema(written))
        return self._known[schema_id]
