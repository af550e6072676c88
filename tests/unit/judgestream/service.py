"""A small web service of the tests' own, for commands that are run as a person runs them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from typer.testing import CliRunner, Result

from judgestream.__main__ import main

Answer = tuple[int, dict[str, Any]]


@dataclass
class Service:
    """Answers each call with the answers given for it in order, the last one for ever; keeps the bodies it was sent.

    A PUT under an id that the client draws is called `PUT COLLECTION/*`.
    """

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    sent: list[tuple[str, Any]] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    answered: Callable[[str], object] = lambda _: None
    """Called with each call after its answer."""

    url: str = ""

    def will(self, call: str, *bodies: dict[str, Any], status: int = 200) -> None:
        """Answers `METHOD PATH` with these, after what was given for it before."""
        self.answers.setdefault(call, []).extend((status, body) for body in bodies)

    def answer(self, call: str, body: Any) -> Answer:
        """The next answer to a call."""
        if body is not None:
            self.sent.append((call, body))
        known = self.answers.get(call)
        if known is None:
            return 404, {"type": "urn:judgestream:problem:not-found", "title": f"no {call}"}
        return known.pop(0) if len(known) > 1 else known[0]

    def run(self, *arguments: str, **environment: str) -> Result:
        """The command line, on this service."""
        environment = {"COLUMNS": "200", "JUDGESTREAM_URL": self.url, **environment}
        return CliRunner().invoke(main, arguments, env=environment)


@contextmanager
def serving() -> Iterator[Service]:
    """A service that answers at its `url`."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(f"GET {self.path}", None)

        def do_POST(self) -> None:
            self.reply(f"POST {self.path}", self.body())

        def do_PUT(self) -> None:
            collection, _, name = self.path.rpartition("/")
            service.drawn.append(name)
            self.reply(f"PUT {collection}/*", self.body())

        def body(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def reply(self, call: str, sent: Any) -> None:
            status, body = service.answer(call, sent)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            service.answered(call)

        def log_message(self, *_: object) -> None:
            """A test's output has no place for it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
