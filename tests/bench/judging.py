"""A thousand submissions of a small C++ program with ten cases, through the whole system, measured at `verdicts`.

The program is compiled once, before; every run is a run in the nested sandbox. What the system reaches is held
against what the sandbox does by itself in the same minutes. How long the read side then needs to catch up is told
apart.
"""

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer

from deploy.demo.people import CONTESTANTS, JURY, Person, token
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.setup.places import HOME
from judgestream import Client
from judgestream.client import new_id
from tests.bench.measurement import Measurement
from tests.bench.sandbox import own_rate

PORTS: Final = Ports(gateway=31_119, base=31_100)
SUBMISSIONS: Final = 1000
CASES: Final = 10
SENDERS: Final = 8
WARM_UP: Final = 48
VERDICT_PATIENCE_S: Final = 300.0
UTIME: Final = 11
"""Where proc(5)'s stat has utime, stime, cutime and cstime, counted from behind the name."""

SOURCE: Final = "#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n"
SUBMISSION: Final = json.dumps(
    {"problem_id": "ten", "language": "cpp", "files": [{"name": "sum.cpp", "content": SOURCE}]}
).encode()
PROBLEM: Final = {
    "problem_id": "ten",
    "title": "Ten cases",
    "statement": "Add.",
    "limits": {"cpu_time_ms": 1000, "memory_bytes": 256 * 1024 * 1024},
    "comparison": {"kind": "tokens"},
    "cases": [{"name": str(n), "input": f"{n} {n}\n", "answer": f"{2 * n}\n"} for n in range(CASES)],
}


def run() -> list[Measurement]:
    """Starts a system of its own in an empty folder, measures it and stops it."""
    alone = own_rate(SUBMISSIONS)
    state = HOME / "bench" / "judging"
    shutil.rmtree(state, ignore_errors=True)
    stack = Stack(state, PORTS)
    stack.start()
    try:
        with _client(stack, JURY) as jury:
            jury.create_problem(PROBLEM)
        with _client(stack, CONTESTANTS[0]) as ada:
            _judge(stack, ada, WARM_UP)
            before = _cpu_ms(stack)
            judged_s, behind_s = _judge(stack, ada, SUBMISSIONS)
            used = {name: used_ms - before[name] for name, used_ms in _cpu_ms(stack).items()}
    finally:
        stack.stop()
    runs = SUBMISSIONS * CASES / judged_s
    return [
        Measurement(
            name=f"judging: runs in a second, {CASES} cases a submission, over the sandbox's own rate",
            value=runs,
            unit="runs/s",
            baseline=alone,
            ratio=runs / alone,
            repetitions=SUBMISSIONS * CASES,
            note="at least 0.35",
        ),
        Measurement(
            name="judging: submissions in a second, from the first accepted to the last verdict",
            value=SUBMISSIONS / judged_s,
            unit="1/s",
            repetitions=SUBMISSIONS,
        ),
        Measurement(
            name="judging: the read side's catching up after the last verdict",
            value=behind_s,
            unit="s",
            repetitions=1,
        ),
        *(
            Measurement(
                name=f"judging: CPU time of {name} for a submission",
                value=used_ms / SUBMISSIONS,
                unit="ms",
                repetitions=SUBMISSIONS,
            )
            for name, used_ms in used.items()
        ),
    ]


def _judge(stack: Stack, client: Client, count: int) -> tuple[float, float]:
    """How long so many submissions take to their last verdict in the log, and the read side after that, in seconds."""
    consumer = Consumer(
        {
            "bootstrap.servers": stack.environment()["JUDGESTREAM_KAFKA"],
            "group.id": f"bench-{count}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            # One answer for all verdicts of a tenth of a second: whoever measures should take little of the broker.
            "fetch.min.bytes": 1024 * 1024,
            "fetch.wait.max.ms": 100,
        }
    )
    consumer.subscribe(["verdicts"])
    try:
        _read_what_is_there(consumer)
        began = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as threads:
            sending = [threads.submit(_send, stack, client, count // SENDERS) for _ in range(SENDERS)]
            receipts = [submission_id for sent in sending for submission_id in sent.result()]
            _await(consumer, len(receipts))
        judged_s = time.monotonic() - began
    finally:
        consumer.close()
    for submission_id in receipts:
        while client.submission(submission_id, wait_s=30)["verdict"] is None:
            pass
    return judged_s, time.monotonic() - began - judged_s


def _read_what_is_there(consumer: Consumer) -> None:
    while not consumer.assignment():
        consumer.poll(0.1)
    while consumer.poll(2) is not None:
        pass


def _await(consumer: Consumer, count: int) -> None:
    deadline = time.monotonic() + VERDICT_PATIENCE_S
    while count > 0 and time.monotonic() < deadline:
        message = consumer.poll(1)
        count -= message is not None and message.error() is None
    assert count == 0, f"{count} verdicts did not come"


def _cpu_ms(stack: Stack) -> dict[str, float]:
    """CPU time of every program so far, its children's included, runs excepted: their containers are no children."""
    return {name: _cpu_ms_of(stack.pid(name)) for name in stack.running()}


def _cpu_ms_of(pid: int) -> float:
    """Of a process, its children that have ended, and those that have not."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(map(int, fields[UTIME : UTIME + 4]))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return ticks * 1000 / os.sysconf("SC_CLK_TCK") + sum(_cpu_ms_of(int(child)) for child in children)


def _send(stack: Stack, client: Client, count: int) -> list[str]:
    """Sends submissions one after the other, as the client does; its HTTP library costs as much as ingest_api."""
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    ids = []
    with closing(HTTPConnection(stack.host, stack.ports.gateway)) as connection:
        for _ in range(count):
            ids.append(new_id(time.time_ns() // 1_000_000))
            connection.request("PUT", f"/api/v1/submissions/{ids[-1]}", SUBMISSION, headers)
            response = connection.getresponse()
            assert response.status == HTTPStatus.ACCEPTED, response.read()
            response.read()
    return ids


def _client(stack: Stack, person: Person) -> Client:
    return Client(stack.url, token(person, stack.private_key))
