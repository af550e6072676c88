"""The same submission sent many times at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from deploy.local.stack import Stack
from judgestream import Client
from judgestream.client import new_id
from tests.invariants.raw_log import read_log


def put(client: Client, submission_id: str, source: str) -> httpx.Response:
    body = {"problem_id": "sum", "language": "python3", "source": source}
    headers = {"Authorization": f"Bearer {client.token}"}
    url = f"{client.url}/api/v1/submissions/{submission_id}"
    return httpx.put(url, json=body, headers=headers, timeout=30)


@pytest.mark.usefixtures("sum_problem")
def test_ten_equal_puts_at_once_are_one_submission(stack: Stack, ada: Client, grace: Client) -> None:
    submission_id = new_id(time.time_ns() // 1_000_000)
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: put(ada, submission_id, "print(42)"), range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["submission_id"] for answer in answers} == {submission_id}
    assert len({answer.json()["position"] for answer in answers}) == 1
    assert ada.submission(submission_id, wait_s=30)["verdict"] == "WA"
    settings = stack.environment()
    log = read_log(settings["JUDGESTREAM_KAFKA"], settings["JUDGESTREAM_REGISTRY_URL"])
    received = [r for r in log.named("SubmissionReceived") if r.value["submission_id"] == submission_id]
    assert len(received) == 1
    assert put(ada, submission_id, "print(43)").status_code == 409
    assert put(grace, submission_id, "print(42)").status_code == 409
