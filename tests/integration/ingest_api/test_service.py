"""The write side on real Kafka and Cassandra: what it answers for is in the log, once."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx

from schemas.eventlog.port import EventLog, Partition, Record
from schemas.events import RejudgingOpenRequested, SubmissionReceived
from schemas.http.identity import Role
from schemas.topics import SUBMISSIONS
from schemas.values import Position, SourceFile
from tests.integration.ingest_api.conftest import Start, Worker

Token = Callable[..., dict[str, str]]
PATIENCE_S = 10.0


def new_id() -> str:
    """A client's own UUIDv7."""
    chance = secrets.randbits(62)
    return str(UUID(int=int(time.time() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | chance))


def create_problem(http: httpx.Client, worker: Worker, token: Token) -> str:
    """A problem of its own for every test."""
    problem_id = f"p-{secrets.token_hex(6)}"
    body = {
        "problem_id": problem_id,
        "title": "Sum",
        "statement": "Add.",
        "limits": {"cpu_time_ms": 1000, "memory_bytes": 2**28},
        "comparison": {"kind": "tokens"},
        "cases": [{"name": "1", "input": "1 2", "answer": "3"}],
    }
    response = http.post(f"{worker.url}/problems", json=body, headers=token("setter", Role.SETTER))
    assert response.status_code == 201, response.text
    return problem_id


def submission(problem_id: str) -> dict[str, Any]:
    return {"problem_id": problem_id, "language": "cpp", "source": "int main() {}"}


def submissions_to(log: EventLog, problem_id: str) -> list[Record]:
    """All that the log holds for a problem, read to its end as it is now."""
    ends = {Partition(SUBMISSIONS.name, number): end for number, end in log.end_offsets(SUBMISSIONS).items()}
    left = {at for at, end in ends.items() if end > 0}
    reader = log.reader(dict.fromkeys(ends, 0))
    found: list[Record] = []
    deadline = time.monotonic() + PATIENCE_S
    while left:
        assert time.monotonic() < deadline, "the log cannot be read to its end"
        for record in reader.poll(1000, 0.5):
            at = Partition(record.position.topic, record.position.partition)
            if record.position.offset + 1 >= ends[at]:
                left.discard(at)
            if isinstance(record.event, SubmissionReceived) and record.event.problem_id == problem_id:
                found.append(record)
    reader.close()
    return found


def test_what_is_accepted_stands_where_the_answer_says(
    http: httpx.Client, one: Worker, log: EventLog, token: Token
) -> None:
    problem_id = create_problem(http, one, token)
    answer = http.post(f"{one.url}/submissions", json=submission(problem_id), headers=token("ada"))
    assert answer.status_code == 202, answer.text
    (record,) = submissions_to(log, problem_id)
    assert record.position == Position.parse(answer.json()["position"])
    assert isinstance(record.event, SubmissionReceived)
    assert record.event.submission_id == answer.json()["submission_id"]
    assert record.event.files == (SourceFile(name="Main.cpp", content=b"int main() {}"),)


def test_ten_identical_puts_at_once_on_two_workers_are_one_submission(
    http: httpx.Client, one: Worker, other: Worker, log: EventLog, token: Token
) -> None:
    problem_id, submission_id, who = create_problem(http, one, token), new_id(), token("ada")

    def put(worker: Worker) -> httpx.Response:
        return http.put(f"{worker.url}/submissions/{submission_id}", json=submission(problem_id), headers=who)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(put, [one, other] * 5))
    (record,) = submissions_to(log, problem_id)
    expected = {"submission_id": submission_id, "position": str(record.position)}
    assert [(answer.status_code, answer.json()) for answer in answers] == [(202, expected)] * 10


def test_what_one_worker_creates_the_other_knows_at_once(
    http: httpx.Client,
    one: Worker,
    other: Worker,
    log: EventLog,  # noqa: ARG001  # it offers the language
    token: Token,
) -> None:
    for _ in range(10):
        body = submission(create_problem(http, one, token))
        assert http.post(f"{other.url}/submissions", json=body, headers=token("ada")).status_code == 202


def test_a_claim_of_a_killed_worker_is_finished_by_the_next(
    http: httpx.Client, start: Start, other: Worker, log: EventLog, token: Token
) -> None:
    """Whatever the moment of the kill, the same PUT elsewhere ends in one accepted submission."""
    doomed = start()
    problem_id, who = create_problem(http, doomed, token), token("ada")
    ids = [new_id() for _ in range(20)]

    def put(worker: Worker, submission_id: str) -> int | None:
        try:
            path = f"{worker.url}/submissions/{submission_id}"
            return http.put(path, json=submission(problem_id), headers=who).status_code
        except httpx.TransportError:
            return None

    def put_until_answered(submission_id: str) -> int | None:
        deadline = time.monotonic() + PATIENCE_S
        while (status := put(other, submission_id)) == 503 and time.monotonic() < deadline:
            time.sleep(0.2)
        return status

    with ThreadPoolExecutor(len(ids)) as pool:
        sent = [pool.submit(put, doomed, submission_id) for submission_id in ids]
        sent[0].result()
        doomed.process.kill()
        for future in sent:
            future.result()
        after = list(pool.map(put_until_answered, ids))
    assert set(after) == {202}
    events = [record.event for record in submissions_to(log, problem_id)]
    assert {event.submission_id for event in events if isinstance(event, SubmissionReceived)} == set(ids)
    assert len(set(events)) == len(ids), "a repeat is the same event"


def test_sigterm_answers_what_is_under_way_and_ends_well(
    http: httpx.Client, start: Start, log: EventLog, token: Token
) -> None:
    worker = start()
    problem_id, who = create_problem(http, worker, token), token("ada")
    answered: list[str] = []

    def submit_until_refused() -> None:
        while True:
            try:
                response = http.post(f"{worker.url}/submissions", json=submission(problem_id), headers=who)
            except httpx.TransportError:
                return
            assert response.status_code == 202, response.text
            answered.append(response.json()["submission_id"])

    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(submit_until_refused) for _ in range(4)]
        deadline = time.monotonic() + PATIENCE_S
        while len(answered) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert worker.stop() == 0
        for future in busy:
            future.result()
    events = [record.event for record in submissions_to(log, problem_id)]
    written = {event.submission_id for event in events if isinstance(event, SubmissionReceived)}
    assert len(answered) >= 20
    assert set(answered) <= written


def test_bad_settings_are_all_named_and_end_it_at_once() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUDGESTREAM_")}
    done = subprocess.run(
        [sys.executable, "-m", "ingest_api"], env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert "JUDGESTREAM_KAFKA is not set" in done.stderr
    assert "JUDGESTREAM_TOKEN_PUBLIC_KEY is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rejudging_that_is_asked_for_stands_where_the_answer_says(
    http: httpx.Client, one: Worker, log: EventLog, token: Token
) -> None:
    body = {"filter": {"problem_ids": [create_problem(http, one, token)]}, "reason": "a wrong case"}
    answer = http.post(f"{one.url}/rejudgings", json=body, headers=token("judy", Role.JURY))
    assert answer.status_code == 202, answer.text
    position = Position.parse(answer.json()["position"])
    reader = log.reader({Partition(position.topic, position.partition): position.offset})
    (record,) = reader.poll(1, PATIENCE_S)
    reader.close()
    assert record.position == position
    assert isinstance(record.event, RejudgingOpenRequested)
    assert record.event.rejudging_id == answer.json()["rejudging_id"]
