"""The read side as processes: a projector, the query API and two live nodes on real engines."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from schemas.http.identity import LIFETIME, Role, sign_token
from tests.integration.projections.running import free_port

READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 5.0
PORT_VARIABLES = {
    "projections.projector": "JUDGESTREAM_PROJECTOR_PORT",
    "projections.query_api": "JUDGESTREAM_QUERY_PORT",
    "projections.live": "JUDGESTREAM_LIVE_PORT",
}


@dataclass(frozen=True)
class Process:
    """One running service."""

    port: int
    running: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api/v1/live"

    def stop(self) -> tuple[int, float]:
        """SIGTERM; its exit status, and how long it took in seconds."""
        began = time.monotonic()
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(2 * STOPPED_WITHIN_S), time.monotonic() - began


@dataclass(frozen=True)
class ReadSide:
    """All of it, and the key that signs its tokens."""

    environment: dict[str, str]
    folder: Path
    private_key: bytes
    query: Process
    live: Process
    other_live: Process

    def token(self, user_id: str, *roles: Role, lasts: timedelta = LIFETIME) -> str:
        now = datetime.now(UTC) - LIFETIME + lasts
        return sign_token(self.private_key, user_id, name=user_id, roles=roles, now=now)

    def header(self, user_id: str, *roles: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(user_id, *roles)}"}


@contextmanager
def read_side(environment: dict[str, str], folder: Path) -> Iterator[ReadSide]:
    """Starts all of it, waits until it is ready, and stops it."""
    key = Ed25519PrivateKey.generate()
    public_key = folder / "public.pem"
    public_key.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    environment = {**environment, "JUDGESTREAM_TOKEN_PUBLIC_KEY": str(public_key)}
    with ExitStack() as stack:
        names = ("projections.projector", "projections.query_api", "projections.live", "projections.live")
        started = [stack.enter_context(service(name, environment, folder)) for name in names]
        for process in started:
            until_ready(process)
        yield ReadSide(
            environment=environment,
            folder=folder,
            private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            query=started[1],
            live=started[2],
            other_live=started[3],
        )


@contextmanager
def service(name: str, environment: dict[str, str], folder: Path) -> Iterator[Process]:
    """One process for as long as it is needed."""
    port = free_port()
    variables = {**os.environ, **environment, PORT_VARIABLES[name]: str(port)}
    with (folder / f"{name}-{port}.log").open("wb") as output:
        running = subprocess.Popen([sys.executable, "-m", name], env=variables, stdout=output, stderr=output)
    try:
        yield Process(port, running)
    finally:
        if running.poll() is None:
            running.terminate()
            running.wait(2 * STOPPED_WITHIN_S)


def until_ready(process: Process) -> None:
    """Returns once its health says so."""
    ends = time.monotonic() + READY_WITHIN_S
    while True:
        assert process.running.poll() is None, f"it ended with {process.running.returncode}"
        try:
            answer = httpx.get(f"{process.url}/health/ready", timeout=2)
            if answer.is_success:
                return
            why = answer.text
        except httpx.TransportError as error:
            why = str(error)
        assert time.monotonic() < ends, f"not ready: {why}"
        time.sleep(0.05)
