"""The worker's loop on a log in memory: what it commits, in what order it takes, how it stops."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from executor.leaving_group import Groups, LeavableGroups
from executor.runner import Runner
from executor.sandbox.errors import Stopped
from executor.sandbox.port import RunOutcome
from executor.worker import Worker
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from schemas.events import VerdictReached
from schemas.ids import SubmissionId
from schemas.topics import DEAD_LETTERS, JOBS, VERDICTS, executor_group
from schemas.values import Lane, Verdict
from tests.unit.executor.jobs import case, job, judge_with
from tests.unit.executor.scripted_sandbox import Ran, ScriptedSandbox, outcome

POOL = "default"
DEADLINE_S = 10.0
DRAIN_PATIENCE_S = 0.5


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


def submission(number: int) -> SubmissionId:
    return SubmissionId(f"01936d5e-0000-7000-8000-{number:012d}")


class Pool:
    """One worker, a log and jobs whose input says what they do: `hold` waits until it is released."""

    def __init__(self, folder: Path, slots: int) -> None:
        self.log = MemoryEventLog()
        self.blobs = DirectoryBlobStore(folder)
        self.released = Flag()
        self.started: list[bytes] = []
        self.closed = Flag()
        self.stop = Flag()
        self.failure: list[BaseException] = []
        self.why_aside: str | None = None
        groups = LeavableGroups(groups=self.log, why_aside=lambda: self.why_aside, busy=lambda: self.worker.busy)
        self.worker = self.new_worker(slots, groups)
        self.thread = Thread(target=self._run)

    def new_worker(self, slots: int, groups: Groups | None = None) -> Worker:
        judges = [judge_with(ScriptedSandbox(on_run=self._on_run), self.blobs) for _ in range(slots)]
        runners = [
            Runner(judge=judge, event_log=self.log, progress_log=self.log, retry_delays_s=()) for judge in judges
        ]
        return Worker(event_log=groups or self.log, pool=POOL, runners=runners, drain_patience_s=DRAIN_PATIENCE_S)

    def _run(self) -> None:
        try:
            self.worker.run(self.stop)
        except BaseException as failure:  # noqa: BLE001  # told to the test
            self.failure.append(failure)

    def _on_run(self, ran: Ran) -> RunOutcome:
        self.started.append(ran.stdin)
        while ran.stdin.startswith(b"hold") and not self.released.wait(0.01):
            if self.closed.is_set():
                raise Stopped
        return outcome(output=b"ok")

    def put(self, number: int, does: bytes = b"go", lane: Lane = Lane.PRACTICE, partition: int = 0) -> None:
        request = job([case(self.blobs, "1", does, b"ok")], submission=submission(number), lane=lane)
        self.log.append(JOBS[lane], request, partition=partition).result()

    def judged(self) -> set[SubmissionId]:
        return {event.submission_id for event in self.log.events(VERDICTS) if isinstance(event, VerdictReached)}

    def committed(self, lane: Lane = Lane.PRACTICE, partition: int = 0) -> int:
        known = self.log.committed(executor_group(POOL), JOBS[lane]).get(partition)
        return known.offset if known else 0


@pytest.fixture
def pool(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pool]:
    """A pool with two slots, or as many as the test's parameter says."""
    made = Pool(tmp_path, slots=getattr(request, "param", 2))
    yield made
    made.released.set()
    made.closed.set()
    made.stop.set()
    if made.thread.ident is not None:
        made.thread.join(DEADLINE_S)
        assert not made.thread.is_alive()


def test_jobs_are_judged_and_committed(pool: Pool) -> None:
    for number in range(5):
        pool.put(number)
    pool.thread.start()
    wait_until(lambda: pool.committed() == 5)
    assert pool.judged() == {submission(number) for number in range(5)}
    wait_until(lambda: pool.worker.why_not_ready() is None)


def test_a_commit_does_not_pass_a_job_that_still_runs(pool: Pool) -> None:
    pool.put(0)
    pool.put(1, b"hold")
    for number in range(2, 6):
        pool.put(number)
    pool.thread.start()
    wait_until(lambda: len(pool.judged()) == 5)
    wait_until(lambda: pool.committed() == 1)
    assert submission(1) not in pool.judged()
    pool.released.set()
    wait_until(lambda: pool.committed() == 6)


@pytest.mark.parametrize("pool", [1], indirect=True)
def test_a_full_lane_is_paused_and_resumed(pool: Pool) -> None:
    pool.put(0, b"hold")
    for number in range(1, 30):
        pool.put(number)
    pool.thread.start()
    wait_until(lambda: pool.worker.busy == 1)
    pool.put(100, lane=Lane.CONTEST)
    pool.released.set()
    wait_until(lambda: len(pool.judged()) == 31)


def test_a_drain_finishes_what_runs_and_leaves_the_rest(pool: Pool) -> None:
    pool.put(0, b"hold")
    pool.put(1, b"hold")
    for number in range(2, 9):
        pool.put(number)
    pool.thread.start()
    wait_until(lambda: pool.worker.busy == 2)
    pool.stop.set()
    pool.released.set()
    pool.thread.join(DEADLINE_S)
    assert not pool.thread.is_alive()
    assert pool.failure == []
    assert pool.committed() == len(pool.judged()) == 2


def test_what_does_not_end_in_a_drain_is_stopped_and_stays_uncommitted(pool: Pool) -> None:
    pool.put(0, b"hold")
    pool.thread.start()
    wait_until(lambda: pool.worker.busy == 1)
    pool.closed.set()
    pool.stop.set()
    pool.thread.join(DEADLINE_S)
    assert not pool.thread.is_alive()
    assert pool.committed() == 0
    assert pool.judged() == set()


def test_poison_moves_on(pool: Pool) -> None:
    pool.log.inject(JOBS[Lane.PRACTICE], b"junk")
    pool.put(1)
    pool.thread.start()
    wait_until(lambda: pool.committed() == 2)
    assert pool.judged() == {submission(1)}
    assert len(pool.log.events(DEAD_LETTERS)) == 1


def test_a_second_worker_takes_its_share_and_nothing_is_lost(pool: Pool) -> None:
    for number in range(30):
        pool.put(number, partition=number % 6)
    pool.thread.start()
    second = pool.new_worker(2)
    stop_second = Flag()
    thread = Thread(target=second.run, args=(stop_second,))
    thread.start()
    for number in range(30, 60):
        pool.put(number, partition=number % 6)
    wait_until(lambda: len(pool.judged()) == 60)
    stop_second.set()
    thread.join(DEADLINE_S)
    for number in range(60, 72):
        pool.put(number, partition=number % 6)
    wait_until(lambda: len(pool.judged()) == 72)
    wait_until(lambda: all(pool.committed(partition=number) == 12 for number in range(6)))
    verdicts = [event for event in pool.log.events(VERDICTS) if isinstance(event, VerdictReached)]
    assert {event.verdict for event in verdicts} == {Verdict.AC}


def test_one_that_stands_aside_ends_what_runs_and_leaves_the_rest_to_another(pool: Pool) -> None:
    pool.put(0, b"hold")
    pool.thread.start()
    wait_until(lambda: pool.worker.busy == 1)
    pool.why_aside = "its speed is not its pool's"
    for number in range(1, 13):
        pool.put(number, partition=number % 6)
    second, stop_second = pool.new_worker(2), Flag()
    thread = Thread(target=second.run, args=(stop_second,))
    thread.start()
    pool.released.set()
    wait_until(lambda: len(pool.judged()) == 13)
    assert pool.started.count(b"hold") == 1
    pool.why_aside = None
    stop_second.set()
    thread.join(DEADLINE_S)
    for number in range(13, 25):
        pool.put(number, partition=number % 6)
    wait_until(lambda: len(pool.judged()) == 25)
    verdicts = [event for event in pool.log.events(VERDICTS) if isinstance(event, VerdictReached)]
    assert len(verdicts) == 25
