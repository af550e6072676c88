"""A place for executors as processes, between a real broker and a real Docker daemon."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from executor.sandbox.engine import Engine
from executor.sandbox.leftovers import owner_name
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.port import EventLog, Partition
from schemas.events import DeadLettered, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import EventId, LanguageId, ProblemId, ProblemRevision, SubmissionId, UserId, judging_id
from schemas.topics import DEAD_LETTERS, EXECUTORS, JOBS, JUDGINGS, VERDICTS, Topic, executor_group
from schemas.values import Comparison, ComparisonKind, JobCase, Lane, Limits, SourceFile

DEADLINE_S = 120.0
EXECUTOR_ID = "integration"
POOL = f"pool-{uuid4().hex[:8]}"
"""One for all tests of a module: a pool of its own would begin with every job of the tests before."""

LIMITS = Limits(cpu_time_ms=2000, memory_bytes=256 * 1024 * 1024, output_bytes=1024 * 1024, wall_time_ms=7000)
QUICK = b"print(sum(map(int, input().split())))"
SLOW = b"import time\ntime.sleep(2)\n" + QUICK


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"no {what} in time"
        time.sleep(0.05)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Room:
    """A log, a blob store, a Docker daemon, and executors that are started and ended in them."""

    def __init__(self, log: EventLog, environment: dict[str, str], docker_url: str, folder: Path) -> None:
        self.log = log
        self.work = folder / "work"
        self.pool = POOL
        self.blobs = DirectoryBlobStore(folder / "blobs")
        self.engine = Engine(docker_url)
        self.owner = owner_name(EXECUTOR_ID, self.work)
        self.log_file = folder / "executor.log"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            **environment,
            "JUDGESTREAM_BLOBS": str(folder / "blobs"),
            "JUDGESTREAM_WORK": str(self.work),
            "JUDGESTREAM_DOCKER": docker_url,
            "JUDGESTREAM_EXECUTOR_PORT": str(unused_port()),
            "JUDGESTREAM_EXECUTOR_ID": EXECUTOR_ID,
            "JUDGESTREAM_POOL": self.pool,
            "JUDGESTREAM_SLOTS": "2",
            "JUDGESTREAM_LANGUAGES": "python3",  # of each an executor asks its compiler for the version when it starts
        }
        self.seen = {
            topic.name: log.reader({Partition(topic.name, n): end for n, end in log.end_offsets(topic).items()})
            for topic in (VERDICTS, JUDGINGS, EXECUTORS, DEAD_LETTERS)
        }
        self.events: dict[str, list[object]] = {name: [] for name in self.seen}

    def start(self, module: str = "executor", **more: str) -> subprocess.Popen[bytes]:
        """Another process of that module; `more` are variables of its own."""
        with self.log_file.open("ab") as written:
            command = [sys.executable, "-m", module]
            process = subprocess.Popen(command, env=self.environment | more, stderr=written)
        self.processes.append(process)
        return process

    def submit(
        self,
        language: str,
        source: bytes,
        answer: bytes = b"3",
        cases: int = 1,
        partition: int | None = None,
        change: Callable[[JudgingRequested], JudgingRequested] = lambda request: request,
    ) -> SubmissionId:
        submission = SubmissionId(str(UUID(int=uuid4().int)))
        given, wanted = self.blobs.put(b"1 2\n"), self.blobs.put(answer)
        now = datetime.now(UTC)
        request = JudgingRequested(
            event_id=EventId(str(uuid4())),
            occurred_at=now,
            caused_by=None,
            submission_id=submission,
            judging_id=judging_id(submission),
            attempt=1,
            lane=Lane.PRACTICE,
            user_id=UserId("user"),
            team_id=None,
            problem_id=ProblemId("sum"),
            problem_revision=ProblemRevision("0" * 64),
            contest_id=None,
            submitted_at=now,
            language=LanguageId(language),
            files=(SourceFile(name="solution", content=source),),
            entry_point=None,
            stub=None,
            limits=LIMITS,
            comparison=Comparison(kind=ComparisonKind.TOKENS),
            cases=tuple(JobCase(name=str(n), input_sha256=given, answer_sha256=wanted) for n in range(cases)),
            all_cases=False,
        )
        at = self._partition(submission, partition)
        self.log.append(JOBS[Lane.PRACTICE], change(request), partition=at).result(10)
        return submission

    def read(self, topic: Topic) -> list[object]:
        self.events[topic.name] += [record.event for record in self.seen[topic.name].poll(100, 0.05)]
        return self.events[topic.name]

    def verdicts(self, submission: SubmissionId) -> list[VerdictReached]:
        found = [event for event in self.read(VERDICTS) if isinstance(event, VerdictReached)]
        return [event for event in found if event.submission_id == submission]

    def starts(self, submission: SubmissionId) -> list[JudgingStarted]:
        found = [event for event in self.read(JUDGINGS) if isinstance(event, JudgingStarted)]
        return [event for event in found if event.submission_id == submission]

    def has_started(self, submission: SubmissionId) -> bool:
        return bool(self.starts(submission))

    def letters(self) -> list[DeadLettered]:
        return [event for event in self.read(DEAD_LETTERS) if isinstance(event, DeadLettered)]

    def uncommitted(self) -> int:
        topic = JOBS[Lane.PRACTICE]
        done = self.log.committed(executor_group(self.pool), topic)
        return sum(end - done[n].offset for n, end in self.log.end_offsets(topic).items() if n in done and end)

    def drain(self) -> None:
        """Asks every executor to end, and waits for it."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.wait(10)

    def left_behind(self) -> list[str]:
        """What is still there once no executor runs any more."""
        self.drain()
        groups = Path("/sys/fs/cgroup").glob(f"**/judgestream/{self.owner}/*/")
        files = list((self.work / self.owner).glob("*"))
        return [*self.engine.owned(self.owner), *map(str, groups), *map(str, files)]

    def _partition(self, submission: SubmissionId, wanted: int | None) -> int:
        return hash(submission) % JOBS[Lane.PRACTICE].partitions if wanted is None else wanted

    def close(self) -> None:
        self.drain()
        for reader in self.seen.values():
            reader.close()
        self.engine.close()
