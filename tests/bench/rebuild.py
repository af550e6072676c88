"""A rebuild's replay against a bare consumer of the same topics and against Cassandra taking the same rows.

All three do the same events on engines that do nothing else; the replay does both halves, and its checkpoints.
"""

import asyncio
import time
from typing import Final

from projections.models import CQL_FOLDER
from projections.models.submission import SUBMISSION_MODEL
from projections.projector.manifests import Manifests
from projections.projector.patience import Patience
from projections.upkeep.generations import definitions, in_generation
from projections.upkeep.replay import Replay
from projections.upkeep.scan import Comparing
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra
from schemas.cql_versions import read_versions
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.port import EventLog, Partition
from tests.bench.engines import bench_folder, prepared_engines
from tests.bench.measurement import Measurement
from tests.bench.projector import bare_rate, cassandra_rate, drawn, fresh_keyspace, rate, tell_all

SUBMISSIONS: Final = 6_000
ONE, OTHER = 2, 3


def run() -> list[Measurement]:
    """Starts engines in an empty folder, measures and stops them."""
    with prepared_engines("rebuild") as environment:
        return asyncio.run(_measured(environment))


async def _measured(environment: dict[str, str]) -> list[Measurement]:
    kafka = environment["JUDGESTREAM_KAFKA"]
    log = await asyncio.to_thread(connect_log, kafka, environment["JUDGESTREAM_REGISTRY_URL"], client_id="bench")
    blobs = DirectoryBlobStore(bench_folder("rebuild") / "blobs")
    try:
        events = list(drawn(log, SUBMISSIONS))
        await asyncio.to_thread(tell_all, log, events)
        bare = await asyncio.to_thread(bare_rate, kafka, log)
        async with await fresh_keyspace(environment) as cassandra:
            rows = await cassandra_rate(cassandra, events)
        async with await fresh_keyspace(environment) as cassandra:
            replayed = await _replay_rate(log, cassandra, blobs, ONE)
            await _replay_rate(log, cassandra, blobs, OTHER)
            compared = await _compare_rate(cassandra)
    finally:
        await asyncio.to_thread(log.close)
    return [
        rate("rebuild: events replayed of the submission model, against a bare consumer", replayed, bare, len(events)),
        rate("rebuild: the same, against Cassandra taking the same rows", replayed, rows, len(events)),
        Measurement(
            name="rebuild: partitions compared row by row", value=compared, unit="partitions/s", repetitions=SUBMISSIONS
        ),
    ]


async def _replay_rate(log: EventLog, cassandra: Cassandra, blobs: DirectoryBlobStore, generation: int) -> float:
    """From nothing but new tables to the last checkpoint, reader and all."""
    for statements in definitions(SUBMISSION_MODEL, read_versions(CQL_FOLDER)).values():
        for statement in statements:
            await cassandra.define(in_generation(statement, generation))
    ends = {
        Partition(topic.name, number): end
        for topic in SUBMISSION_MODEL.topics
        for number, end in log.end_offsets(topic).items()
    }
    replay = Replay(
        SUBMISSION_MODEL,
        generation,
        event_log=log,
        store=cassandra,
        manifests=Manifests(blobs, Patience(asyncio.Event())),
        skips={},
    )
    began = time.perf_counter()
    await replay.run(ends)
    return replay.done / (time.perf_counter() - began)


async def _compare_rate(cassandra: Cassandra) -> float:
    comparing = Comparing(cassandra, ONE, OTHER)
    began = time.perf_counter()
    verdict = await comparing.verdict(SUBMISSION_MODEL.own_tables)
    assert verdict.differing == 0, verdict.differences[:3]
    return verdict.compared / (time.perf_counter() - began)
