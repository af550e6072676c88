"""`judgestream dead-letters` against a small web service of the test's own."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from typer.testing import CliRunner

from judgestream.__main__ import main

LINE = {
    "position": "dead-letters:0:7",
    "given_up_at": "2026-11-21T12:58:00+00:00",
    "source": "jobs.practice:2:4",
    "reason": "attempts_exhausted",
    "detail": "ExecutorDied: [3 times]",
    "given_up_by": "executor one",
    "value_bytes": 2000,
}
LETTER = {**LINE, "key": "aw==", "value": "AGp1bmsA" * 250}
ANSWERS = {
    "/api/v1/dead-letters?limit=20": {"dead_letters": [LINE], "cursor": "Nw"},
    "/api/v1/dead-letters?limit=2&cursor=Nw": {"dead_letters": [], "cursor": None},
    "/api/v1/dead-letters/dead-letters:0:7": LETTER,
}


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answer = ANSWERS.get(self.path)
        body = json.dumps(answer or {"type": "t", "title": "There is no such dead letter"}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """A test's output has no place for it."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(url: str, *arguments: str) -> tuple[int, str]:
    environment = {"COLUMNS": "200", "JUDGESTREAM_URL": url}
    result = CliRunner().invoke(main, ["dead-letters", *arguments], env=environment)
    return result.exit_code, result.output


def test_the_list_is_a_table_that_says_how_to_go_on(url: str) -> None:
    status, shown = run(url, "list")
    assert status == 0
    for told in ("2026-11-21 12:58:00", "attempts_exhausted", "--cursor Nw"):
        assert told in shown


def test_an_empty_list_says_so(url: str) -> None:
    assert run(url, "list", "--limit", "2", "--cursor", "Nw") == (0, "no dead letters\n")


def test_a_letter_is_shown_with_the_beginning_of_its_record(url: str) -> None:
    status, shown = run(url, "show", "dead-letters:0:7")
    assert status == 0
    for told in ("[3 times]", "b'k'", "00 6a 75 6e 6b 00", ".junk.", "476 more bytes"):
        assert told in shown


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [(["show", "dead-letters:0:7"], LETTER), (["list"], ANSWERS["/api/v1/dead-letters?limit=20"])],
)
def test_programs_get_json(url: str, arguments: list[str], answer: object) -> None:
    status, shown = run(url, *arguments, "--json")
    assert (status, json.loads(shown)) == (0, answer)


def test_what_is_not_there_is_said_in_a_line(url: str) -> None:
    assert run(url, "show", "dead-letters:0:99") == (2, "There is no such dead letter\n")
