"""A cheap HTTP load: the same request again and again over a few kept connections, written to raw sockets.

An HTTP client library costs more than the server that it measures; this costs a tenth of it.
"""

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Final, cast

import uvloop

WARM_UP_S: Final = 0.5
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a run of load has shown."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float


def post_request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + HEAD_END + body


def measure(port: int, request: bytes, *, connections: int, seconds: float, expected_status: int) -> Load:
    """Sends `request` over so many connections, each when its last is answered; another status ends the run."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(port, request, connections, seconds, expected_status))


async def _measure(port: int, request: bytes, connections: int, seconds: float, expected_status: int) -> Load:
    loop = asyncio.get_running_loop()
    talkers = [_Talker(request, str(expected_status).encode()) for _ in range(connections)]
    for talker in talkers:
        await loop.create_connection(lambda talker=talker: talker, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.sleep(WARM_UP_S)
    for talker in talkers:
        talker.latencies_s.clear()
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed_s = time.perf_counter() - started
    latencies_s = sorted(latency for talker in talkers for latency in talker.latencies_s)
    for talker in talkers:
        talker.stop()
    if len(latencies_s) < 2:
        raise RuntimeError("nothing was answered")
    quantiles = statistics.quantiles(latencies_s, n=100)
    return Load(requests_per_s=len(latencies_s) / elapsed_s, p50_ms=quantiles[49] * 1000, p99_ms=quantiles[98] * 1000)


class _Talker(asyncio.Protocol):
    """One connection."""

    def __init__(self, request: bytes, expected_status: bytes) -> None:
        self.latencies_s: list[float] = []
        self._request = request
        self._expected_status = expected_status
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self._fault: Exception | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._send()

    def data_received(self, data: bytes) -> None:
        """Takes an answer, whole or in pieces, and asks again."""
        self._received += data
        head, end, body = self._received.partition(HEAD_END)
        if not end or len(body) < _length(head):
            return
        if head.split(b" ", 2)[1] != self._expected_status:
            self._fault = RuntimeError(f"answered {self._received[:500]!r}")
            return
        self.latencies_s.append(time.perf_counter() - self._sent_at)
        self._received = b""
        self._send()

    def stop(self) -> None:
        """Ends; raises what went wrong."""
        assert self._transport is not None
        self._transport.abort()
        if self._fault is not None:
            raise self._fault

    def _send(self) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(LENGTH):
            return int(line[len(LENGTH) :])
    return 0
