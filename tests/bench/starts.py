"""What it costs to count a start before it happens: a commit that the start waits for.

The real worker takes real jobs from a real broker; its slots do nothing, or hold a job for a moment. Between a slot's
end of one job and its start of the next, while jobs wait, there is nothing but the counting. A job that is appended
while all slots are idle is compared with one that a plain reader receives.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from threading import Thread
from typing import Final
from uuid import uuid4

from executor.attempts import Start
from executor.slots import CountAgain
from executor.worker import Worker
from schemas.eventlog.connect import connect
from schemas.eventlog.port import Committed, EventLog, Partition, Record
from schemas.events import JudgingRequested
from schemas.golden_records import example
from schemas.ids import SubmissionId
from schemas.topics import JOBS, executor_group
from schemas.values import Lane
from tests.bench.engines import prepared_engines
from tests.bench.measurement import Measurement

PRACTICE: Final = JOBS[Lane.PRACTICE]
SLOTS: Final = 2
PREFETCHED_JOBS: Final = 1
WARM_UP: Final = 30
HOPS: Final = 200
BACKLOG: Final = 2_000
COMMITS: Final = 300
DEADLINE_S: Final = 60.0


@dataclass
class IdleRunner:
    """Works for nobody: notes when it was given a job, and holds it for `holds_s`."""

    holds_s: float = 0.0
    begun: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def bring_to_its_end(self, record: Record, start: Start, count_again: CountAgain) -> None:  # noqa: ARG002
        self.begun.append(time.perf_counter())
        time.sleep(self.holds_s)
        self.ended.append(time.perf_counter())

    def stop(self) -> None:
        """There is nothing to end."""


def run() -> list[Measurement]:
    """Starts engines in an empty folder, measures and stops them."""
    with prepared_engines("starts") as environment:
        return measure_beside_engines(environment)


def measure_beside_engines(environment: dict[str, str]) -> list[Measurement]:
    """The measurement itself; `environment` names engines that run, with topics and schemas there."""
    kafka, registry = environment["JUDGESTREAM_KAFKA"], environment["JUDGESTREAM_REGISTRY_URL"]
    log = connect(kafka, registry, client_id="bench", prefetch=PREFETCHED_JOBS)
    try:
        commit_ms = _commits_ms(log)
        hop_ms, direct_ms = _hops_ms(log)
        gap_ms = _gaps_ms(log)
        rate = _backlog_rate(log)
    finally:
        log.close()
    return [
        Measurement(name="starts: a commit, p50", value=_p50(commit_ms), unit="ms", repetitions=COMMITS),
        Measurement(
            name="starts: a job's way to an idle slot, p50",
            value=_p50(hop_ms),
            unit="ms",
            baseline=_p50(direct_ms),
            ratio=_p50(hop_ms) / _p50(direct_ms),
            repetitions=HOPS,
            note="baseline: the same job read by a plain reader",
        ),
        Measurement(
            name="starts: a slot between two jobs, p50",
            value=_p50(gap_ms),
            unit="ms",
            repetitions=len(gap_ms),
            note="jobs wait; each holds its slot for 10 ms",
        ),
        Measurement(name="starts: jobs from a backlog", value=rate, unit="jobs/s", repetitions=BACKLOG),
    ]


@contextmanager
def _working(log: EventLog, runners: Sequence[IdleRunner]) -> Iterator[None]:
    """A worker of a pool of its own, which begins at the end of the lanes."""
    pool = f"bench-{uuid4().hex[:8]}"
    _begin_at_the_end(log, pool)
    stop = Flag()
    worker = Worker(event_log=log, pool=pool, runners=runners)
    thread = Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + DEADLINE_S
        while worker.why_not_ready() is not None:
            assert time.monotonic() < deadline
        yield
    finally:
        stop.set()
        thread.join(DEADLINE_S)


def _begin_at_the_end(log: EventLog, pool: str) -> None:
    topics = list(JOBS.values())
    ends = {Partition(topic.name, at): end for topic in topics for at, end in log.end_offsets(topic).items()}
    reader = log.group_reader(topics, executor_group(pool))
    while reader.assignment() != ends.keys():
        reader.poll(1, 0.1)
    reader.commit({at: Committed(offset=end) for at, end in ends.items()})
    reader.close()


def _commits_ms(log: EventLog) -> list[float]:
    at = Partition(PRACTICE.name, 0)
    reader = log.group_reader([PRACTICE], f"bench-{uuid4().hex[:8]}")
    while at not in reader.assignment():
        reader.poll(1, 0.1)
    taken: list[float] = []
    for number in range(COMMITS):
        began = time.perf_counter()
        reader.commit({at: Committed(offset=0, metadata=f"1 {number}:01r0")})
        taken.append((time.perf_counter() - began) * 1000)
        reader.poll(1, 0)
    reader.close()
    return taken


def _hops_ms(log: EventLog) -> tuple[list[float], list[float]]:
    """To a slot that is idle, and to a plain reader, by turns; the other one hears of each job, too."""
    runner = IdleRunner()
    hop_ms: list[float] = []
    direct_ms: list[float] = []
    reader = log.reader({Partition(PRACTICE.name, at): end for at, end in log.end_offsets(PRACTICE).items()})
    with _working(log, [runner]):
        for number in range(WARM_UP + HOPS):
            began = _append(log, number)
            _await(runner.begun, 2 * number + 1)
            hop_ms.append((runner.begun[-1] - began) * 1000)
            while not reader.poll(10, 1.0):
                pass
            began = _append(log, number)
            while not reader.poll(10, 1.0):
                pass
            direct_ms.append((time.perf_counter() - began) * 1000)
            _await(runner.begun, 2 * number + 2)
    reader.close()
    return hop_ms[WARM_UP:], direct_ms[WARM_UP:]


def _gaps_ms(log: EventLog) -> list[float]:
    """Between the end of a job and the start of the next in the same slot, while jobs wait."""
    runners = [IdleRunner(holds_s=0.01) for _ in range(SLOTS)]
    with _working(log, runners):
        for number in range(HOPS):
            _append(log, number)
        _await_all(runners, HOPS)
    return [
        (begun - ended) * 1000
        for runner in runners
        for ended, begun in list(zip(runner.ended, runner.begun[1:], strict=False))[WARM_UP:]
    ]


def _backlog_rate(log: EventLog) -> float:
    runners = [IdleRunner() for _ in range(SLOTS)]
    with _working(log, runners):
        futures = [log.append(PRACTICE, _job(), partition=at % PRACTICE.partitions) for at in range(BACKLOG)]
        began = time.perf_counter()
        _await_all(runners, BACKLOG)
        taken_s = time.perf_counter() - began
    assert all(future.done() for future in futures)
    return BACKLOG / taken_s


def _append(log: EventLog, number: int) -> float:
    """Appends a job; answers when it was begun."""
    began = time.perf_counter()
    log.append(PRACTICE, _job(), partition=number % PRACTICE.partitions)
    return began


def _await_all(runners: Sequence[IdleRunner], jobs: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while sum(len(runner.ended) for runner in runners) < jobs:
        assert time.monotonic() < deadline, "the jobs did not come"
        time.sleep(0.001)


def _await(seen: list[float], number: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while len(seen) < number:
        assert time.monotonic() < deadline, "the job did not come"
        time.sleep(0.0002)


def _job() -> JudgingRequested:
    job: JudgingRequested = example(JudgingRequested)
    return replace(job, submission_id=SubmissionId(str(uuid4())))


def _p50(taken_ms: Sequence[float]) -> float:
    return statistics.median(taken_ms)
