"""Bodies over a limit are refused without being read; whoever still sends gets to read why."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from ingest_api.app import make_api, with_layers
from ingest_api.limits import PROBLEM_BODY_BYTES, SUBMISSION_BODY_BYTES
from schemas.http.identity import Role
from tests.unit.ingest_api.write_side import WriteSide

CHUNK = 64 * 1024


class Exchange:
    """One request to an ASGI application, piece by piece: counts what was read before the answer."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.read_before_answer = 0
        self.read_bytes = 0
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.ended = False

    async def receive(self) -> dict[str, Any]:
        chunk = next(self._chunks, None)
        if chunk is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        self.read_bytes += len(chunk)
        if not self.status:
            self.read_before_answer += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.ended = not message.get("more_body", False)


async def exchange(
    side: WriteSide, method: str, path: str, chunks: Iterator[bytes], headers: dict[str, str]
) -> Exchange:
    api = make_api(side.ports())
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": f"/api/v1{path}",
        "raw_path": f"/api/v1{path}".encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    done = Exchange(chunks)
    async with api.router.lifespan_context(api), asyncio.timeout(5):
        await with_layers(api)(scope, done.receive, done.send)  # type: ignore[arg-type]  # messages are plain dicts
    return done


ROUTES = [
    ("POST", "/submissions", SUBMISSION_BODY_BYTES),
    ("PUT", "/submissions/{id}", SUBMISSION_BODY_BYTES),
    ("POST", "/problems", PROBLEM_BODY_BYTES),
    ("POST", "/contests", 1024 * 1024),
]


@pytest.mark.parametrize(("method", "path", "limit"), ROUTES)
async def test_an_announced_body_over_the_limit_is_refused_unread(
    write_side: WriteSide, method: str, path: str, limit: int
) -> None:
    from tests.unit.ingest_api.write_side import START, new_id

    headers = write_side.token("root", Role.ADMIN) | {
        "Content-Type": "application/json",
        "Content-Length": str(limit + 1),
    }
    done = await exchange(
        write_side, method, path.replace("{id}", new_id(START)), iter([b" " * CHUNK] * (limit // CHUNK + 1)), headers
    )
    assert (done.status, done.read_before_answer) == (413, 0)


@pytest.mark.parametrize(("method", "path", "limit"), ROUTES[:2])
async def test_a_body_in_chunks_is_read_up_to_the_limit_and_no_further(
    write_side: WriteSide, method: str, path: str, limit: int
) -> None:
    from tests.unit.ingest_api.write_side import START, new_id

    headers = write_side.token("root", Role.ADMIN) | {
        "Content-Type": "application/json",
        "Transfer-Encoding": "chunked",
    }

    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * CHUNK

    done = await exchange(write_side, method, path.replace("{id}", new_id(START)), endless(), headers)
    assert done.status == 413
    assert limit < done.read_before_answer <= limit + CHUNK
    assert done.ended, "the connection is not kept for a client without end"
    assert done.headers[b"connection"] == b"close"


async def test_who_may_not_is_refused_before_the_body_is_read(write_side: WriteSide) -> None:
    headers = write_side.token("ada") | {"Content-Type": "application/json", "Content-Length": str(CHUNK * 10)}
    done = await exchange(write_side, "POST", "/problems", iter([b" " * CHUNK] * 10), headers)
    assert (done.status, done.read_before_answer) == (403, 0)
    assert done.read_bytes > 0, "but the client may finish, so that it can read the answer"
