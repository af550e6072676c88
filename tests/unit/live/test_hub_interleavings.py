"""Any interleaving of writes, announcements, nodes, reads, ticks and reconnects: nothing is lost, nothing comes twice.

One log with one partition, one store, two nodes. The projector writes before it announces, and repeats what it
announced last when it was killed. A client checks each frame as it comes; in the end it must know what the store knows.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from projections.live.channels import BoardChannel, Channel, RejudgingChannel
from projections.live.frames import Frame, Place
from projections.live.history import Announced
from projections.live.hub import REJUDGING_PAUSE, ConnectionId, Hub, Read, Snapshot, Turn
from tests.unit.live.announcing import BOARD, NOW, REJUDGING, SUBMISSION, reset, rows, told

NODES = (0, 1)
CHANNELS = (SUBMISSION, BOARD, REJUDGING)
CLIENTS = (0, 1, 2)
TEAMS = ("red", "blue", "green")
REMEMBERED = 4
FRESH_KNOWS = 2


@dataclass
class Store:
    """The read models: the submission's version, the board's rows by team, how far a rejudging is."""

    version: int = 0
    board: dict[str, int] = field(default_factory=dict)
    board_version: int = 0
    judged: int = 0

    def read(self, channel: Channel) -> Snapshot:
        if isinstance(channel, BoardChannel):
            data = {"rows": [{"team_id": team, "version": version} for team, version in self.board.items()]}
            return Snapshot(epoch="1", version=self.board_version, data=orjson.dumps(data))
        if isinstance(channel, RejudgingChannel):
            return Snapshot(epoch="1", version=-1, data=orjson.dumps({"judged": self.judged}))
        return Snapshot(epoch="1", version=self.version, data=orjson.dumps({"version": self.version}))


@dataclass
class Client:
    """Follows all channels on one node at a time, and believes nothing that it cannot check."""

    node: int
    last: dict[str, Place] = field(default_factory=dict)
    version: int = 0
    board: dict[str, int] = field(default_factory=dict)
    judged: int = 0
    recovered: set[str] = field(default_factory=set)
    """Channels in which the place was older than the snapshot's content, so that a repeat may come once."""

    def receive(self, frame: Frame) -> None:
        assert frame.place is not None
        data = orjson.loads(frame.data)
        match frame.type:
            case "recovered":
                self.recovered.add(frame.channel)
            case "snapshot":
                self.recovered.discard(frame.channel)
                self.begin_anew(frame.channel, data)
            case "case":
                self.learn_case(data["version"], may_repeat=frame.channel in self.recovered)
            case "rejudged" | "progressed":
                raise AssertionError("told by half: it is to be read anew")
            case "rows":
                for row in data["rows"]:
                    self.learn_row(row["team_id"], row["version"], may_repeat=frame.channel in self.recovered)
        if frame.type != "snapshot" and frame.channel in self.last:
            assert frame.place.offset >= self.last[frame.channel].offset
        self.last[frame.channel] = frame.place

    def begin_anew(self, channel: str, data: dict[str, Any]) -> None:
        if channel == SUBMISSION.name:
            assert data["version"] >= self.version, "a snapshot goes back"
            self.version = data["version"]
        elif channel == REJUDGING.name:
            assert data["judged"] >= self.judged, "a snapshot goes back"
            self.judged = data["judged"]
        else:
            board = {row["team_id"]: row["version"] for row in data["rows"]}
            assert all(board.get(team, 0) >= version for team, version in self.board.items()), "a snapshot goes back"
            self.board = board

    def learn_case(self, version: int, *, may_repeat: bool) -> None:
        assert version <= self.version + 1, "a change is lost"
        assert may_repeat or version == self.version + 1, "a change comes twice"
        self.version = max(self.version, version)

    def learn_row(self, team: str, version: int, *, may_repeat: bool) -> None:
        known = self.board.get(team, 0)
        assert may_repeat or version > known, "a row comes twice, or goes back"
        self.board[team] = max(known, version)


class Interleavings(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.store = Store()
        self.log: list[Announced] = []
        self.now = NOW
        self.written: list[Announced] = []
        self.hubs = [Hub("T", {0: 0}, longest=REMEMBERED) for _ in NODES]
        self.taken = [0 for _ in NODES]
        self.reads: list[tuple[int, Read, Snapshot | None]] = []
        self.clients = [Client(node=0) for _ in CLIENTS]
        for number in CLIENTS:
            self.arrive(number)

    @rule(moved=st.booleans())
    def write_progress(self, moved: bool = False) -> None:
        self.store.version += 1
        one = told(0, self.store.version)
        self.written.append(replace(one, type="rejudged") if moved else one)

    @rule()
    def judge_again(self) -> None:
        self.store.judged += 1
        self.written.append(replace(told(0, self.store.judged, channel=REJUDGING.name), type="progressed"))

    @rule(teams=st.sets(st.sampled_from(TEAMS), min_size=1), whole=st.booleans())
    def write_board(self, teams: set[str], whole: bool) -> None:
        self.store.board_version += 1
        version = self.store.board_version
        self.store.board.update(dict.fromkeys(teams, version))
        self.written.append(reset(0, version) if whole else rows(0, version, *sorted(teams)))

    @rule(node=st.sampled_from(NODES), teams=st.lists(st.sampled_from(TEAMS), max_size=6))
    def flow(self, node: int, teams: list[str]) -> None:
        """All goes well for a while, on one node."""
        for team in teams:
            self.write_progress()
            self.write_board({team}, whole=False)
        while self.written:
            self.announce()
        self.take(node, len(self.log))
        while self.reads:
            self.finish_reading(0)

    @precondition(lambda self: self.written)
    @rule()
    def announce(self) -> None:
        self.append(self.written.pop(0))

    @precondition(lambda self: self.log)
    @rule(back=st.integers(1, 4))
    def announce_again(self, back: int) -> None:
        for announced in self.log[-back:]:
            self.append(announced)

    def append(self, announced: Announced) -> None:
        self.log.append(replace(announced, offset=len(self.log)))

    @rule(node=st.sampled_from(NODES), number=st.integers(1, 5))
    def take(self, node: int, number: int) -> None:
        batch = self.log[self.taken[node] : self.taken[node] + number]
        self.taken[node] += len(batch)
        self.perform(node, self.hubs[node].take(0, batch))

    @rule(node=st.sampled_from(NODES), congested=st.sets(st.sampled_from(CLIENTS)), waits=st.booleans())
    def tick(self, node: int, congested: set[int], waits: bool = True) -> None:
        self.now += REJUDGING_PAUSE if waits else timedelta()
        self.perform(node, self.hubs[node].tick(self.now, {ConnectionId(number) for number in congested}))

    @precondition(lambda self: self.reads)
    @rule(which=st.integers(0, 5))
    def see_the_store(self, which: int) -> None:
        node, read, seen = self.reads[which % len(self.reads)]
        if seen is None:
            self.reads[which % len(self.reads)] = (node, read, self.store.read(read.channel))

    @precondition(lambda self: self.reads)
    @rule(which=st.integers(0, 5))
    def finish_reading(self, which: int) -> None:
        node, read, seen = self.reads.pop(which % len(self.reads))
        self.perform(node, self.hubs[node].model_read(read, seen or self.store.read(read.channel)))

    @rule(number=st.sampled_from(CLIENTS), node=st.sampled_from(NODES))
    def come_back(self, number: int, node: int) -> None:
        for channel in CHANNELS:
            self.hubs[self.clients[number].node].unsubscribe(ConnectionId(number), channel)
        self.clients[number].node = node
        self.arrive(number)

    @rule(node=st.sampled_from(NODES))
    def restart_node(self, node: int) -> None:
        """A fresh node, which knows the last announcements only."""
        start = max(0, self.taken[node] - FRESH_KNOWS)
        self.hubs[node] = Hub("T", {0: start}, longest=REMEMBERED)
        self.hubs[node].take(0, self.log[start : self.taken[node]])
        self.reads = [read for read in self.reads if read[0] != node]
        for number, client in enumerate(self.clients):
            if client.node == node:
                self.arrive(number)

    def arrive(self, number: int) -> None:
        client = self.clients[number]
        for channel in CHANNELS:
            after = client.last.get(channel.name)
            self.perform(client.node, self.hubs[client.node].subscribe(ConnectionId(number), channel, after))

    def perform(self, node: int, turn: Turn) -> None:
        self.reads += [(node, read, None) for read in turn.reads]
        for connection, frames in turn.deliveries.items():
            assert self.clients[connection].node == node
            for frame in frames:
                self.clients[connection].receive(frame)

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        while self.written:
            self.announce()
        for node in NODES:
            self.take(node, len(self.log) + 1)
        for _ in range(4):  # a read may end in a reset's second snapshot, which the next tick asks for
            while self.reads:
                self.finish_reading(0)
            for node in NODES:
                self.tick(node, set())
        for client in self.clients:
            assert client.version == self.store.version
            assert client.board == self.store.board
            assert client.judged == self.store.judged


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=100, stateful_step_count=40)
