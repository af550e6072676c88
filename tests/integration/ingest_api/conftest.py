"""The write side as a process of its own, on real engines."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from schemas.eventlog.connect import connect
from schemas.eventlog.port import EventLog
from schemas.events import ExecutorReported
from schemas.http.identity import Role, sign_token
from schemas.ids import EventId, ExecutorId, LanguageId
from schemas.topics import EXECUTORS
from schemas.values import LanguageInfo

READY_WITHIN_S = 60.0
CPP = LanguageInfo(
    language=LanguageId("cpp"), name="C++", compiler_version="14", suffixes=(".cpp",), starter="int main() {}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One process of the write side."""

    process: subprocess.Popen[bytes]
    url: str

    def stop(self) -> int:
        """SIGTERM; the exit status, which must come within the 5 s that are promised."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(5)

    def await_ready(self) -> None:
        """Waits until it is ready; fails where it ends instead."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not _is_ready(self.url):
            assert self.process.poll() is None, "the write side ended"
            assert time.monotonic() < deadline, "the write side is not ready"
            time.sleep(0.05)


Start = Callable[[], Worker]


@pytest.fixture(scope="module")
def start(engines: dict[str, str]) -> Iterator[Start]:
    """Starts a worker, ready to serve; all are stopped at the end."""
    workers: list[Worker] = []

    def start_worker() -> Worker:
        port = _free_port()
        environment = {**os.environ, **engines, "JUDGESTREAM_INGEST_PORT": str(port)}
        process = subprocess.Popen([sys.executable, "-m", "ingest_api"], env=environment)
        worker = Worker(process=process, url=f"http://127.0.0.1:{port}/api/v1")
        workers.append(worker)
        worker.await_ready()
        return worker

    yield start_worker
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()


@pytest.fixture(scope="module")
def one(start: Start) -> Worker:
    """A worker for all tests."""
    return start()


@pytest.fixture(scope="module")
def other(start: Start) -> Worker:
    """Another one beside it."""
    return start()


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """One client for all, since each makes a TLS context that costs more than a test."""
    with httpx.Client(timeout=10) as client:
        yield client


@pytest.fixture(scope="module")
def log(engines: dict[str, str]) -> Iterator[EventLog]:
    """The log, with an executor in it that offers C++ now."""
    event_log = connect(engines["JUDGESTREAM_KAFKA"], engines["JUDGESTREAM_REGISTRY_URL"], client_id="test")
    event_log.append(EXECUTORS, report()).result(10)
    yield event_log
    event_log.close()


@pytest.fixture(scope="module")
def token(engines: dict[str, str]) -> Callable[..., dict[str, str]]:
    """Signs the header that says who asks."""
    key = Path(engines["JUDGESTREAM_TOKEN_PRIVATE_KEY"]).read_bytes()

    def header(user_id: str, *roles: Role) -> dict[str, str]:
        signed = sign_token(key, user_id, name=user_id, roles=roles, now=datetime.now(UTC))
        return {"Authorization": f"Bearer {signed}"}

    return header


def report() -> ExecutorReported:
    """An executor that is there now."""
    return ExecutorReported(
        event_id=EventId("report"),
        occurred_at=datetime.now(UTC),
        caused_by=None,
        executor_id=ExecutorId("test"),
        pool="test",
        slots=1,
        busy=0,
        sandbox="none",
        software_version="test",
        languages=(CPP,),
    )


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url.removesuffix("/api/v1") + "/health/ready", timeout=2).is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
