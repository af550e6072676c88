"""The live service on real sockets, with the log and the models in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from projections.live import session
from projections.live.channels import Channel, SubmissionChannel, UserChannel
from projections.live.hub import Snapshot
from projections.live.service import LiveService, look_at
from projections.serving import DrainingServer
from schemas.cassandra import CassandraUnavailable
from schemas.eventlog.errors import LogMisconfigured
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_readers import MemoryReader
from schemas.eventlog.port import Partition, Record
from schemas.events import ChannelUpdated
from schemas.http.identity import LIFETIME, Role, Tokens, sign_token
from schemas.ids import ContestId, EventId, SubmissionId, TeamId, UserId
from schemas.rules.visibility import Author, Membership
from schemas.topics import LIVE
from tests.unit.live.announcing import BOARD, JURY_BOARD

KEY = Ed25519PrivateKey.generate()
PRIVATE_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DEADLINE_S = 10.0

Json = dict[str, Any]


def now() -> datetime:
    return datetime.now(UTC)


def token(user_id: str, *roles: Role, lasts: timedelta = LIFETIME) -> str:
    return sign_token(PRIVATE_PEM, user_id, name=user_id, roles=roles, now=now() - LIFETIME + lasts)


def submission_made(age: timedelta) -> SubmissionChannel:
    unix_ms = int((now() - age).timestamp() * 1000)
    return SubmissionChannel(submission_id=SubmissionId(str(UUID(int=unix_ms << 80 | 0x7 << 76 | 0b10 << 62))))


FRESH = submission_made(timedelta(0))
OLD = submission_made(timedelta(days=1))


@dataclass
class MemoryModels:
    """Read models that a test fills."""

    authors: dict[SubmissionId, Author] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    memberships: dict[UserId, Membership] = field(default_factory=dict)

    async def author(self, submission_id: SubmissionId) -> Author | None:
        return self.authors.get(submission_id)

    async def membership(self, contest_id: ContestId, user_id: UserId) -> Membership | None:
        found = self.memberships.get(user_id)
        return found if found is not None and found.contest_id == contest_id else None

    async def snapshot(self, channel: Channel) -> Snapshot | None:
        return self.snapshots.get(channel.name)


@dataclass
class Node:
    """One running live service."""

    port: int
    server: DrainingServer
    serving: "asyncio.Task[None]"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api/v1/live"

    def connect(self, user_token: str | None = None) -> connect:
        headers = {"Authorization": f"Bearer {user_token}"} if user_token else {}
        return connect(self.socket_url, additional_headers=headers, ping_interval=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class World:
    """A log and models, on which nodes can be started."""

    log: MemoryEventLog = field(default_factory=MemoryEventLog)
    models: MemoryModels = field(default_factory=MemoryModels)
    versions: int = 0

    def accept(self, channel: SubmissionChannel, user_id: str = "ada", team_id: str | None = None) -> None:
        """The read model has a submission from now on."""
        self.models.authors[channel.submission_id] = Author(
            user_id=UserId(user_id),
            contest_id=ContestId("spring") if team_id else None,
            team_id=TeamId(team_id) if team_id else None,
            submitted_at=now(),
        )
        self.keep(channel)

    def keep(self, channel: Channel) -> None:
        """The read model has what was written last."""
        data = orjson.dumps({"version": self.versions})
        self.models.snapshots[channel.name] = Snapshot(epoch="1", version=self.versions, data=data)

    def write(self, channel: Channel, kind: str = "case", filler: str = "", **data: object) -> int:
        """The projector writes and announces a change."""
        self.versions += 1
        self.keep(channel)
        event = ChannelUpdated(
            event_id=EventId(str(self.versions)),
            occurred_at=now(),
            caused_by=None,
            channel=channel.name,
            type=kind,
            version=self.versions,
            data=orjson.dumps({"version": self.versions, "filler": filler, **data}),
        )
        return self.log.append(LIVE, event).result().offset

    @asynccontextmanager
    async def node(self) -> AsyncIterator[Node]:
        service = LiveService(self.log, look_at(self.log), self.models, Tokens(PUBLIC_PEM), clock=now, ready={})
        server = service.server("127.0.0.1", 0)
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.005)
        [listener] = server.servers[0].sockets
        try:
            yield Node(listener.getsockname()[1], server, serving)
        finally:
            server.should_exit = True
            await serving
            assert service.failure is None


@pytest.fixture
def world() -> World:
    return World()


async def hear(socket: ClientConnection) -> Json:
    async with asyncio.timeout(DEADLINE_S):
        frame: Json = json.loads(await socket.recv())
    return frame


async def closed(socket: ClientConnection) -> int:
    """Reads to the end; answers the close code."""
    async with asyncio.timeout(DEADLINE_S):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006


async def subscribe(socket: ClientConnection, channel: Channel, after: Json | None = None) -> Json:
    wish: Json = {"subscribe": channel.name}
    if after is not None:
        wish["after"] = {"epoch": after["epoch"], "offset": after["offset"]}
    await socket.send(json.dumps(wish))
    return await hear(socket)


def problem_of(frame: Json) -> str:
    assert frame["type"] == "error"
    return str(frame["data"]["type"]).rpartition(":")[2]


async def test_a_socket_gets_a_snapshot_then_changes(world: World) -> None:
    world.accept(FRESH)
    async with world.node() as node, node.connect(token("ada")) as socket:
        first = await subscribe(socket, FRESH)
        assert (first["channel"], first["type"], first["data"]) == (FRESH.name, "snapshot", {"version": 0})
        offset = world.write(FRESH)
        change = await hear(socket)
        assert (change["type"], change["offset"], change["epoch"]) == ("case", offset, first["epoch"])
        assert change["data"]["version"] == 1


async def test_a_token_may_come_as_the_first_message(world: World) -> None:
    world.accept(FRESH)
    async with world.node() as node, node.connect() as socket:
        assert problem_of(await subscribe(socket, FRESH)) == "forbidden"
        await socket.send(json.dumps({"token": token("ada")}))
        assert (await subscribe(socket, FRESH))["type"] == "snapshot"


async def test_a_submission_that_is_on_its_way_is_waited_for(world: World) -> None:
    async with world.node() as node, node.connect(token("ada")) as socket:
        await socket.send(json.dumps({"subscribe": FRESH.name}))
        await socket.send(json.dumps({"subscribe": BOARD.name}))
        await asyncio.sleep(0)
        world.accept(FRESH)
        world.write(FRESH, "received")
        assert (await hear(socket))["type"] == "snapshot"


@pytest.mark.parametrize(
    ("viewer", "channel", "expected"),
    [
        (None, FRESH, "forbidden"),
        ("eve", FRESH, "forbidden"),
        ("eve", UserChannel(user_id=UserId("ada")), "forbidden"),
        ("eve", JURY_BOARD, "forbidden"),
        ("ada", OLD, "unknown-submission"),
        ("ada", "nonsense", "unknown-channel"),
    ],
)
async def test_a_channel_that_one_may_not_follow_is_an_error_and_the_socket_goes_on(
    world: World, viewer: str | None, channel: Channel | str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.live.patience.BRIEF_PATIENCE_S", 0.05)
    world.accept(FRESH)
    world.keep(BOARD)
    async with world.node() as node, node.connect(token(viewer) if viewer else None) as socket:
        name = channel if isinstance(channel, str) else channel.name
        await socket.send(json.dumps({"subscribe": name}))
        frame = await hear(socket)
        assert (frame["channel"], problem_of(frame)) == (name, expected)
        assert (await subscribe(socket, BOARD))["type"] == "snapshot"


async def test_a_team_follows_what_its_members_submit(world: World) -> None:
    world.accept(FRESH, team_id="red")
    world.models.memberships[UserId("bob")] = Membership(ContestId("spring"), TeamId("red"))
    world.models.memberships[UserId("eve")] = Membership(ContestId("spring"), TeamId("blue"))
    async with world.node() as node, node.connect(token("bob")) as bob, node.connect(token("eve")) as eve:
        assert (await subscribe(bob, FRESH))["type"] == "snapshot"
        assert problem_of(await subscribe(eve, FRESH)) == "forbidden"


async def test_whoever_comes_back_to_another_node_gets_what_was_missed(world: World) -> None:
    world.accept(FRESH)
    async with world.node() as first, world.node() as second, second.connect(token("judy", Role.JURY)) as witness:
        await subscribe(witness, FRESH)
        async with first.connect(token("ada")) as socket:
            snapshot = await subscribe(socket, FRESH)
        missed = [world.write(FRESH), world.write(FRESH)]
        assert [(await hear(witness))["offset"] for _ in missed] == missed
        async with second.connect(token("ada")) as other:
            recovered = await subscribe(other, FRESH, snapshot)
            assert (recovered["type"], recovered["data"]) == ("recovered", {"missed": 2})
            assert [(await hear(other))["offset"] for _ in missed] == missed


async def test_a_fresh_node_recovers_what_was_told_before_it_was_there(world: World) -> None:
    world.accept(FRESH)
    async with world.node() as node, node.connect(token("ada")) as socket:
        snapshot = await subscribe(socket, FRESH)
        world.write(FRESH)
        seen = await hear(socket)
    missed = world.write(FRESH)
    async with world.node() as node, httpx.AsyncClient(base_url=node.url) as http:
        while not (await http.get("/health/ready")).is_success:  # noqa: ASYNC110  # what one can see from outside
            await asyncio.sleep(0.005)
        async with node.connect(token("ada")) as socket:
            recovered = await subscribe(socket, FRESH, seen)
            assert (recovered["type"], recovered["data"]) == ("recovered", {"missed": 1})
            assert (await hear(socket))["offset"] == missed
    assert seen["epoch"] == snapshot["epoch"] == recovered["epoch"]


async def test_a_board_is_told_to_everyone(world: World) -> None:
    world.keep(BOARD)
    async with world.node() as node, node.connect() as ana, node.connect() as bob:
        for socket in (ana, bob):
            assert (await subscribe(socket, BOARD))["type"] == "snapshot"
        world.write(BOARD, "rows", epoch="1", rows=[{"team_id": "red", "version": 1}])
        told = [await hear(ana), await hear(bob)]
        assert told[0] == told[1]
        assert told[0]["data"]["rows"] == [{"team_id": "red", "version": 1}]


async def test_after_unsubscribing_nothing_comes(world: World) -> None:
    world.accept(FRESH)
    world.keep(BOARD)
    async with world.node() as node, node.connect(token("ada")) as socket:
        await subscribe(socket, FRESH)
        await socket.send(json.dumps({"unsubscribe": FRESH.name}))
        assert (await subscribe(socket, BOARD))["type"] == "snapshot"
        world.write(FRESH)
        world.write(BOARD, "rows", epoch="1", rows=[])
        assert (await hear(socket))["channel"] == BOARD.name


async def test_the_socket_closes_when_the_token_expires(world: World) -> None:
    world.accept(FRESH)
    async with world.node() as node, node.connect(token("ada", lasts=timedelta(seconds=2))) as socket:
        assert (await subscribe(socket, FRESH))["type"] == "snapshot"
        assert await closed(socket) == 3501


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (json.dumps({"token": "nonsense"}), 3500),
        (json.dumps({"token": token("ada", lasts=timedelta(seconds=-1))}), 3501),
        ("{", 3503),
        (json.dumps({"subscribe": 7}), 3503),
        (json.dumps({"subscribe": "board:spring", "after": {"epoch": "x"}}), 3503),
        (json.dumps({"subscribe": "x" * 10_000}), 1009),
    ],
)
async def test_what_is_wrong_closes_the_socket_with_its_code(world: World, message: str, code: int) -> None:
    async with world.node() as node, node.connect() as socket:
        await socket.send(message)
        assert await closed(socket) == code


async def test_whoever_says_nothing_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "TO_AUTHENTICATE", timedelta(milliseconds=50))
    async with world.node() as node, node.connect() as socket:
        assert await closed(socket) == 3502


@pytest.mark.parametrize(
    ("other", "code"),
    [(token("eve"), 3505), (token("ada", Role.JURY), 3505), (token("ada"), None)],
    ids=["another user", "other roles", "a fresh token"],
)
async def test_a_socket_stays_one_users(world: World, other: str, code: int | None) -> None:
    world.keep(BOARD)
    async with world.node() as node, node.connect(token("ada")) as socket:
        await socket.send(json.dumps({"token": other}))
        if code is None:
            assert (await subscribe(socket, BOARD))["type"] == "snapshot"
        else:
            assert await closed(socket) == code


async def test_a_snapshot_may_be_larger_than_the_queue(world: World) -> None:
    large = orjson.dumps({"filler": "x" * 3 * 2**20})
    world.models.snapshots[BOARD.name] = Snapshot(epoch="1", version=0, data=large)
    async with world.node() as node, connect(node.socket_url, max_size=None) as socket:
        assert (await subscribe(socket, BOARD))["type"] == "snapshot"


async def test_one_channel_more_than_the_limit_is_an_error(world: World) -> None:
    async with world.node() as node, node.connect() as socket:
        for number in range(session.MOST_SUBSCRIPTIONS + 1):
            world.models.snapshots[f"board:c{number}"] = Snapshot(epoch="1", version=0, data=b"{}")
            await socket.send(json.dumps({"subscribe": f"board:c{number}"}))
        frames = [await hear(socket) for _ in range(session.MOST_SUBSCRIPTIONS + 1)]
    assert [problem_of(frame) for frame in frames if frame["type"] == "error"] == ["too-many-subscriptions"]


async def test_a_client_that_does_not_read_is_closed_and_holds_up_nobody(world: World) -> None:
    world.accept(FRESH)
    async with world.node() as node, node.connect(token("ada")) as prompt, node.connect(token("ada")) as slow:
        for socket in (prompt, slow):
            await subscribe(socket, FRESH)
        slow.transport.pause_reading()
        told = 0
        while told < 200:  # 200 x 64 KiB: more than the sockets' buffers and the megabyte together
            world.write(FRESH, filler="x" * 64 * 1024)
            assert (await hear(prompt))["type"] == "case"
            told += 1
        slow.transport.resume_reading()
        assert await closed(slow) in (3001, 1006)


class AwayModels(MemoryModels):
    """The store does not answer."""

    async def author(self, submission_id: SubmissionId) -> Author | None:
        raise CassandraUnavailable(f"no node answers for {submission_id}")

    async def snapshot(self, channel: Channel) -> Snapshot | None:
        raise CassandraUnavailable(f"no node answers for {channel.name}")


@pytest.mark.parametrize("channel", [FRESH, BOARD], ids=lambda channel: channel.name.partition(":")[0])
async def test_where_the_store_stays_away_the_client_is_sent_elsewhere(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.live.patience.STORE_PATIENCE_S", 0.05)
    async with World(models=AwayModels()).node() as node, node.connect(token("ada")) as socket:
        await socket.send(json.dumps({"subscribe": channel.name}))
        assert await closed(socket) == 3002


class BrokenLog(MemoryEventLog):
    """Its readers break."""

    def reader(self, starts: Mapping[Partition, int], *, key: str | None = None) -> MemoryReader:
        reader = super().reader(starts, key=key)
        reader.poll = self.broken  # type: ignore[method-assign]  # a reader that breaks is what is needed here
        return reader

    def broken(self, max_records: int, timeout_s: float) -> list[Record]:
        raise LogMisconfigured(f"polled for {max_records} records and {timeout_s} s")


async def test_without_its_feed_a_node_ends_and_says_why(world: World) -> None:
    log = BrokenLog()
    service = LiveService(log, look_at(log), world.models, Tokens(PUBLIC_PEM), clock=now, ready={})
    async with asyncio.timeout(DEADLINE_S):
        await service.server("127.0.0.1", 0).serve()
    assert isinstance(service.failure, LogMisconfigured)


async def test_a_drain_sends_clients_elsewhere(world: World) -> None:
    world.keep(BOARD)
    async with world.node() as node, node.connect() as socket:
        await subscribe(socket, BOARD)
        node.server.should_exit = True
        assert await closed(socket) == 3000
        async with asyncio.timeout(5):
            await node.serving


async def read_events(lines: AsyncIterator[str], number: int) -> list[tuple[str, Json]]:
    """The next events: id and data."""
    found: list[tuple[str, Json]] = []
    place = ""
    async with asyncio.timeout(DEADLINE_S):
        async for line in lines:
            if line.startswith("id: "):
                place = line.removeprefix("id: ")
            elif line.startswith("data: "):
                found.append((place, json.loads(line.removeprefix("data: "))))
            if len(found) == number:
                break
    return found


async def test_server_sent_events_carry_the_same_frames_and_go_on_where_they_were(world: World) -> None:
    world.accept(FRESH)
    headers = {"Authorization": f"Bearer {token('ada')}"}
    async with world.node() as node, httpx.AsyncClient(base_url=node.url, headers=headers) as http:
        params = {"channel": FRESH.name}
        async with http.stream("GET", "/api/v1/live/sse", params=params) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            [(_, first)] = await read_events(lines, 1)
            world.write(FRESH)
            [(place, change)] = await read_events(lines, 1)
        assert (first["type"], change["type"]) == ("snapshot", "case")
        assert place == f"{change['epoch']}:{change['offset']}"
        world.write(FRESH)
        async with http.stream("GET", "/api/v1/live/sse", params=params, headers={"Last-Event-ID": place}) as stream:
            [(_, recovered), (_, missed)] = await read_events(stream.aiter_lines(), 2)
        assert (recovered["type"], missed["offset"]) == ("recovered", change["offset"] + 1)


@pytest.mark.parametrize(
    ("channel", "authorization", "status", "expected"),
    [
        (FRESH.name, None, 403, "forbidden"),
        (FRESH.name, "Bearer nonsense", 401, "token-invalid"),
        ("nonsense", None, 404, "unknown-channel"),
        (None, None, 422, "invalid-parameter"),
    ],
)
async def test_server_sent_events_are_refused_by_a_problem_document(
    world: World, channel: str | None, authorization: str | None, status: int, expected: str
) -> None:
    world.accept(FRESH)
    async with world.node() as node, httpx.AsyncClient(base_url=node.url) as http:
        answer = await http.get(
            "/api/v1/live/sse",
            params={"channel": channel} if channel else {},
            headers={"Authorization": authorization} if authorization else {},
        )
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"].endswith(f":{expected}")


async def test_it_counts_what_it_does(world: World) -> None:
    world.keep(BOARD)
    async with world.node() as node, node.connect() as socket, httpx.AsyncClient(base_url=node.url) as http:
        await subscribe(socket, BOARD)
        shown = (await http.get("/metrics")).text
    assert 'judgestream_live_clients{transport="websocket"} 1.0' in shown
    assert "judgestream_live_subscriptions 1.0" in shown
