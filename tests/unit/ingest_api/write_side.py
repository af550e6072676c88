"""The write side on real adapters that need no engine: log and claims in memory, blobs in a folder."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ingest_api.app import Ports, make_api, with_layers
from ingest_api.claims.memory import MemoryClaims
from ingest_api.senders.memory import MemorySenders
from ingest_api.senders.port import SendersUnavailable
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from schemas.events import ExecutorReported, SubmissionReceived
from schemas.http.identity import Role, Tokens, sign_token
from schemas.ids import EventId, ExecutorId, LanguageId, Sha256, UserId
from schemas.topics import EXECUTORS, SUBMISSIONS
from schemas.values import LanguageInfo

KEY = Ed25519PrivateKey.generate()
PRIVATE_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
CPP = LanguageInfo(
    language=LanguageId("cpp"), name="C++", compiler_version="14", suffixes=(".cpp", ".h"), starter="int main() {}"
)
PROBLEM: dict[str, Any] = {
    "problem_id": "sum",
    "title": "Sum",
    "statement": "Add `<b>` and $a < b$.",
    "limits": {"cpu_time_ms": 1000, "memory_bytes": 2**28},
    "comparison": {"kind": "tokens"},
    "cases": [{"name": "1", "input": "1 2\n", "answer": "3\n", "sample": True}],
}
CONTEST: dict[str, Any] = {
    "contest_id": "spring",
    "name": "Spring",
    "starts_at": START.isoformat(),
    "duration_s": 3600,
    "freeze_s": 600,
    "problems": [{"problem_id": "sum", "label": "A"}],
}
SUBMISSION: dict[str, Any] = {"problem_id": "sum", "language": "cpp", "source": "int main() {}\n"}


@dataclass
class Clock:
    """Time that a test moves."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()


class Senders(MemorySenders):
    """Senders whose store may be away."""

    is_away = False

    async def record(self, user_id: UserId, name: Sha256) -> None:
        """As the port says."""
        self._answers()
        await super().record(user_id, name)

    async def sent(self, user_id: UserId, names: Collection[Sha256]) -> frozenset[Sha256]:
        """As the port says."""
        self._answers()
        return await super().sent(user_id, names)

    def _answers(self) -> None:
        if self.is_away:
            raise SendersUnavailable("away")


@dataclass
class WriteSide:
    """A running write side and all that it stands on."""

    log: MemoryEventLog
    claims: MemoryClaims
    senders: Senders
    blobs: DirectoryBlobStore
    clock: Clock
    http: httpx.AsyncClient = field(init=False)

    def token(self, user_id: str, *roles: Role) -> dict[str, str]:
        """The header that says who asks."""
        token = sign_token(PRIVATE_PEM, user_id, name=user_id.title(), roles=roles, now=self.clock.now)
        return {"Authorization": f"Bearer {token}"}

    def offer(self, *languages: LanguageInfo) -> None:
        """Lets an executor report these languages now."""
        report = ExecutorReported(
            event_id=EventId("report"),
            occurred_at=self.clock.now,
            caused_by=None,
            executor_id=ExecutorId("one"),
            pool="default",
            slots=2,
            busy=0,
            sandbox="container",
            software_version="1",
            languages=languages,
        )
        self.log.append(EXECUTORS, report).result()

    def accepted(self) -> list[SubmissionReceived]:
        """All submissions in the log."""
        return [event for event in self.log.events(SUBMISSIONS) if isinstance(event, SubmissionReceived)]

    def ports(self) -> Ports:
        """What a second worker would stand on, too."""
        return Ports(
            log=self.log,
            claims=self.claims,
            senders=self.senders,
            blobs=self.blobs,
            tokens=Tokens(PUBLIC_PEM, clock=self.clock.seconds),
            clock=self.clock,
            chance=lambda: secrets.randbits(42),
        )

    async def create_contest(self) -> None:
        """A contest that runs, with its problem, and ada in team `red`."""
        setter, jury = self.token("setter", Role.SETTER), self.token("judy", Role.JURY)
        for method, path, body, who in (
            ("POST", "/problems", PROBLEM, setter),
            ("POST", "/contests", CONTEST, jury),
            ("PUT", "/contests/spring/teams/red", {"name": "Red", "members": ["ada"]}, jury),
        ):
            response = await self.http.request(method, path, json=body, headers=who)
            assert response.is_success, response.text


def new_id(moment: datetime) -> str:
    """A client's own UUIDv7."""
    unix_ms = int(moment.timestamp() * 1000)
    return str(UUID(int=unix_ms << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)))


class running:  # noqa: N801  # reads as a verb where it is used
    """One worker of a write side; several may run on the same ports."""

    def __init__(self, side: WriteSide) -> None:
        self._api = make_api(side.ports())
        self._lifespan = self._api.router.lifespan_context(self._api)
        transport = httpx.ASGITransport(with_layers(self._api), raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://test/api/v1")

    async def __aenter__(self) -> httpx.AsyncClient:
        await self._lifespan.__aenter__()
        return self._http

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._lifespan.__aexit__(None, None, None)


def refusal_of(response: httpx.Response) -> str:
    """The name of a problem document's type."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    document = response.json()
    assert document["status"] == response.status_code
    return str(document["type"]).removeprefix("urn:judgestream:problem:")


async def until_answered(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The first answer other than 503: after an outage the log is looked for every now and then."""
    async with asyncio.timeout(5):
        while True:
            response = await send()
            if response.status_code != 503:
                return response
            await asyncio.sleep(0.01)
