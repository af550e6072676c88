"""Fan-out: what a delivery to a WebSocket costs, against a bare loop of `send` over as many sockets.

Both are given per second of the sender's CPU time, user and system, so that other work on the machine does not count.
The readers are another process. The node is whole (thread that reads the log, hub, uvicorn); log and models are in
memory.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import orjson
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from projections.live.channels import Channel, UserChannel
from projections.live.closing import Closing
from projections.live.frames import Frame
from projections.live.hub import Snapshot
from projections.live.service import LiveService, look_at
from schemas.eventlog.memory import MemoryEventLog
from schemas.events import ChannelUpdated
from schemas.http.identity import Tokens, sign_token
from schemas.ids import ContestId, EventId, SubmissionId, UserId
from schemas.rules.visibility import Author, Membership
from schemas.topics import LIVE
from tests.bench.measurement import Measurement

CLIENTS: Final = 400
MESSAGES: Final = 200
FRAME_BYTES: Final = 300
DEADLINE_S: Final = 60.0
BURST: Final = 4
PAUSE_S: Final = 0.002
"""Between the floor's messages, so that its readers fall asleep as the node's do: waking them is a part of `send`."""
ROUNDS: Final = 3

USER: Final = UserChannel(user_id=UserId("ada"))


def run() -> list[Measurement]:
    """The floor, then one message per write, then several messages that come together."""
    floor = max(_floor() for _ in range(ROUNDS))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        single, burst = runner.run(_node())
    return [
        _measurement("fan-out, one message at a time", single, floor, f"{CLIENTS} clients, {FRAME_BYTES} B"),
        _measurement(f"fan-out, {BURST} messages together", burst, floor, "joined into one write per client"),
    ]


def _measurement(name: str, value: float, floor: float, note: str) -> Measurement:
    return Measurement(
        name=name,
        value=value,
        unit="deliveries/CPU s",
        baseline=floor,
        ratio=value / floor,
        repetitions=ROUNDS * MESSAGES * CLIENTS,
        note=f"{note}; floor: send() in a loop",
    )


def _floor() -> float:
    """Deliveries per CPU second of `send` in a loop."""
    frame = b"x" * FRAME_BYTES
    with socket.create_server(("127.0.0.1", 0), backlog=CLIENTS) as server:
        clients = Clients(server.getsockname()[1])
        sockets = [server.accept()[0] for _ in range(CLIENTS)]
        began = time.process_time()
        for _ in range(MESSAGES):
            for client in sockets:
                client.send(frame)
            time.sleep(PAUSE_S)
        took_s = time.process_time() - began
        _until(lambda: clients.received() >= MESSAGES * CLIENTS * FRAME_BYTES)
        for client in sockets:
            client.close()
        clients.close()
    return MESSAGES * CLIENTS / took_s


async def _node() -> tuple[float, float]:
    """Deliveries per CPU second of a node: one message at a time, and several together."""
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    log = MemoryEventLog()
    service = LiveService(log, look_at(log), OneUser(), Tokens(pem), clock=_now, ready={})
    server = service.server("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    token = sign_token(private, USER.user_id, name="", roles=(), now=_now())
    port = server.servers[0].sockets[0].getsockname()[1]
    clients = await asyncio.to_thread(Clients, port, token, USER.name)
    witness = Witness()
    witness.wait_for(1)  # its snapshot
    service.switchboard.follow(service.switchboard.attach(witness), USER, None)
    await witness.seen.wait()
    teller = Teller(log, witness, clients)
    single = [await teller.told(1) for _ in range(ROUNDS)]
    burst = [await teller.told(BURST) for _ in range(ROUNDS)]
    await asyncio.to_thread(clients.close)
    server.should_exit = True
    await serving
    return max(single), max(burst)


class Teller:
    """Announces, and measures what that costs the node."""

    def __init__(self, log: MemoryEventLog, witness: "Witness", clients: "Clients") -> None:
        self._log = log
        self._witness = witness
        self._clients = clients
        self._version = 0

    async def told(self, together: int) -> float:
        """Announces all messages, so many at a time; deliveries per CPU second."""
        sent_before = await asyncio.to_thread(self._clients.received)
        self._witness.sent_bytes = 0
        began = time.process_time()
        for _ in range(MESSAGES // together):
            self._witness.wait_for(together)
            for _ in range(together):
                self._append()
            async with asyncio.timeout(DEADLINE_S):
                await self._witness.seen.wait()
        took_s = time.process_time() - began
        expected = sent_before + self._witness.sent_bytes * CLIENTS
        await asyncio.to_thread(_until, lambda: self._clients.received() >= expected)
        return MESSAGES * CLIENTS / took_s

    def _append(self) -> None:
        self._version += 1
        event = ChannelUpdated(
            event_id=EventId(str(self._version)),
            occurred_at=_now(),
            caused_by=None,
            channel=USER.name,
            type="submission",
            version=self._version,
            data=orjson.dumps({"filler": "x" * (FRAME_BYTES - 100)}),
        )
        self._log.append(LIVE, event).result()


class Witness:
    """One more outlet, which tells when all have been served."""

    def __init__(self) -> None:
        self.seen = asyncio.Event()
        self.sent_bytes = 0
        self._missing = 0

    def wait_for(self, number: int) -> None:
        """Begins to wait for so many frames."""
        self._missing = number
        self.seen.clear()

    def send(self, frames: Sequence[Frame]) -> int:
        """It is attached last, so that the others were served before."""
        self.sent_bytes += sum(len(frame.websocket) for frame in frames)
        self._missing -= len(frames)
        if self._missing <= 0:
            self.seen.set()
        return 0

    def unsent_bytes(self) -> int:
        """It takes everything at once."""
        return 0

    def close(self, closing: Closing) -> None:
        """Nothing is to be closed."""


class OneUser:
    """Read models with one user, who has submitted nothing."""

    async def author(self, submission_id: SubmissionId) -> Author | None:  # noqa: ARG002
        """Nobody follows a submission here."""
        return None

    async def membership(self, contest_id: ContestId, user_id: UserId) -> Membership | None:  # noqa: ARG002
        """There is no contest."""
        return None

    async def snapshot(self, channel: Channel) -> Snapshot | None:  # noqa: ARG002
        """What everyone begins with."""
        return Snapshot(epoch="1", version=-1, data=b"{}")


class Clients:
    """A process full of clients."""

    def __init__(self, port: int, *subscription: str) -> None:
        """Returns once all are connected, and subscribed where that is asked for."""
        command = [sys.executable, "-m", "tests.bench.fanout_clients", str(port), str(CLIENTS), *subscription]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._answer() != "open":
            raise RuntimeError("the clients could not connect")

    def received(self) -> int:
        """Bytes that have come in all."""
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return int(self._answer())

    def close(self) -> None:
        """Ends them."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(DEADLINE_S)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError("the clients did not receive what was sent")
        time.sleep(0.01)


def _now() -> datetime:
    return datetime.now(UTC)
