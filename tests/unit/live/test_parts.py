"""Channels, requests, frames and places: each as a table."""

import orjson
import pytest
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.streams import StreamReader

from projections.live.access import may_follow
from projections.live.channels import Channel, parse_channel
from projections.live.frames import Frame, Place, parse_place
from projections.live.requests import Authenticate, Request, Subscribe, Unsubscribe, parse_request
from projections.live.rows import joined_rows
from schemas.ids import ContestId, TeamId, UserId
from schemas.rules.visibility import ANONYMOUS, Author, Membership, Viewer
from tests.unit.live.announcing import BOARD, JURY_BOARD, NOW, REJUDGING, SUBMISSION, USER, rows

ID = SUBMISSION.submission_id
AFTER = Place(epoch="T:1", offset=7)


@pytest.mark.parametrize("channel", [SUBMISSION, USER, BOARD, JURY_BOARD, REJUDGING], ids=lambda channel: channel.name)
def test_a_channel_is_read_from_its_name(channel: Channel) -> None:
    assert parse_channel(channel.name) == channel


@pytest.mark.parametrize(
    "name",
    [
        "",
        "submission",
        "submission:",
        "submission:7",
        f"submission:{ID.upper()}",
        f"submission:{ID}:x",
        "user:",
        "user:a\nb",
        "user:" + "x" * 200,
        "board:",
        "board:a b",
        "board:a:",
        "board:a:public",
        "board:a:jury:x",
        "rejudging:1",
        "nonsense:1",
    ],
)
def test_any_other_name_is_no_channel(name: str) -> None:
    assert parse_channel(name) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"token": "x"}, Authenticate(token="x")),
        ({"subscribe": "a"}, Subscribe(channel="a", after=None)),
        ({"subscribe": "a", "after": None}, Subscribe(channel="a", after=None)),
        ({"subscribe": "a", "after": {"epoch": "T:1", "offset": 7}}, Subscribe(channel="a", after=AFTER)),
        (
            {"subscribe": "a", "after": {"epoch": "e", "offset": -1}},
            Subscribe(channel="a", after=Place(epoch="e", offset=-1)),
        ),
        ({"unsubscribe": "a"}, Unsubscribe(channel="a")),
        ({"subscribe": "a", "from": "the future"}, Subscribe(channel="a", after=None)),
        ({}, None),
        ([], None),
        (None, None),
        ({"token": 1}, None),
        ({"subscribe": ["a"]}, None),
        ({"subscribe": "a", "after": 7}, None),
        ({"subscribe": "a", "after": {"epoch": "e"}}, None),
        ({"subscribe": "a", "after": {"epoch": 1, "offset": 7}}, None),
        ({"subscribe": "a", "after": {"epoch": "e", "offset": True}}, None),
        ({"subscribe": "a", "after": {"epoch": "e", "offset": -2}}, None),
        ({"subscribe": "a", "after": {"epoch": "e", "offset": 1.5}}, None),
    ],
)
def test_a_request_is_read(message: object, expected: Request | None) -> None:
    assert parse_request(orjson.dumps(message)) == expected


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"nonsense"])
def test_what_is_no_json_is_no_request(text: bytes) -> None:
    assert parse_request(text) is None


@pytest.mark.parametrize("filler", [0, 40, 60, 65_000, 66_000, 200_000])
def test_a_frame_is_what_a_websocket_client_reads(filler: int) -> None:
    data = orjson.dumps({"filler": "é" * filler})
    frame = Frame(channel="a", place=AFTER, type="case", data=data)
    reader = StreamReader()
    reader.feed_data(frame.websocket)
    parsing = WireFrame.parse(reader.read_exact, mask=False, max_size=None)
    with pytest.raises(StopIteration) as read:
        next(parsing)
    assert (read.value.value.opcode, read.value.value.fin) == (Opcode.TEXT, True)
    assert orjson.loads(read.value.value.data) == {
        "channel": "a",
        "epoch": "T:1",
        "offset": 7,
        "type": "case",
        "data": {"filler": "é" * filler},
    }


def test_an_event_has_its_place_as_id() -> None:
    frame = Frame(channel="a", place=AFTER, type="case", data=b'"x\\ny"')
    assert frame.event == b"id: T:1:7\ndata: " + frame.text + b"\n\n"


def test_an_error_has_no_place() -> None:
    frame = Frame(channel="a", place=None, type="error", data=b"{}")
    assert orjson.loads(frame.text) == {"channel": "a", "type": "error", "data": {}}
    assert frame.event.startswith(b"data: ")


@pytest.mark.parametrize("place", [AFTER, Place(epoch="T:1.thawed", offset=0), Place(epoch="T:1", offset=-1)], ids=str)
def test_a_place_is_read_from_its_text(place: Place) -> None:
    assert parse_place(str(place)) == place


@pytest.mark.parametrize("text", ["", "7", ":7", "T:", "T:x", "T:-2", "T:" + "9" * 30, "T:٣"])
def test_any_other_text_is_no_place(text: str) -> None:
    assert parse_place(text) is None


def test_joined_rows_keep_the_latest_of_each_team_even_out_of_order() -> None:
    data = orjson.loads(joined_rows([rows(0, 5, "red"), rows(1, 3, "red", "blue"), rows(2, 6, "green")]))
    assert {row["team_id"]: row["version"] for row in data["rows"]} == {"red": 5, "blue": 3, "green": 6}
    assert data["offset"] == 6


def viewer(user_id: str, *roles: str, team: str | None = None) -> Viewer:
    memberships = frozenset({Membership(ContestId("spring"), TeamId(team))} if team else ())
    return Viewer(user_id=UserId(user_id), roles=frozenset({"user", *roles}), memberships=memberships)


ADA = Author(user_id=UserId("ada"), contest_id=ContestId("spring"), team_id=TeamId("red"), submitted_at=NOW)
EVERYONE = (ANONYMOUS, viewer("eve"), viewer("eve", team="blue"), viewer("eve", "setter"))
JURY = (viewer("judy", "jury"), viewer("root", "admin"))
TEAM = (viewer("ada"), viewer("bob", team="red"))


@pytest.mark.parametrize(
    ("channel", "allowed", "forbidden"),
    [
        (SUBMISSION, (*TEAM, *JURY), EVERYONE),
        (USER, (viewer("ada"), *JURY), (*EVERYONE, viewer("bob", team="red"))),
        (BOARD, (*EVERYONE, *TEAM, *JURY), ()),
        (JURY_BOARD, JURY, (*EVERYONE, *TEAM)),
        (REJUDGING, JURY, (*EVERYONE, *TEAM)),
    ],
    ids=lambda it: it.name if not isinstance(it, tuple) else "",
)
def test_who_may_follow_what(channel: Channel, allowed: tuple[Viewer, ...], forbidden: tuple[Viewer, ...]) -> None:
    author = ADA if channel is SUBMISSION else None
    assert [who for who in allowed if not may_follow(who, channel, author)] == []
    assert [who for who in forbidden if may_follow(who, channel, author)] == []


def test_nobody_but_the_jury_follows_a_submission_whose_author_is_not_known() -> None:
    assert [who for who in (*EVERYONE, *TEAM) if may_follow(who, SUBMISSION, None)] == []
    assert all(may_follow(who, SUBMISSION, None) for who in JURY)
