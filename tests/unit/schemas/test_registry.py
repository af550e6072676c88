"""The registry's client before a small registry that a test can break."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from schemas.avro_versions import newest, schema_versions
from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.events import ContestThawed
from schemas.golden_records import example
from schemas.registry import Registry, connect_codec


@dataclass
class FakeRegistry:
    """Keeps schemas by subject, as a registry does; `refusal` is answered instead where it is set."""

    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    configured: dict[str, str] = field(default_factory=dict)
    refusal: tuple[int, bytes] | None = None
    calls: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: dict[str, str]) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        match method, path.strip("/").split("/"):
            case "GET", ["subjects"]:
                return 200, sorted({subject for subject, _ in self.ids})
            case "PUT", ["config", subject] if subject in self.configured:
                return 409, {"error_code": 409, "message": "A rule named 'COMPATIBILITY' already exists."}
            case "GET", ["config", subject] if subject in self.configured:
                return 200, {"compatibilityLevel": self.configured[subject]}
            case "PUT", ["config", subject]:
                self.configured[subject] = body["compatibility"]
                return 200, body
            case "POST", ["subjects", subject, "versions"]:
                return 200, {"id": self.ids.setdefault((subject, body["schema"]), len(self.ids) + 1)}
            case "POST", ["subjects", subject] if (subject, body["schema"]) in self.ids:
                return 200, {"id": self.ids[subject, body["schema"]]}
            case "GET", ["schemas", "ids", number] if int(number) in self.ids.values():
                return 200, {"schema": next(text for (_, text), known in self.ids.items() if known == int(number))}
        return 404, {"error_code": 40403, "message": "not there"}


@pytest.fixture
def fake() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def url(fake: FakeRegistry) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = fake.answer(self.command, self.path, json.loads(sent) if sent else {})
            status, body = fake.refusal or (status, json.dumps(answer).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_registers_every_version_in_order_under_full_transitive(fake: FakeRegistry, url: str) -> None:
    ids = Registry(url).register()
    assert list(ids) == list(schema_versions())
    assert list(ids.values()) == list(range(1, len(ids) + 1))
    assert fake.configured == {version.subject: "FULL_TRANSITIVE" for version in schema_versions()}
    assert Registry(url).ids() == ids


def test_registering_again_changes_nothing(fake: FakeRegistry, url: str) -> None:
    first = Registry(url).register()
    fake.calls.clear()
    assert Registry(url).register() == first
    assert not any(call.startswith("PUT") for call in fake.calls)


def test_the_mode_of_a_subject_is_set_before_its_first_schema(fake: FakeRegistry, url: str) -> None:
    Registry(url).register()
    configured = fake.calls.index("PUT /config/judgestream.CaseJudged")
    assert configured < fake.calls.index("POST /subjects/judgestream.CaseJudged/versions")


def test_an_id_is_asked_once_and_known_from_then_on(fake: FakeRegistry, url: str) -> None:
    registry = Registry(url)
    number = registry.register()[newest("ContestThawed")]
    assert registry.schema(number) == newest("ContestThawed").schema()
    fake.refusal = (503, b"down")
    assert registry.schema(number) == newest("ContestThawed").schema()


def test_a_schema_that_is_not_registered_yet_is_waited_for(url: str) -> None:
    with pytest.raises(LogUnavailable, match="404"):
        Registry(url).ids()


def test_an_unknown_id_is_none_to_who_asks_and_unavailable_to_who_decodes(url: str) -> None:
    assert Registry(url).find(9) is None
    with pytest.raises(LogUnavailable, match="does not know the id 9"):
        Registry(url).schema(9)


@pytest.mark.parametrize("status", [409, 422])
def test_a_schema_that_is_refused_is_for_a_person_to_look_at(fake: FakeRegistry, url: str, status: int) -> None:
    fake.refusal = (status, b'{"message": "incompatible"}')
    with pytest.raises(LogMisconfigured, match="incompatible"):
        Registry(url).register()


@pytest.mark.parametrize("status", [500, 503, 401])
def test_any_other_refusal_may_pass(fake: FakeRegistry, url: str, status: int) -> None:
    fake.refusal = (status, b"not now")
    with pytest.raises(LogUnavailable, match=f"{status}: not now"):
        Registry(url).register()


def test_a_registry_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(LogUnavailable, match="does not answer"):
        Registry("http://127.0.0.1:9").register()


def test_a_codec_works_on_while_the_registry_is_down(fake: FakeRegistry, url: str) -> None:
    Registry(url).register()
    codec = connect_codec(url, deadline_s=5)
    fake.refusal = (503, b"down")
    event = example(ContestThawed)
    assert codec.decode(codec.encode(event)) == event


def test_a_codec_without_a_registry_gives_up_after_its_deadline() -> None:
    with pytest.raises(LogUnavailable, match="waited 0 s for the schema registry"):
        connect_codec("http://127.0.0.1:9", deadline_s=0)


def test_a_rule_that_another_request_made_meanwhile_will_do(url: str, fake: FakeRegistry) -> None:
    subjects = {version.subject for version in schema_versions()}
    fake.configured = dict.fromkeys(subjects, "FULL_TRANSITIVE")
    assert len(Registry(url).register()) == len(schema_versions())


def test_another_rule_than_ours_will_not(url: str, fake: FakeRegistry) -> None:
    fake.configured = {schema_versions()[0].subject: "NONE"}
    with pytest.raises(LogMisconfigured):
        Registry(url).register()
