"""Problem documents: every way to say no has one shape and leaks nothing."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

from schemas.http import refusals
from schemas.http.health import health_routes
from schemas.http.problem_details import install_problem_details
from schemas.http.refusals import REFUSAL_TYPES, Refusal


class Body(BaseModel):
    size: int


async def _breaks() -> None:
    raise RuntimeError("the password is hunter2")


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    install_problem_details(app)

    @app.put("/things/{number}")
    async def put(number: int, body: Body) -> int:
        return number + body.size

    @app.delete("/things/{number}")
    async def delete(number: int) -> None:
        raise Refusal(refusals.LOG_UNAVAILABLE, "wait", headers={"Retry-After": "1"}, number=number)

    @app.get("/broken")
    async def broken(_: Annotated[None, Depends(_breaks)]) -> None: ...

    app.router.routes.extend(health_routes(ready={"log": lambda: "the broker", "store": lambda: None}))
    return TestClient(app, raise_server_exceptions=False)


def test_a_refusal_is_a_document_with_its_own_members(client: TestClient) -> None:
    response = client.delete("/things/7")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "1"
    assert (response.status_code, response.json()) == (
        503,
        {
            "type": "urn:judgestream:problem:log-unavailable",
            "title": "Nothing was accepted; try again",
            "status": 503,
            "detail": "wait",
            "number": 7,
        },
    )


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "name"),
    [
        ("GET", "/nowhere", b"", 404, "not-found"),
        ("GET", "/things/1", b"", 405, "method-not-allowed"),
        ("PUT", "/things/1", b"{", 400, "malformed-json"),
        ("PUT", "/things/1", b'{"size": "large"}', 422, "invalid-body"),
        ("PUT", "/things/one", b'{"size": 1}', 422, "invalid-parameter"),
        ("GET", "/broken", b"", 500, "unexpected"),
    ],
)
def test_what_the_framework_refuses_has_the_same_shape(
    client: TestClient, method: str, path: str, content: bytes, status: int, name: str
) -> None:
    response = client.request(method, path, content=content, headers={"Content-Type": "application/json"})
    document = response.json()
    assert (response.status_code, document["status"], document["type"]) == (
        status,
        status,
        f"urn:judgestream:problem:{name}",
    )
    assert response.headers["content-type"] == "application/problem+json"


def test_our_own_fault_tells_nothing_of_the_inside(client: TestClient) -> None:
    assert "hunter2" not in client.get("/broken").text


def test_a_wrong_method_is_told_all_the_right_ones(client: TestClient) -> None:
    assert client.get("/things/1").headers["allow"] == "DELETE, PUT"


def test_no_two_types_share_a_name_and_all_are_errors() -> None:
    assert all(name == kind.name and 400 <= kind.status < 600 for name, kind in REFUSAL_TYPES.items())
    constants = [value for value in vars(refusals).values() if isinstance(value, refusals.RefusalType)]
    assert len(constants) == len(REFUSAL_TYPES)


def test_ready_says_what_it_waits_for_and_live_does_not_wait(client: TestClient) -> None:
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"ok": False, "waiting_for": {"log": "the broker"}})
    assert client.get("/health/live").json() == {"ok": True, "waiting_for": {}}


def test_metrics_are_in_prometheus_format(client: TestClient) -> None:
    assert "# HELP" in client.get("/metrics").text
