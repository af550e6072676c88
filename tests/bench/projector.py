"""The projector against a bare consumer of the same topics and against Cassandra taking the same rows.

All three do the same events; the projector does both halves, announces each change, waits for the broker's
acknowledgement of it and writes checkpoints, all on one core's worth of Python.
"""

import asyncio
import random
import secrets
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import wait
from typing import Final, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from deploy.setup.places import HOME
from projections.models import CQL_AREA, CQL_FOLDER
from projections.models.catalog import MODELS
from projections.models.model import Fact, Write
from projections.models.positions import has_applied
from projections.models.submission import SUBMISSION_MODEL, tell
from projections.projector.checkpoints import Checkpoints
from projections.projector.rows import batches_of
from projections.projector.runner import Runner
from projections.projector.service import Projector
from projections.projector.shared_reader import SharedReader
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra, connect
from schemas.cql_versions import apply_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import EventLog, Partition, Reader
from schemas.events import ChannelUpdated, Event
from schemas.settings import MigrateSettings, read_settings
from schemas.topics import LIVE, REJUDGINGS
from schemas.values import Position, RejudgingChange, Verdict
from tests.bench.engines import prepared_engines
from tests.bench.measurement import Measurement
from tests.integration.projections.rejudging_season import RejudgingSeason
from tests.integration.projections.running import caught_up, until
from tests.integration.projections.season import TEAMS, TOPICS, Season

SUBMISSIONS: Final = 4_000
BATCH: Final = 500
WARM_UP: Final = 20
IDLE_TRIES: Final = 200
REJUDGED: Final = 10_000
DEADLINE_S: Final = 120.0


def run() -> list[Measurement]:
    """Starts engines in an empty folder, measures and stops them."""
    with prepared_engines("projector") as environment:
        return asyncio.run(_measured(environment))


async def _measured(environment: dict[str, str]) -> list[Measurement]:
    """What is measured on engines that run already."""
    kafka = environment["JUDGESTREAM_KAFKA"]
    log = await asyncio.to_thread(connect_log, kafka, environment["JUDGESTREAM_REGISTRY_URL"], client_id="bench")
    try:
        events = list(drawn(log))
        await asyncio.to_thread(tell_all, log, events)
        bare = await asyncio.to_thread(bare_rate, kafka, log)
        async with await fresh_keyspace(environment) as cassandra:
            rows = await cassandra_rate(cassandra, events)
        async with await fresh_keyspace(environment) as cassandra:
            projected = await _projector_rate(log, cassandra)
        async with await fresh_keyspace(environment) as cassandra:
            latencies_ms, moved = await _latencies_ms(log, cassandra)
    finally:
        await asyncio.to_thread(log.close)
    return [
        rate("projector: events of the submission model, against a bare consumer", projected, bare, len(events)),
        rate("projector: the same, against Cassandra taking the same rows", projected, rows, len(events)),
        _latency("projector: record acknowledged to announcement read, idle, p50", latencies_ms, 50),
        _latency("projector: the same, p99", latencies_ms, 99),
        Measurement(
            name=f"projector: {REJUDGED} verdicts become others: until every model has it, and has told it",
            value=moved.taken_s,
            unit="s",
            repetitions=1,
        ),
        Measurement(
            name="projector: a submission's announcement meanwhile, the longest",
            value=max(moved.latencies_ms),
            unit="ms",
            baseline=max(latencies_ms),
            ratio=max(moved.latencies_ms) / max(latencies_ms),
            repetitions=len(moved.latencies_ms),
        ),
    ]


def drawn(log: EventLog, submissions: int = SUBMISSIONS) -> Iterator[Event]:
    for story in Season(log, random.Random(1)).draw(submissions):
        yield from story


def tell_all(log: EventLog, events: list[Event]) -> None:
    wait([log.append(TOPICS[type(event)], event) for event in events], timeout=DEADLINE_S)


def bare_rate(kafka: str, log: EventLog) -> float:
    """Bytes in, nothing done with them."""
    ends = {topic.name: log.end_offsets(topic) for topic in SUBMISSION_MODEL.topics}
    left = sum(end for of_topic in ends.values() for end in of_topic.values())
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "bare", "enable.auto.commit": False})
    consumer.assign([TopicPartition(name, number, 0) for name, of_topic in ends.items() for number in of_topic])
    first = consumer.consume(1, 10)
    began, total = time.perf_counter(), left - len(first)
    left = total
    while left > 0:
        left -= len(consumer.consume(BATCH, 1))
    taken_s = time.perf_counter() - began
    consumer.close()
    return total / taken_s


async def cassandra_rate(cassandra: Cassandra, events: list[Event]) -> float:
    """The rows of the same events, batched as by the projector, without reading, announcing or checkpoints."""
    in_log_order = sorted(events, key=_place)
    batches = [batches_of(_writes(in_log_order[at : at + BATCH], at)) for at in range(0, len(events), BATCH)]
    began = time.perf_counter()
    for batch in batches:
        await cassandra.write(batch)
    return len(events) / (time.perf_counter() - began)


def _place(event: Event) -> tuple[str, int]:
    topic = TOPICS[type(event)]
    return topic.name, partition_of(str(topic.key_of(event)).encode(), topic.partitions)


def _writes(events: list[Event], first: int) -> Iterator[Write]:
    for offset, event in enumerate(events, first):
        position = Position(topic=TOPICS[type(event)].name, partition=0, offset=offset)
        yield from tell(Fact(position, event)).writes


def _blobs() -> DirectoryBlobStore:
    """None is named by these events."""
    return DirectoryBlobStore(HOME / "bench" / "projector-blobs")


async def _projector_rate(log: EventLog, cassandra: Cassandra) -> float:
    """From the first checkpoint to the last, so that joining the group does not count."""
    total = sum(sum(log.end_offsets(topic).values()) for topic in SUBMISSION_MODEL.topics)
    stopping = asyncio.Event()

    async def has_begun() -> bool:
        return await _done(cassandra) > 0

    async def has_ended() -> bool:
        return await _done(cassandra) >= total

    reader = SharedReader([SUBMISSION_MODEL], log, stopping=stopping)
    runner = Runner(SUBMISSION_MODEL, event_log=log, reader=reader, store=cassandra, blobs=_blobs(), stopping=stopping)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(reader.run())
        tasks.create_task(runner.run())
        await until("it has begun", has_begun, DEADLINE_S)
        began, done = time.perf_counter(), await _done(cassandra)
        await until("it has ended", has_ended, DEADLINE_S)
        taken_s = time.perf_counter() - began
        stopping.set()
    return (total - done) / taken_s


async def _done(cassandra: Cassandra) -> int:
    checkpoints = await Checkpoints(SUBMISSION_MODEL, cassandra).read()
    return sum(checkpoint.next_offset for checkpoint in checkpoints.values())


class Moved(NamedTuple):
    """How long a rejudging took to be applied to all models, and what others waited for their announcements then."""

    taken_s: float
    latencies_ms: list[float]


async def _latencies_ms(log: EventLog, cassandra: Cassandra) -> tuple[list[float], Moved]:
    """All models run; one submission at a time is told, and its announcement read by another reader."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Projector(MODELS, event_log=log, store=cassandra, blobs=_blobs(), stopping=stopping).run())
        await caught_up(cassandra, log, DEADLINE_S)
        latencies_ms = await asyncio.to_thread(_tries, Season(log, random.Random(2)))
        moved = await _moved(log, cassandra)
        stopping.set()
    return latencies_ms, moved


async def _moved(log: EventLog, cassandra: Cassandra) -> Moved:
    """A rejudging of a contest's submissions is applied, while submissions come one after the other."""
    season, done = Season(log, random.Random(3)), threading.Event()
    rejudging = RejudgingSeason(season, _blobs())
    rows = [(season.submission(minute=60, who=random.choice(TEAMS)), Verdict.AC) for _ in range(REJUDGED)]
    followed = [model.name for model in MODELS if REJUDGINGS in model.topics]

    async def is_everywhere(position: Position) -> bool:
        return all([await has_applied(cassandra, name, position) for name in followed])

    others = asyncio.create_task(asyncio.to_thread(_tries_until, season, done))
    request = await asyncio.to_thread(rejudging.ask_for, RejudgingChange.APPLY)
    began = time.perf_counter()
    position = await asyncio.to_thread(rejudging.apply, request, *rows)
    await until("it is applied", lambda: is_everywhere(position), DEADLINE_S)
    taken_s = time.perf_counter() - began
    done.set()
    return Moved(taken_s, await others)


def _tries_until(season: Season, done: threading.Event) -> list[float]:
    ends = season.log.end_offsets(LIVE)
    reader = season.log.reader({Partition(LIVE.name, number): end for number, end in ends.items()})
    latencies_ms: list[float] = []
    try:
        while not done.is_set():
            latencies_ms.append(_latency_ms(season, reader))
    finally:
        reader.close()
    return latencies_ms


def _tries(season: Season) -> list[float]:
    ends = season.log.end_offsets(LIVE)
    reader = season.log.reader({Partition(LIVE.name, number): end for number, end in ends.items()})
    try:
        return [_latency_ms(season, reader) for _ in range(WARM_UP + IDLE_TRIES)][WARM_UP:]
    finally:
        reader.close()


def _latency_ms(season: Season, reader: Reader) -> float:
    event = season.submission()
    season.tell(event)
    began = time.perf_counter()
    while time.perf_counter() - began < DEADLINE_S:
        for record in reader.poll(100, 1.0):
            told = record.event
            if isinstance(told, ChannelUpdated) and told.channel == f"submission:{event.submission_id}":
                return (time.perf_counter() - began) * 1000
    raise TimeoutError(f"{event.submission_id} was not announced")


async def fresh_keyspace(environment: dict[str, str]) -> Cassandra:
    keyspace = f"bench_{secrets.token_hex(4)}"
    settings = read_settings(MigrateSettings, {**environment, "JUDGESTREAM_KEYSPACE": keyspace})
    await apply_versions(settings.cassandra, settings.keyspace, CQL_FOLDER, area=CQL_AREA)
    return await connect(settings.cassandra, settings.keyspace)


def rate(name: str, value: float, baseline: float, events: int) -> Measurement:
    return Measurement(
        name=name, value=value, unit="events/s", baseline=baseline, ratio=value / baseline, repetitions=events
    )


def _latency(name: str, latencies_ms: list[float], percent: int) -> Measurement:
    value = statistics.quantiles(latencies_ms, n=100)[percent - 1]
    return Measurement(name=name, value=value, unit="ms", repetitions=len(latencies_ms))
