"""Ingest against a bare FastAPI route: the same body, model, server and worker; one answers a constant, one accepts.

Server and load have a core each. Runs come in pairs, the order alternating, so that a machine that slows down slows
both; the ratio is the median of the pairs'.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from schemas.eventlog.connect import connect
from schemas.eventlog.port import EventLog
from schemas.events import ExecutorReported
from schemas.http.identity import Role, sign_token
from schemas.ids import EventId, ExecutorId, LanguageId
from schemas.topics import EXECUTORS
from schemas.values import LanguageInfo
from tests.bench.engines import prepared_engines
from tests.bench.http_load import Load, measure, post_request
from tests.bench.measurement import Measurement

BARE_PORT: Final = 31_038
SERVER_CORE: Final = 0
PAIRS: Final = 5
PAIR_S: Final = 2.0
IDLE_S: Final = 3.0
CONNECTIONS: Final = 128
READY_WITHIN_S: Final = 60.0
SUBMISSION: Final = {"problem_id": "bench", "language": "cpp", "source": "// a line of a program\n" * 90}
PROBLEM: Final[dict[str, Any]] = {
    "problem_id": "bench",
    "title": "Bench",
    "statement": "Nothing.",
    "limits": {"cpu_time_ms": 1000, "memory_bytes": 2**28},
    "comparison": {"kind": "tokens"},
    "cases": [{"name": "1", "input": "", "answer": ""}],
}
CPP: Final = LanguageInfo(language=LanguageId("cpp"), name="C++", compiler_version="14", suffixes=(".cpp",), starter="")

Send = Callable[[int, int, float], Load]


def run() -> list[Measurement]:
    """Starts engines in an empty folder, ingest and the bare route, measures both and stops everything."""
    with prepared_engines("ingest") as environment:
        return measure_beside_engines(environment)


def measure_beside_engines(environment: dict[str, str]) -> list[Measurement]:
    """The measurement itself; `environment` names engines that run, with topics and schemas there."""
    key = open_key(environment)
    ingest_port = int(environment["JUDGESTREAM_INGEST_PORT"])
    log = connect(environment["JUDGESTREAM_KAFKA"], environment["JUDGESTREAM_REGISTRY_URL"], client_id="bench")
    _report(log)
    with (
        _server("-m", "ingest_api", port=ingest_port, path="/health/ready", environment=environment),
        _server("-m", "tests.bench.bare_route", str(BARE_PORT), port=BARE_PORT, path="/openapi.json"),
        _generator_core(),
    ):
        _create_problem(ingest_port, key)
        send = _sender(key)
        idle, bare_idle = send(ingest_port, 1, IDLE_S), send(BARE_PORT, 1, IDLE_S)
        pairs = [_pair(number, ingest_port, send, log) for number in range(PAIRS)]
    log.close()
    return [_latency(idle, bare_idle), _rate(pairs)]


def open_key(environment: dict[str, str]) -> bytes:
    """The private key that signs tokens for these engines."""
    with open(environment["JUDGESTREAM_TOKEN_PRIVATE_KEY"], "rb") as file:
        return file.read()


def _latency(ingest: Load, bare: Load) -> Measurement:
    return Measurement(
        name="ingest: accept, one connection, p50",
        value=ingest.p50_ms,
        unit="ms",
        baseline=bare.p50_ms,
        ratio=ingest.p50_ms / bare.p50_ms,
        repetitions=round(ingest.requests_per_s * IDLE_S),
    )


def _rate(pairs: list[tuple[Load, Load]]) -> Measurement:
    return Measurement(
        name=f"ingest: accepted, {CONNECTIONS} connections, against a bare FastAPI route",
        value=statistics.median(ingest.requests_per_s for ingest, _ in pairs),
        unit="requests/s",
        baseline=statistics.median(bare.requests_per_s for _, bare in pairs),
        ratio=statistics.median(ingest.requests_per_s / bare.requests_per_s for ingest, bare in pairs),
        repetitions=len(pairs),
    )


def _pair(number: int, ingest_port: int, send: Send, log: EventLog) -> tuple[Load, Load]:
    """Both, one after the other; every second time the other way round."""
    _report(log)
    order = (ingest_port, BARE_PORT) if number % 2 == 0 else (BARE_PORT, ingest_port)
    loads = {port: send(port, CONNECTIONS, PAIR_S) for port in order}
    return loads[ingest_port], loads[BARE_PORT]


def _sender(key: bytes) -> Send:
    headers = {"Content-Type": "application/json", "Authorization": _bearer(key, "ada", Role.USER)}
    request = post_request("/api/v1/submissions", json.dumps(SUBMISSION).encode(), headers)

    def send(port: int, connections: int, seconds: float) -> Load:
        return measure(port, request, connections=connections, seconds=seconds, expected_status=202)

    return send


def _report(log: EventLog) -> None:
    """An executor that offers C++ for the next minute."""
    report = ExecutorReported(
        event_id=EventId("bench"),
        occurred_at=datetime.now(UTC),
        caused_by=None,
        executor_id=ExecutorId("bench"),
        pool="bench",
        slots=1,
        busy=0,
        sandbox="none",
        software_version="bench",
        languages=(CPP,),
    )
    log.append(EXECUTORS, report).result(10)


def _create_problem(port: int, key: bytes) -> None:
    headers = {"Authorization": _bearer(key, "setter", Role.SETTER)}
    answer = httpx.post(f"http://127.0.0.1:{port}/api/v1/problems", json=PROBLEM, headers=headers)
    if answer.status_code not in (201, 409):
        raise RuntimeError(answer.text)


def _bearer(key: bytes, user_id: str, role: Role) -> str:
    return "Bearer " + sign_token(key, user_id, name=user_id, roles=[role], now=datetime.now(UTC))


@contextmanager
def _server(*arguments: str, port: int, path: str, environment: dict[str, str] | None = None) -> Iterator[None]:
    """A Python process on the servers' core, ready."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **(environment or {})},
    )
    os.sched_setaffinity(process.pid, {SERVER_CORE})  # before it has threads, which take after it
    try:
        _await_ready(process, f"http://127.0.0.1:{port}{path}")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _await_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{url} is not ready")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


@contextmanager
def _generator_core() -> Iterator[None]:
    """This process on the cores that the servers leave."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before - {SERVER_CORE} or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
