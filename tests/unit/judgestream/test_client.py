"""The client against a small web service of the test's own."""

import json
from uuid import UUID

import httpx
import pytest

from judgestream import Client, Refused, Unreachable
from judgestream.client import new_id


class Service:
    """Answers with the given answers in order, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(service: Service, pauses: list[float] | None = None, patience_s: float = 30) -> Client:
    waited = pauses if pauses is not None else []
    return Client(
        "http://judge.test/",
        "secret",
        transport=httpx.MockTransport(service),
        pause=waited.append,
        patience_s=patience_s,
    )


def submit(to: Client) -> str:
    return to.submit(problem_id="sum", language="cpp", files={"a.cpp": b"int main(){}", "b.bin": b"\xff"}).position


ACCEPTED = httpx.Response(202, json={"submission_id": "s", "position": "submissions:0:7"})
BUSY = httpx.Response(503, json={"type": "log-unavailable", "title": "t", "detail": "later"})


def test_a_submission_carries_token_files_and_an_id_of_its_own() -> None:
    service = Service(ACCEPTED)
    assert submit(client(service)) == "submissions:0:7"
    request = service.asked[0]
    body = json.loads(request.content)
    assert request.method == "PUT"
    assert UUID(request.url.path.rpartition("/")[2]).version == 7
    assert request.headers["Authorization"] == "Bearer secret"
    assert body["files"] == [
        {"name": "a.cpp", "content": "int main(){}"},
        {"name": "b.bin", "content": "/w==", "encoding": "base64"},
    ]
    assert "contest_id" not in body


def test_what_is_not_answered_is_sent_again_under_the_same_id() -> None:
    service, pauses = Service(BUSY, httpx.ConnectError("refused"), ACCEPTED), list[float]()
    submit(client(service, pauses))
    assert len({request.url.path for request in service.asked}) == 1
    assert len(service.asked) == 3
    assert pauses == [0.2, 0.4]


def test_patience_ends() -> None:
    with pytest.raises(Unreachable, match="later"):
        submit(client(Service(BUSY), patience_s=0))


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (httpx.Response(404, json={"type": "unknown-problem", "title": "No such problem", "detail": "x"}), "No such"),
        (httpx.Response(400, text="<html>"), "HTTP status 400"),
        (httpx.Response(400, json=["odd"]), "HTTP status 400"),
    ],
)
def test_a_refusal_is_told_in_its_own_words(response: httpx.Response, told: str) -> None:
    with pytest.raises(Refused, match=told):
        submit(client(Service(response)))


def test_ids_are_version_7_and_sort_by_time() -> None:
    early, late = new_id(1_000), new_id(1_001)
    assert early < late
    assert {UUID(early).version, UUID(late).version} == {7}
    assert UUID(early).int >> 80 == 1_000
