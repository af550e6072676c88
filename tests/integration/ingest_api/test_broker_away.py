"""The broker stops and comes back: nothing answered is lost, nothing refused is written, no answer is late."""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.demo.people import CONTESTANTS, JURY, token
from deploy.demo.problems import problems
from deploy.local.stack import Stack
from schemas.eventlog.connect import connect
from tests.integration.ingest_api.test_service import new_id, submission, submissions_to

PROMISED_S = 5.0
SLACK_S = 0.5
"""For the client's own part of the way, on a machine that does other things too."""
BACK_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a PUT came to."""

    submission_id: str
    status: int
    refusal: str
    took_s: float


@pytest.fixture
def put(stack: Stack) -> Callable[[str, str], Answer]:
    """Sends a submission under a client's own id straight to the write side."""
    url = f"http://127.0.0.1:{stack.ports.ingest_api}/api/v1/submissions"
    bearer = token(CONTESTANTS[0], Path(stack.environment()["JUDGESTREAM_TOKEN_PRIVATE_KEY"]))

    def send(problem_id: str, submission_id: str) -> Answer:
        began = time.monotonic()
        response = httpx.put(
            f"{url}/{submission_id}",
            json=submission(problem_id),
            headers={"Authorization": f"Bearer {bearer}"},
            timeout=30,
        )
        took_s = time.monotonic() - began
        refusal = "" if response.is_success else str(response.json()["type"]).rpartition(":")[2]
        if response.status_code == 503:
            assert "retry-after" in response.headers
        return Answer(submission_id=submission_id, status=response.status_code, refusal=refusal, took_s=took_s)

    return send


@pytest.fixture
def problem_id(stack: Stack) -> Iterator[str]:
    """A problem of the test's own, retired at its end."""
    body = problems()[0] | {"problem_id": f"p-{secrets.token_hex(6)}"}
    bearer = token(JURY, Path(stack.environment()["JUDGESTREAM_TOKEN_PRIVATE_KEY"]))
    url = f"http://127.0.0.1:{stack.ports.ingest_api}/api/v1/problems"
    with httpx.Client(headers={"Authorization": f"Bearer {bearer}"}, timeout=30) as http:
        response = http.post(url, json=body)
        assert response.status_code == 201, response.text
        yield body["problem_id"]
        assert http.delete(f"{url}/{body['problem_id']}").is_success


def test_every_answer_is_true_while_the_broker_is_away(
    stack: Stack, put: Callable[[str, str], Answer], problem_id: str
) -> None:
    stack.stop_process("broker")
    try:
        with ThreadPoolExecutor(8) as pool:
            first = list(pool.map(lambda _: put(problem_id, new_id()), range(8)))
        later = [put(problem_id, new_id()) for _ in range(10)]
    finally:
        stack.start_process("broker")
    stack.await_ready("broker", "ingest_api", timeout_s=BACK_WITHIN_S)
    after = _until_accepted(put, problem_id)

    answers = [*first, *later]
    assert {answer.status for answer in answers} == {503}
    assert {answer.refusal for answer in answers} <= {"log-unavailable", "outcome-unknown"}
    assert max(answer.took_s for answer in answers) < PROMISED_S + SLACK_S
    assert max(answer.took_s for answer in later) < 1, "a log that is known to be away is refused fast"

    written = _written(stack, problem_id)
    refused = {answer.submission_id for answer in answers if answer.refusal == "log-unavailable"}
    assert refused, "what never left is refused for certain"
    assert not refused & written
    assert after.submission_id in written


def _until_accepted(put: Callable[[str, str], Answer], problem_id: str) -> Answer:
    deadline = time.monotonic() + BACK_WITHIN_S
    while time.monotonic() < deadline:
        answer = put(problem_id, new_id())
        if answer.status == 202:
            return answer
        time.sleep(0.1)
    raise AssertionError("the write side did not come back")


def _written(stack: Stack, problem_id: str) -> set[str]:
    environment = stack.environment()
    log = connect(environment["JUDGESTREAM_KAFKA"], environment["JUDGESTREAM_REGISTRY_URL"], client_id="test")
    try:
        return {str(getattr(record.event, "submission_id", "")) for record in submissions_to(log, problem_id)}
    finally:
        log.close()
