"""`judgestream projections` against a small web service of the test's own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.judgestream.service import Service, serving

API = "/api/v1/projections"
TASK: dict[str, Any] = {
    "task_id": "one",
    "kind": "verify",
    "state": "replaying",
    "generation": 2,
    "requested_by": "root",
    "requested_at": "2026-11-21T12:00:00+00:00",
    "reason": "to see",
    "only_if_equal": False,
    "accept_loss": False,
    "started_at": None,
    "ended_at": None,
    "cancelled_by": None,
    "done": 500,
    "total": 1000,
    "rate": 900.0,
    "remaining_s": 0.5,
    "waits_for": None,
    "events": 0,
    "events_per_s": 0.0,
    "given_up": 0,
    "compared": 0,
    "differing": 0,
    "differences": [],
    "error": None,
}
ENDED = TASK | {"state": "done", "ended_at": "2026-11-21T12:01:00+00:00", "events": 1000, "compared": 70}
PARTITION = {
    "topic": "contest-feed",
    "partition": 2,
    "position": 40,
    "end": 44,
    "lag_events": 4,
    "lag_s": 12.3,
    "rate": 0.0,
    "parked": {"offset": 40, "detail": "KeyError: [x]", "since": "2026-11-21T12:00:00+00:00"},
}
MODEL: dict[str, Any] = {
    "name": "boards",
    "version": 1,
    "state": "parked",
    "parks": True,
    "generation": 3,
    "paused": None,
    "position": 40,
    "end": 44,
    "lag_events": 4,
    "lag_s": 12.3,
    "rate": 0.0,
    "last_error": "gave up x",
    "last_error_at": "2026-11-21T12:00:00+00:00",
    "waits_for": None,
    "partitions": [PARTITION],
    "skipped": [],
    "task": None,
}


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as started:
        yield started


def test_the_list_shows_state_lag_and_task(service: Service) -> None:
    service.will(f"GET {API}", {"projections": [MODEL | {"task": TASK}]})
    shown = service.run("projections", "list").output
    for word in ("boards", "parked", "g3", "12.3", "verify replaying 500/1,000"):
        assert word in shown


def test_one_is_shown_by_partition_with_its_troubles(service: Service) -> None:
    service.will(f"GET {API}/boards", MODEL)
    shown = service.run("projections", "status", "boards").output
    for word in ("contest-feed:2", "parked at 40: KeyError: [x]", "gave up x"):
        assert word in shown
    assert json.loads(service.run("projections", "status", "boards", "--json").output) == MODEL


def test_a_verification_is_followed_to_its_end(service: Service) -> None:
    service.will(f"POST {API}/boards/verify", MODEL | {"task": TASK}, status=202)
    service.will(f"GET {API}/boards", MODEL | {"task": TASK}, MODEL | {"task": ENDED})
    ended = service.run("projections", "verify", "boards", "-r", "to see")
    assert (ended.exit_code, service.sent) == (0, [(f"POST {API}/boards/verify", {"reason": "to see"})])
    assert "1,000 events" in ended.output
    assert "70 partitions compared, 0 differ" in ended.output


def test_differences_are_printed_and_make_the_status(service: Service) -> None:
    difference = {"table": "boards", "key": "team_id=ada", "column": "team_row", "live": "planted", "replayed": None}
    service.will(f"GET {API}", {"projections": [MODEL]})
    service.will(f"POST {API}/boards/verify", MODEL | {"task": TASK}, status=202)
    service.will(f"GET {API}/boards", MODEL | {"task": ENDED | {"differing": 1, "differences": [difference]}})
    ended = service.run("projections", "verify", "--all")
    assert ended.exit_code == 1
    assert "planted" in ended.output
    assert "1 differ" in ended.output


def test_a_second_rebuild_is_refused(service: Service) -> None:
    problem = {"type": "urn:judgestream:problem:task-under-way", "title": "Under way", "detail": "wait"}
    service.will(f"POST {API}/boards/rebuild", problem, status=409)
    ended = service.run("projections", "rebuild", "boards")
    assert ended.exit_code == 2
    assert service.sent[0][1]["only_if_equal"] is False


@pytest.mark.parametrize(
    ("arguments", "order", "body"),
    [
        (("pause", "boards", "-r", "look"), "pause", {"reason": "look"}),
        (("resume", "boards"), "resume", {}),
        (("cancel", "boards"), "cancel", {}),
        (
            ("skip", "boards", "contest-feed:2:40", "-r", "broken"),
            "skip",
            {"position": "contest-feed:2:40", "reason": "broken"},
        ),
    ],
)
def test_orders_have_their_place_in_the_body(
    service: Service, arguments: tuple[str, ...], order: str, body: dict[str, Any]
) -> None:
    service.will(f"POST {API}/boards/{order}", MODEL, status=202)
    assert service.run("projections", *arguments).exit_code == 0
    assert service.sent == [(f"POST {API}/boards/{order}", body)]


def test_models_are_named_or_all_are_meant(service: Service) -> None:
    assert service.run("projections", "rebuild").exit_code == 2
    assert service.run("projections", "rebuild", "boards", "--all").exit_code == 2
