"""What a browser gets from the gateway itself."""

import http.client

import httpx
import pytest

from deploy.local.stack import Stack

PROBLEM = "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/main.js", "/vendor/fonts.css", "/no-such-file"])
def test_whatever_the_page_loads_is_bound_to_this_origin(stack: Stack, path: str) -> None:
    headers = httpx.get(stack.url + path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_questions_and_commands_reach_their_own_services(stack: Stack) -> None:
    assert httpx.get(f"{stack.url}/api/v1/problems").status_code == 200
    for command in ("submissions", "rejudgings", "projections/boards/rebuild"):  # an unknown one would be 404
        assert httpx.post(f"{stack.url}/api/v1/{command}", json={}).status_code == 401


def test_a_service_that_is_away_is_a_problem_document_that_says_when_to_come_back(stack: Stack) -> None:
    stack.stop_process("query_api")
    try:
        answer = httpx.get(f"{stack.url}/api/v1/problems")
    finally:
        stack.start_process("query_api")
    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == "urn:judgestream:problem:unavailable"
    stack.await_ready("query_api")
    assert httpx.get(f"{stack.url}/api/v1/problems").status_code == 200


def test_a_body_beyond_all_limits_is_refused_before_it_is_sent(stack: Stack) -> None:
    connection = http.client.HTTPConnection(stack.host, stack.ports.gateway, timeout=10)
    connection.putrequest("POST", "/api/v1/problems")
    connection.putheader("Content-Length", str(81 * 2**20))
    connection.endheaders()
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    assert (answer.status, answer.headers["content-type"]) == (413, PROBLEM)
    assert b"urn:judgestream:problem:body-too-large" in told
