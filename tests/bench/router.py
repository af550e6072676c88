"""What the router adds: from a record in `submissions` to its job in `jobs.practice`, less an append that it waits for.

A hop is measured from the call that appends to the poll that delivers; so is a job that is appended directly, by the
same producer to the same reader. They alternate, so that a machine that slows down slows both.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from schemas.eventlog.connect import connect
from schemas.eventlog.port import EventLog, Partition, Reader
from schemas.events import JudgingRequested
from schemas.golden_records import example
from schemas.ids import SubmissionId
from schemas.topics import JOBS, SUBMISSIONS
from schemas.values import Lane
from tests.bench.engines import bench_folder, prepared_engines
from tests.bench.measurement import Measurement
from tests.integration.stream_processors.room import Room

PRACTICE: Final = JOBS[Lane.PRACTICE]
WARM_UP: Final = 50
HOPS: Final = 300
BACKLOG: Final = 5_000
DEADLINE_S: Final = 60.0


def run() -> list[Measurement]:
    """Starts engines in an empty folder and a router, measures and stops them."""
    with prepared_engines("router") as environment:
        return measure_beside_engines(environment, bench_folder("router"))


def measure_beside_engines(environment: dict[str, str], folder: Path) -> list[Measurement]:
    """The measurement itself; `environment` names engines that run, with topics and schemas there."""
    log = connect(environment["JUDGESTREAM_KAFKA"], environment["JUDGESTREAM_REGISTRY_URL"], client_id="bench")
    try:
        with _router(log, environment, folder) as room:
            reader = log.reader({Partition(PRACTICE.name, at): end for at, end in log.end_offsets(PRACTICE).items()})
            _latencies_ms(log, room, reader, WARM_UP)
            hop_ms, direct_ms = _latencies_ms(log, room, reader, HOPS)
            rate = _backlog_rate(log, room, reader)
            reader.close()
    finally:
        log.close()
    return [
        _added("router: added by the hop, p50", hop_ms, direct_ms, 50),
        _added("router: added by the hop, p99", hop_ms, direct_ms, 99),
        Measurement(name="router: jobs from a backlog", value=rate, unit="jobs/s", repetitions=BACKLOG),
    ]


@contextmanager
def _router(log: EventLog, environment: dict[str, str], folder: Path) -> Iterator[Room]:
    room = Room(log, environment, folder)
    room.start()
    try:
        yield room
    finally:
        room.close()


def _latencies_ms(log: EventLog, room: Room, reader: Reader, repetitions: int) -> tuple[list[float], list[float]]:
    """Through the router, and directly."""
    hop_ms: list[float] = []
    direct_ms: list[float] = []
    for number in range(repetitions):
        submission = room.submission()
        began = time.perf_counter()
        log.append(SUBMISSIONS, submission)
        _await_jobs(reader, {submission.submission_id})
        hop_ms.append((time.perf_counter() - began) * 1000)
        job = _job()
        began = time.perf_counter()
        log.append(PRACTICE, job, partition=number % PRACTICE.partitions)
        _await_jobs(reader, {job.submission_id})
        direct_ms.append((time.perf_counter() - began) * 1000)
    return hop_ms, direct_ms


def _backlog_rate(log: EventLog, room: Room, reader: Reader) -> float:
    submissions = [room.submission() for _ in range(BACKLOG)]
    began = time.perf_counter()
    for submission in submissions:
        log.append(SUBMISSIONS, submission)
    _await_jobs(reader, {submission.submission_id for submission in submissions})
    return BACKLOG / (time.perf_counter() - began)


def _await_jobs(reader: Reader, wanted: set[str]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while wanted:
        assert time.monotonic() < deadline, f"{len(wanted)} jobs did not come"
        for record in reader.poll(1_000, 1.0):
            wanted.discard(getattr(record.event, "submission_id", ""))


def _job() -> JudgingRequested:
    job: JudgingRequested = example(JudgingRequested)
    return replace(job, submission_id=SubmissionId(str(uuid4())))


def _added(name: str, hop_ms: list[float], direct_ms: list[float], percent: int) -> Measurement:
    hop, direct = (statistics.quantiles(taken, n=100)[percent - 1] for taken in (hop_ms, direct_ms))
    return Measurement(
        name=name,
        value=hop - direct,
        unit="ms",
        baseline=direct,
        ratio=(hop - direct) / direct,
        repetitions=len(hop_ms),
        note="baseline: the same job appended directly",
    )
