"""What is written is read, told and waited for: on a real broker, a real store and real sockets."""

import asyncio
import json
from base64 import b64decode
from datetime import timedelta
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from schemas.dead_letters import LETTER_BYTES
from schemas.events import Event, SubmissionReceived
from schemas.http.identity import Role
from schemas.topics import SUBMISSIONS
from schemas.values import RejudgingChange, Verdict
from tests.integration.projections.reading.services import STOPPED_WITHIN_S, Process, ReadSide, service, until_ready
from tests.integration.projections.rejudging_season import RejudgingSeason
from tests.integration.projections.season import Season
from tests.unit.projections.stories import case, started, verdict

DEADLINE_S = 30.0

Json = dict[str, Any]


def follow(node: Process, token: str | None = None) -> connect:
    return connect(node.socket_url, additional_headers={"Authorization": f"Bearer {token}"} if token else {})


async def hear(socket: ClientConnection) -> Json:
    async with asyncio.timeout(DEADLINE_S):
        frame: Json = json.loads(await socket.recv())
    return frame


async def subscribe(socket: ClientConnection, channel: str, after: Json | None = None) -> Json:
    wish: Json = {"subscribe": channel}
    if after is not None:
        wish["after"] = {"epoch": after["epoch"], "offset": after["offset"]}
    await socket.send(json.dumps(wish))
    return await hear(socket)


async def applied(http: httpx.AsyncClient, path: str, position: object, **params: object) -> Json:
    """What a GET says once the model has that position."""
    answer = await http.get(path, params={"after": str(position), **{key: str(it) for key, it in params.items()}})
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    assert body["applied"] is True
    return body


async def accept(season: Season, http: httpx.AsyncClient, minute: float = 10) -> SubmissionReceived:
    """A submission that the read models have."""
    accepted = season.submission(minute)
    [position] = await asyncio.to_thread(season.tell, accepted)
    await applied(http, f"/submissions/{accepted.submission_id}", position)
    return accepted


def number_of(season: Season) -> int:
    return season.first + season.count


async def test_a_get_never_lags_what_was_announced(reading: ReadSide, season: Season, http: httpx.AsyncClient) -> None:
    accepted = await accept(season, http)
    path, who = f"/submissions/{accepted.submission_id}", season.user_id("ada")
    story: list[Event] = [started(number_of(season)), *(case(number_of(season), 0, index) for index in range(3))]
    async with follow(reading.live, reading.token(who)) as socket:
        first = await subscribe(socket, f"submission:{accepted.submission_id}")
        assert (first["type"], first["data"]["state"]) == ("snapshot", "queued")
        await asyncio.to_thread(season.tell, *story)
        await asyncio.to_thread(season.tell, verdict(number_of(season), of=accepted))
        kinds: list[str] = []
        last = first
        while not kinds or kinds[-1] != "verdict":
            frame = await hear(socket)
            kinds.append(frame["type"])
            assert frame["offset"] > last["offset"]
            assert frame["data"]["version"] > last["data"]["version"]
            seen = (await http.get(path, headers=reading.header(who))).json()
            assert seen["version"] >= frame["data"]["version"]
            last = frame
    # The verdict may overtake progress, which nobody is told of then.
    assert kinds[:-1] == ["started", "case", "case", "case"][: len(kinds) - 1]
    assert last["data"]["verdict"] == "AC"


async def test_wait_is_answered_by_the_verdict(reading: ReadSide, season: Season, http: httpx.AsyncClient) -> None:
    accepted = await accept(season, http)
    path, header = f"/submissions/{accepted.submission_id}", reading.header(season.user_id("ada"))
    waiting = asyncio.create_task(http.get(path, params={"wait": "30"}, headers=header))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done
    await asyncio.to_thread(season.tell, verdict(number_of(season), said=Verdict.WA, of=accepted))
    async with asyncio.timeout(DEADLINE_S / 2):
        assert (await waiting).json()["verdict"] == "WA"


async def test_whoever_wrote_reads_it_everywhere(reading: ReadSide, season: Season, http: httpx.AsyncClient) -> None:
    accepted = season.submission()
    [position] = await asyncio.to_thread(season.tell, accepted)
    body = await applied(http, f"/submissions/{accepted.submission_id}", position)
    assert (body["state"], "files" in body) == ("queued", False)
    for owner in ("user_id", "problem_id", "contest_id"):
        page = await applied(http, "/submissions", position, **{owner: getattr(accepted, owner)})
        assert [line["submission_id"] for line in page["submissions"]] == [accepted.submission_id]
    del reading


@pytest.mark.parametrize(
    "position", ["submissions:0:99999999", "live:0:0", "executors:0:0", "nothing:0:0", "submissions:12:0"]
)
async def test_a_position_that_can_never_be_applied_is_refused(
    season: Season, http: httpx.AsyncClient, position: str
) -> None:
    accepted = season.submission()
    answer = await http.get(f"/submissions/{accepted.submission_id}", params={"after": position})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:judgestream:problem:invalid-position")


async def test_the_board_moves_for_everyone_and_the_thaw_shows_the_rest(
    reading: ReadSide, season: Season, http: httpx.AsyncClient
) -> None:
    board = f"/contests/{season.contest_id}/board"
    team = f"ada-{season.name}"
    [teams] = await asyncio.to_thread(season.tell_contest, season.team("ada"))
    await applied(http, board, teams)
    async with follow(reading.live) as socket:
        first = await subscribe(socket, f"board:{season.contest_id}")
        assert {row["team_id"]: row["solved"] for row in first["data"]["rows"]}[team] == 0
        open_one, frozen_one = season.submission(minute=10), season.submission(minute=100, problem="gcd")
        numbers = number_of(season) - 1, number_of(season)
        await asyncio.to_thread(season.tell_story, [open_one, verdict(numbers[0], of=open_one)])
        solved = 0
        while solved < 1:
            frame = await hear(socket)
            assert frame["type"] == "rows"
            solved = {row["team_id"]: row["solved"] for row in frame["data"]["rows"]}[team]
        await asyncio.to_thread(season.tell_story, [frozen_one, verdict(numbers[1], of=frozen_one)])
        pending = await hear(socket)
        assert [cell["pending"] for row in pending["data"]["rows"] for cell in row["cells"]] == [0, 1]
        await asyncio.to_thread(season.thaw)
        thawed = await hear(socket)
        while thawed["type"] != "snapshot":
            thawed = await hear(socket)
    assert thawed["epoch"] == f"{first['epoch']}.thawed"
    shown = (await http.get(board)).json()
    for seen in (shown, thawed["data"]):
        [row] = [row for row in seen["rows"] if row["team_id"] == team]
        assert (row["rank"], row["solved"]) == (1, 2)


async def test_whoever_comes_back_to_another_node_misses_nothing(
    reading: ReadSide, season: Season, http: httpx.AsyncClient
) -> None:
    accepted = await accept(season, http)
    channel, who = f"submission:{accepted.submission_id}", season.user_id("ada")
    async with follow(reading.live, reading.token(who)) as socket:
        first = await subscribe(socket, channel)
    story: list[Event] = [started(number_of(season)), case(number_of(season), 0, 0)]
    async with follow(reading.other_live, reading.token(who)) as witness:
        await subscribe(witness, channel)
        await asyncio.to_thread(season.tell, *story)
        told = [await hear(witness) for _ in story]
    async with follow(reading.other_live, reading.token(who)) as socket:
        recovered = await subscribe(socket, channel, first)
        assert (recovered["type"], recovered["data"]) == ("recovered", {"missed": 2})
        assert [await hear(socket) for _ in story] == told


async def test_a_fresh_node_recovers_what_was_told_before_it_was_there(
    reading: ReadSide, season: Season, http: httpx.AsyncClient
) -> None:
    accepted = await accept(season, http)
    channel, who = f"submission:{accepted.submission_id}", season.user_id("ada")
    async with follow(reading.live, reading.token(who)) as socket:
        first = await subscribe(socket, channel)
        await asyncio.to_thread(season.tell, started(number_of(season)))
        told = await hear(socket)
    with service("projections.live", reading.environment, reading.folder) as fresh:
        await asyncio.to_thread(until_ready, fresh)
        async with follow(fresh, reading.token(who)) as socket:
            assert (await subscribe(socket, channel, first))["type"] == "recovered"
            assert await hear(socket) == told


async def test_events_are_sent_to_who_has_no_socket(reading: ReadSide, season: Season, http: httpx.AsyncClient) -> None:
    accepted = await accept(season, http)
    header = reading.header("judy", Role.JURY)
    params = {"channel": f"submission:{accepted.submission_id}"}
    async with (
        httpx.AsyncClient(base_url=reading.live.url, headers=header) as live,
        live.stream("GET", "/api/v1/live/sse", params=params) as stream,
        asyncio.timeout(DEADLINE_S),
    ):
        kinds = []
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                kinds.append(json.loads(line.removeprefix("data: "))["type"])
                if len(kinds) == 2:
                    break
                await asyncio.to_thread(season.tell, started(number_of(season)))
    assert kinds == ["snapshot", "started"]


async def test_a_socket_ends_with_its_token(reading: ReadSide) -> None:
    async with follow(reading.live, reading.token("ada", lasts=timedelta(seconds=1.5))) as socket:
        with pytest.raises(ConnectionClosed) as end:
            await hear(socket)
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 3501


async def test_at_sigterm_clients_are_sent_elsewhere_and_waiters_answered(
    reading: ReadSide, season: Season, http: httpx.AsyncClient
) -> None:
    accepted = await accept(season, http)
    path = f"/api/v1/submissions/{accepted.submission_id}"
    with (
        service("projections.live", reading.environment, reading.folder) as node,
        service("projections.query_api", reading.environment, reading.folder) as query,
    ):
        await asyncio.to_thread(until_ready, node)
        await asyncio.to_thread(until_ready, query)
        async with follow(node) as socket, httpx.AsyncClient(base_url=query.url, timeout=40) as other:
            await subscribe(socket, f"board:{season.contest_id}")
            waiting = asyncio.create_task(other.get(path, params={"wait": "30"}))
            done, _ = await asyncio.wait({waiting}, timeout=0.3)
            assert not done
            ends = await asyncio.gather(asyncio.to_thread(node.stop), asyncio.to_thread(query.stop))
            assert (await waiting).json()["state"] == "queued"
            await socket.wait_closed()
            assert socket.close_code == 3000
    assert [status for status, _ in ends] == [0, 0]
    assert max(took for _, took in ends) < STOPPED_WITHIN_S


async def test_what_a_projection_gives_up_the_jury_can_read(reading: ReadSide, http: httpx.AsyncClient) -> None:
    junk = bytes(range(255, -1, -1)) * (5 * 1024 * 1024 // 256)
    producer = Producer({"bootstrap.servers": reading.environment["JUDGESTREAM_KAFKA"], "message.max.bytes": 2**23})
    producer.produce(SUBMISSIONS.name, junk, partition=0)
    assert producer.flush(DEADLINE_S) == 0
    jury = reading.header("judy", Role.JURY)
    letters: list[Json] = []
    async with asyncio.timeout(DEADLINE_S):
        while not letters:
            page = (await http.get("/dead-letters", params={"limit": 5}, headers=jury)).json()
            letters = [one for one in page["dead_letters"] if one["value_bytes"] == LETTER_BYTES]
    assert letters[0]["source"].startswith(f"{SUBMISSIONS.name}:0:")
    assert letters[0]["given_up_by"].startswith("projection.")
    assert f"cut from {len(junk)} bytes" in letters[0]["detail"]
    whole = (await http.get(f"/dead-letters/{letters[0]['position']}", headers=jury)).json()
    assert b64decode(whole["value"]) == junk[:LETTER_BYTES]
    assert (await http.get("/dead-letters", headers=reading.header("ada"))).status_code == 403


async def test_a_rejudging_is_seen_by_the_jury_alone_until_it_is_applied(
    reading: ReadSide, season: Season, http: httpx.AsyncClient
) -> None:
    rejudging = RejudgingSeason.of(season, reading.environment)
    jury, author = reading.header("judy", Role.JURY), reading.header(season.user_id("ada"))
    path, board = f"/rejudgings/{rejudging.rejudging_id}", f"/contests/{season.contest_id}/board"
    first, second = season.submission(minute=10), season.submission(minute=20, who="bob")
    numbers = number_of(season) - 1, number_of(season)
    await asyncio.to_thread(season.tell_story, [first, verdict(numbers[0], said=Verdict.WA, of=first)])
    await asyncio.to_thread(season.tell_story, [second, verdict(numbers[1], of=second)])
    asked = await asyncio.to_thread(rejudging.ask)
    await asyncio.to_thread(rejudging.open, asked, (first, Verdict.WA), (second, Verdict.AC))
    http.headers.update(jury)
    opened = await applied(http, path, asked)
    assert (opened["state"], opened["total"], opened["contest_ids"]) == ("judging", 2, [season.contest_id])
    waiting = asyncio.create_task(http.get(path, params={"wait": "30"}))
    await asyncio.to_thread(rejudging.judge, numbers[0], first, Verdict.AC)
    await asyncio.to_thread(rejudging.judge, numbers[1], second, Verdict.AC)
    assert (await waiting).json()["state"] == "judged"
    assert (await http.get(f"{path}/matrix")).json()["rows"] == [
        {"old": "AC", "new": "AC", "count": 1},
        {"old": "WA", "new": "AC", "count": 1},
    ]
    [change] = (await http.get(f"{path}/changes")).json()["changes"]
    assert (change["submission_id"], change["old"], change["new"], change["flaky"]) == (
        first.submission_id,
        "WA",
        "AC",
        True,
    )
    assert change["old_cpu_time_ms"] == 5
    diff = (await http.get(f"{path}/diff", params={"contest_id": season.contest_id})).json()
    assert [(one["team_id"], one["rank_before"], one["rank_after"]) for one in diff["rows"]] == [
        (f"ada-{season.name}", 2, 1),
        (f"bob-{season.name}", 1, 2),
        (f"cleo-{season.name}", 2, 3),
    ]
    assert (await http.get(path, headers=author)).status_code == 404
    seen = (await http.get(f"/submissions/{first.submission_id}", headers=author)).json()
    assert (seen["verdict"], len(seen["judgings"])) == ("WA", 1)
    assert len((await http.get(f"/submissions/{first.submission_id}")).json()["judgings"]) == 2
    assert [one["rejudging_id"] for one in (await http.get("/rejudgings")).json()["rejudgings"]]

    # Applied: everything moves at once, and taken back it is as it was.
    channels = {
        "board": f"board:{season.contest_id}",
        "submission": f"submission:{first.submission_id}",
        "rejudging": f"rejudging:{rejudging.rejudging_id}",
        "user": f"user:{season.user_id('ada')}",
    }
    async with follow(reading.live, reading.token("judy", Role.JURY)) as socket:
        before = {name: await subscribe(socket, channel) for name, channel in channels.items()}
        for move, told, state in (
            (RejudgingChange.APPLY, Verdict.AC, "applied"),
            (RejudgingChange.REVERT, Verdict.WA, "reverted"),
        ):
            request = await asyncio.to_thread(rejudging.ask_for, move)
            decide = rejudging.apply if move is RejudgingChange.APPLY else rejudging.revert
            decided = await asyncio.to_thread(decide, request, (first, told), (second, Verdict.AC))
            heard = await snapshots(socket, channels, state)
            assert heard["board"]["epoch"] not in (before["board"]["epoch"], None)
            assert heard["submission"]["data"]["verdict"] == told == heard["user"]["data"]["verdict"]
            assert len(heard["submission"]["data"]["cases"]) == 3
            shown = await applied(http, board, request)
            assert shown["epoch"] == (await applied(http, board, decided))["epoch"]
            assert shown["epoch"] == heard["board"]["epoch"].split(":", 1)[1]
            solved = {row["team_id"]: row["solved"] for row in shown["rows"]}
            assert solved[f"ada-{season.name}"] == int(told is Verdict.AC)
            page = await applied(http, "/submissions", request, contest_id=season.contest_id, verdict=told)
            assert first.submission_id in [line["submission_id"] for line in page["submissions"]]
            before = heard
    after = await applied(http, path, request)
    assert [one["event"] for one in after["history"]] == ["opened", "applied", "reverted"]


async def snapshots(socket: ClientConnection, channels: dict[str, str], state: str) -> dict[str, Json]:
    """The first frame of each channel after a move; the rejudging's once it is in that state."""
    heard: dict[str, Json] = {}
    names = {channel: name for name, channel in channels.items()}
    while len(heard) < len(channels):
        frame = await hear(socket)
        name = names[frame["channel"]]
        if name == "rejudging" and frame["data"]["state"] != state:
            continue
        assert name not in heard or name == "rejudging", f"{name} moved twice: {frame}"
        assert frame["type"] == ("submission" if name == "user" else "snapshot")
        heard[name] = frame
    return heard
