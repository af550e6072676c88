"""A router as a process between real engines, and what it appends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import httpx
from confluent_kafka import Producer

from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.port import EventLog, Partition, Undecodable
from schemas.events import Event, ProblemRevised, SubmissionReceived
from schemas.golden_records import example
from schemas.ids import ContestId, EventId, ProblemRevision, SubmissionId, TeamId
from schemas.rules.definition import canonical, definition_of
from schemas.topics import CONTEST_FEED, DEAD_LETTERS, JOBS, REJUDGINGS, STALLS, Topic

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60.0
STOP_WITHIN_S = 5.0

E = TypeVar("E", bound=Event)


class Room:
    """Starts and ends routers, submits, and collects what has been appended since the room was made."""

    def __init__(self, log: EventLog, environment: dict[str, str], folder: Path) -> None:
        self.log = log
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir(exist_ok=True)
        revision: ProblemRevised = example(ProblemRevised)
        blobs = DirectoryBlobStore(folder / "blobs")
        self.revision = ProblemRevision(blobs.put(canonical(definition_of(revision))))
        quick = replace(revision, limits=replace(revision.limits, wall_time_ms=500))
        self.quick_revision = ProblemRevision(blobs.put(canonical(definition_of(quick))))
        port, office_port = unused_port(), unused_port()
        self.url = f"http://127.0.0.1:{port}"
        self.office_url = f"http://127.0.0.1:{office_port}"
        self._producer = Producer({"bootstrap.servers": environment["JUDGESTREAM_KAFKA"]})
        self._environment = {
            **os.environ,
            **environment,
            "PYTHONPATH": str(ROOT),
            "JUDGESTREAM_BLOBS": str(folder / "blobs"),
            "JUDGESTREAM_ROUTER_PORT": str(port),
            "JUDGESTREAM_REJUDGING_PORT": str(office_port),
            "JUDGESTREAM_STALL_SLACK_S": "2",
        }
        ends = {
            Partition(topic.name, number): end
            for topic in (*JOBS.values(), CONTEST_FEED, DEAD_LETTERS, REJUDGINGS, STALLS)
            for number, end in log.end_offsets(topic).items()
        }
        self._reader = log.reader(ends)
        self._appended: list[Event] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.offices: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """A router in an empty folder; ready when this returns."""
        return self._start("stream_processors", "router", self.url, self.processes)

    def start_office(self) -> subprocess.Popen[bytes]:
        """Whoever decides about rejudgings; ready when this returns."""
        return self._start("stream_processors.rejudging", "office", self.office_url, self.offices)

    def _start(
        self, module: str, name: str, url: str, started: list[subprocess.Popen[bytes]]
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as written:
            command = [sys.executable, "-m", module]
            process = subprocess.Popen(command, env=self._environment, cwd=self.work, stderr=written)
        started.append(process)
        self.wait_for(lambda: process.poll() is not None or self.is_ready(url), name)
        assert process.poll() is None
        return process

    def is_ready(self, url: str) -> bool:
        try:
            return httpx.get(f"{url}/health/ready", timeout=2).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """SIGTERM; the exit status, which must come within the time that is promised."""
        process.send_signal(signal.SIGTERM)
        return process.wait(STOP_WITHIN_S)

    def submission(self, contest_id: ContestId | None = None) -> SubmissionReceived:
        submission_id = SubmissionId(str(uuid4()))
        received: SubmissionReceived = example(SubmissionReceived)
        return replace(
            received,
            event_id=EventId(f"received {submission_id}"),
            submission_id=submission_id,
            problem_revision=self.revision,
            contest_id=contest_id,
            team_id=None if contest_id is None else TeamId("red"),
        )

    def append_bytes(self, topic: Topic, value: bytes, partition: int) -> None:
        """What no writer of ours would append."""
        self._producer.produce(topic.name, value, b"key", partition=partition)
        assert self._producer.flush(10) == 0

    def appended(self, kind: type[E]) -> list[E]:
        """All events of that kind so far, in the order of each partition."""
        return [event for event in self.everything() if isinstance(event, kind)]

    def everything(self) -> list[Event]:
        """All events so far, in the order of each partition."""
        for record in self._reader.poll(10_000, 0.05):
            assert not isinstance(record.event, Undecodable), record
            self._appended.append(record.event)
        return self._appended

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"no {what} in time; see {self.folder}"
            time.sleep(0.02)

    def close(self) -> None:
        for process in (*self.processes, *self.offices):
            if process.poll() is None:
                process.kill()
                process.wait()
        self._reader.close()


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
