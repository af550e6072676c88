"""The whole system: start, first verdict, latency of the pipeline, submissions per second, memory.

A judging's cost is the sandbox's and ours. What is measured here is ours: from the acceptance to the verdict on a
WebSocket, less the time that the sandbox calls of that judging took, container starts included.
"""

import re
import shutil
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from deploy.demo.load import load
from deploy.demo.people import CONTESTANTS, JURY, Person, token
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.setup.places import HOME
from judgestream import Client
from tests.bench.measurement import Measurement
from tests.e2e.watching import watch

PORTS: Final = Ports(gateway=31_019, base=31_000)
WARM_UP: Final = 5
SEQUENTIAL: Final = 60
AT_ONCE: Final = 60
WA: Final = b"print(42)\n"
"""One compile and one run: the shortest judging that there is, so that our own part stands out."""


def run() -> list[Measurement]:
    """Starts a system of its own in an empty folder, measures it and stops it."""
    state = HOME / "bench" / "system"
    shutil.rmtree(state, ignore_errors=True)
    stack = Stack(state, PORTS)
    began = time.monotonic()
    stack.start()
    try:
        ready_s = time.monotonic() - began
        with _client(stack, JURY) as jury:
            load(jury, datetime.now(UTC))
        with _client(stack, CONTESTANTS[0]) as ada:
            _judged(ada)
            first_s = time.monotonic() - began
            found = [
                _plain("start: all services ready, fresh state", ready_s, "s"),
                _plain("start: first verdict", first_s, "s"),
            ]
            for _ in range(WARM_UP):
                _judged(ada)
            found += _pipeline(stack, ada)
            found += _throughput(ada)
        return found + list(_memory(stack))
    finally:
        stack.stop()


def _pipeline(stack: Stack, client: Client) -> list[Measurement]:
    """One submission after another; the executor's own count tells what its sandbox took for each."""
    ours_ms: list[float] = []
    whole_ms: list[float] = []
    for _ in range(SEQUENTIAL):
        before_s = _sandbox_s(stack)
        taken_s = _judged(client)
        whole_ms.append(taken_s * 1000)
        ours_ms.append((taken_s - (_sandbox_s(stack) - before_s)) * 1000)
    whole = statistics.median(whole_ms)
    return [
        _plain(
            "pipeline: accept to verdict on a socket, less sandbox calls, p50",
            statistics.median(ours_ms),
            "ms",
            SEQUENTIAL,
        ),
        _plain("pipeline: the same, p99", _percentile(ours_ms, 99), "ms", SEQUENTIAL),
        _plain("pipeline: sandbox calls included, p50", whole, "ms", SEQUENTIAL),
    ]


def _throughput(client: Client) -> list[Measurement]:
    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(lambda _: _submit(client), range(AT_ONCE)))
    accepted_s = time.monotonic() - began
    for submission_id in receipts:
        while client.submission(submission_id, wait_s=30)["verdict"] is None:
            pass
    judged_s = time.monotonic() - began
    return [
        _plain("throughput: submissions accepted", AT_ONCE / accepted_s, "1/s", AT_ONCE),
        _plain("throughput: submissions judged end to end", AT_ONCE / judged_s, "1/s", AT_ONCE),
    ]


def _memory(stack: Stack) -> Iterator[Measurement]:
    """Resident memory by program, its child processes included, and of all together."""
    total_mib = 0.0
    for name in stack.running():
        resident_mib = _resident_mib(stack.pid(name))
        total_mib += resident_mib
        yield _plain(f"memory: {name}", resident_mib, "MiB")
    yield _plain("memory: all together", total_mib, "MiB")


def _judged(client: Client) -> float:
    """Submits, waits for the verdict on the socket; how long it came after the acceptance, in seconds."""
    with watch(client, f"user:{CONTESTANTS[0].user_id}") as channel:
        channel.until(lambda frame: frame["type"] == "snapshot")
        submission_id = _submit(client)
        began = time.monotonic()
        channel.until(
            lambda frame: frame["data"].get("submission_id") == submission_id and frame["data"]["verdict"] is not None
        )
        return time.monotonic() - began


def _submit(client: Client) -> str:
    return client.submit(problem_id="sum", language="python3", files={"a.py": WA}).submission_id


def _sandbox_s(stack: Stack) -> float:
    text = httpx.get(f"http://127.0.0.1:{stack.ports.executor}/metrics").text
    found = re.search(r"^judgestream_sandbox_seconds_sum (\S+)", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(found[1]) / 1024 if found else 0.0) + sum(_resident_mib(int(child)) for child in children)


def _client(stack: Stack, person: Person) -> Client:
    return Client(stack.url, token(person, stack.private_key))


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _plain(name: str, value: float, unit: str, repetitions: int = 1) -> Measurement:
    return Measurement(name=name, value=value, unit=unit, repetitions=repetitions)
