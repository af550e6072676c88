"""The executor as a process, between a real broker and a real Docker daemon."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from executor.sandbox.engine import Engine
from executor.sandbox.leftovers import owner_name
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.connect import connect
from schemas.eventlog.port import EventLog, Partition
from schemas.events import ExecutorReported, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import EventId, LanguageId, ProblemId, ProblemRevision, SubmissionId, UserId, judging_id
from schemas.topics import EXECUTORS, JOBS, JUDGINGS, VERDICTS, Topic, executor_group
from schemas.values import Comparison, ComparisonKind, JobCase, Lane, Limits, SourceFile, Verdict

DEADLINE_S = 120.0
EXECUTOR_ID = "integration"
POOL = f"pool-{uuid4().hex[:8]}"
"""One for all tests here: a pool of its own would begin with every job of the tests before."""

LIMITS = Limits(cpu_time_ms=2000, memory_bytes=256 * 1024 * 1024, output_bytes=1024 * 1024, wall_time_ms=7000)

ACCEPTED = {
    "cpp": b"#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b; }",
    "java": b"import java.util.*; public class Add { public static void main(String[] x) {"
    b" Scanner s = new Scanner(System.in); System.out.println(s.nextInt() + s.nextInt()); } }",
    "python3": b"print(sum(map(int, input().split())))",
}
SLOW = b"import time\ntime.sleep(2)\nprint(sum(map(int, input().split())))"


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"no {what} in time"
        time.sleep(0.05)


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
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            **environment,
            "JUDGESTREAM_BLOBS": str(folder / "blobs"),
            "JUDGESTREAM_WORK": str(self.work),
            "JUDGESTREAM_DOCKER": docker_url,
            "JUDGESTREAM_EXECUTOR_PORT": str(port),
            "JUDGESTREAM_EXECUTOR_ID": EXECUTOR_ID,
            "JUDGESTREAM_POOL": self.pool,
            "JUDGESTREAM_SLOTS": "2",
        }
        self.seen = {
            topic.name: log.reader({Partition(topic.name, n): end for n, end in log.end_offsets(topic).items()})
            for topic in (VERDICTS, JUDGINGS, EXECUTORS)
        }
        self.events: dict[str, list[object]] = {name: [] for name in self.seen}

    def start(self) -> subprocess.Popen[bytes]:
        with self.log_file.open("ab") as written:
            process = subprocess.Popen([sys.executable, "-m", "executor"], env=self.environment, stderr=written)
        self.processes.append(process)
        return process

    def submit(self, language: str, source: bytes, answer: bytes = b"3", cases: int = 1) -> SubmissionId:
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
        self.log.append(JOBS[Lane.PRACTICE], request, partition=hash(submission) % 6).result(10)
        return submission

    def read(self, topic: Topic) -> list[object]:
        self.events[topic.name] += [record.event for record in self.seen[topic.name].poll(100, 0.05)]
        return self.events[topic.name]

    def verdicts(self, submission: SubmissionId) -> list[VerdictReached]:
        found = [event for event in self.read(VERDICTS) if isinstance(event, VerdictReached)]
        return [event for event in found if event.submission_id == submission]

    def has_started(self, submission: SubmissionId) -> bool:
        found = [event for event in self.read(JUDGINGS) if isinstance(event, JudgingStarted)]
        return any(event.submission_id == submission for event in found)

    def uncommitted(self) -> int:
        topic = JOBS[Lane.PRACTICE]
        done = self.log.committed(executor_group(self.pool), topic)
        return sum(end - done[n].offset for n, end in self.log.end_offsets(topic).items() if n in done and end)

    def left_behind(self) -> list[str]:
        groups = Path("/sys/fs/cgroup").glob(f"**/judgestream/{self.owner}/*/")
        files = list((self.work / self.owner).glob("*"))
        return [*self.engine.owned(self.owner), *map(str, groups), *map(str, files)]

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.wait(10)
        for reader in self.seen.values():
            reader.close()
        self.engine.close()


@pytest.fixture(scope="module")
def log(engines: dict[str, str]) -> Iterator[EventLog]:
    subprocess.run([sys.executable, "-m", "schemas"], env={**os.environ, **engines}, timeout=120, check=True)
    connected = connect(engines["JUDGESTREAM_KAFKA"], engines["JUDGESTREAM_REGISTRY_URL"], client_id="test")
    yield connected
    connected.close()


@pytest.fixture
def room(log: EventLog, engines: dict[str, str], docker_url: str, tmp_path: Path) -> Iterator[Room]:
    made = Room(log, engines, docker_url, tmp_path)
    yield made
    made.close()


def test_three_languages_are_judged_and_what_is_finished_is_committed(room: Room) -> None:
    room.start()
    right = {language: room.submit(language, source) for language, source in ACCEPTED.items()}
    wrong = room.submit("cpp", ACCEPTED["cpp"], answer=b"4")
    broken = room.submit("java", b"class Main { nonsense }")
    for language, submission in right.items():
        wait_for(lambda: bool(room.verdicts(submission)), f"verdict on {language}")  # noqa: B023  # called at once
        (verdict,) = room.verdicts(submission)
        assert verdict.verdict is Verdict.AC
        assert verdict.provenance.image_digest.startswith("sha256:")
        assert verdict.cases[0].memory_bytes > 0
    wait_for(lambda: bool(room.verdicts(wrong) and room.verdicts(broken)), "other verdicts")
    assert room.verdicts(wrong)[0].verdict is Verdict.WA
    assert room.verdicts(broken)[0].verdict is Verdict.CE
    wait_for(lambda: room.uncommitted() == 0, "commit")
    reports = [event for event in room.read(EXECUTORS) if isinstance(event, ExecutorReported)]
    assert {info.language for info in reports[0].languages} >= {"cpp", "java", "python3"}
    assert room.left_behind() == []


def test_a_killed_executor_is_made_good_by_the_next_and_leaves_nothing(room: Room) -> None:
    first = room.start()
    submission = room.submit("python3", SLOW, cases=2)
    wait_for(lambda: room.has_started(submission) and bool(room.engine.owned(room.owner)), "start")
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    assert room.verdicts(submission) == []
    room.start()
    wait_for(lambda: bool(room.verdicts(submission)), "verdict after the kill")
    assert [event.verdict for event in room.verdicts(submission)] == [Verdict.AC]
    wait_for(lambda: room.uncommitted() == 0, "commit")
    assert room.left_behind() == []


def test_a_drain_ends_within_five_seconds_and_leaves_no_container(room: Room) -> None:
    process = room.start()
    submission = room.submit("python3", SLOW, cases=4)
    wait_for(lambda: room.has_started(submission), "start")
    began = time.monotonic()
    process.terminate()
    assert process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert room.verdicts(submission) == []
    assert room.left_behind() == []


def test_a_second_executor_of_the_same_name_is_refused(room: Room) -> None:
    first = room.start()
    submission = room.submit("python3", ACCEPTED["python3"])
    wait_for(lambda: bool(room.verdicts(submission)), "verdict")
    assert room.start().wait(30) == 1
    assert first.poll() is None
    assert "another executor" in room.log_file.read_text()


def test_without_an_engine_it_says_what_it_waits_for_and_can_be_stopped(room: Room) -> None:
    room.environment["JUDGESTREAM_DOCKER"] = f"unix://{room.work}/none.sock"
    process = room.start()
    wait_for(lambda: "waiting_for_engine" in room.log_file.read_text(), "word of waiting")
    process.terminate()
    assert process.wait(10) == 0
