"""Following over sockets that come and go."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from judgestream import Client
from judgestream.errors import NoDecision
from judgestream.follow import follow as follow_submission
from judgestream.live import frames
from judgestream.rejudgings import follow
from tests.unit.judgestream.live_service import LiveService, serving_live

ID = "019f4a3e-5c1b-7d2a-9e0f-000000000001"
CHANNEL = f"rejudging:{ID}"
GET = f"/api/v1/rejudgings/{ID}"


@pytest.fixture
def service() -> Iterator[LiveService]:
    with serving_live() as started:
        yield started


@pytest.fixture
def client(service: LiveService) -> Iterator[Client]:
    with Client(service.url, "secret") as opened:
        yield opened


def whole(done: int, state: str = "judging") -> dict[str, Any]:
    return {"rejudging_id": ID, "state": state, "done": done, "total": 9}


def frame(offset: int, data: dict[str, Any], of: str = "snapshot") -> dict[str, Any]:
    return {"channel": CHANNEL, "epoch": "1", "offset": offset, "type": of, "data": data}


def places(service: LiveService) -> list[Any]:
    assert {one["subscribe"] for one in service.subscribed} == {CHANNEL}
    return [one.get("after") for one in service.subscribed]


def standings(client: Client, patience_s: float = 20) -> list[tuple[str, int]]:
    return [(one["state"], one["done"]) for one in follow(client, ID, patience_s=patience_s)]


def test_a_rejudging_is_followed_by_the_socket_alone(service: LiveService, client: Client) -> None:
    service.scripts = [[frame(4, whole(1)), frame(7, whole(1)), frame(9, whole(5)), frame(11, whole(9, "judged"))]]
    assert standings(client) == [("judging", 1), ("judging", 5), ("judged", 9)]
    assert (places(service), service.asked) == ([None], [])


def test_a_lost_socket_is_opened_again_and_goes_on_where_it_was(service: LiveService, client: Client) -> None:
    service.answers = {GET: whole(2)}
    service.scripts = [[frame(4, whole(1))], [], None, [frame(9, whole(3)), frame(11, whole(9, "judged"))]]
    assert standings(client) == [("judging", 1), ("judging", 2), ("judging", 3), ("judged", 9)]
    assert places(service) == [None, *2 * [{"epoch": "1", "offset": 4}]]
    assert service.asked == 3 * [GET], "one is told what was missed as long as there is no socket"


def test_without_a_socket_it_is_asked_for(service: LiveService, client: Client) -> None:
    service.answers = {GET: whole(9, "judged")}
    assert standings(client) == [("judged", 9)]
    assert service.subscribed == []


def test_a_channel_that_is_refused_is_asked_for(service: LiveService, client: Client) -> None:
    service.answers = {GET: whole(9, "judged")}
    service.scripts = [[{"channel": CHANNEL, "type": "error", "data": {"title": "forbidden", "status": 403}}]]
    assert standings(client) == [("judged", 9)]


def test_what_a_later_service_may_tell_changes_nothing(service: LiveService, client: Client) -> None:
    service.scripts = [[frame(4, {}, of="something new"), frame(5, whole(9, "judged"))]]
    assert standings(client) == [("judged", 9)]


def test_it_is_not_followed_without_end(service: LiveService, client: Client) -> None:
    service.answers = {GET: whole(1)}
    with pytest.raises(NoDecision):
        standings(client, patience_s=0.3)


def test_one_that_waits_for_frames_waits_until_its_deadline(service: LiveService, client: Client) -> None:
    service.scripts = [[frame(4, whole(1))], None]
    told = frames(client, CHANNEL, deadline=time.monotonic() + 0.3)
    assert [one and one["offset"] for one in told][:2] == [4, None]


def test_a_submission_goes_on_where_it_was(service: LiveService, client: Client) -> None:
    case = {"case": "1", "verdict": "AC"}
    first: dict[str, Any] = {"state": "judging", "verdict": None, "cases": [], "version": 1}
    last = {"state": "judged", "verdict": "AC", "cases": [case], "version": 3}
    told = {"index": 0, "result": case, "state": "judging", "version": 2}
    service.scripts = [[frame(1, first)], None, [frame(2, told, of="case"), frame(3, last, of="verdict")]]
    progress = list(follow_submission(client, ID, patience_s=20))
    assert [(one.state, len(one.cases), one.verdict) for one in progress] == [
        ("judging", 0, None),
        ("judging", 1, None),
        ("judged", 1, "AC"),
    ]
    assert [one.get("after") for one in service.subscribed] == [None, {"epoch": "1", "offset": 1}]
