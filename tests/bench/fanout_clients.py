"""`python -m tests.bench.fanout_clients PORT COUNT [TOKEN CHANNEL]`: clients that do nothing but read.

With a token each opens a WebSocket and then subscribes, else it is a bare TCP connection. For each line on
standard input it answers how many bytes have come in all.
"""

import asyncio
import base64
import json
import os
import sys
from typing import Final, cast

import uvloop

HEAD_END: Final = b"\r\n\r\n"
FINAL_TEXT: Final = 0x81
MASKED: Final = 0x80
SMALL: Final = 125


class Reading(asyncio.Protocol):
    """One client; all of them count together."""

    received_bytes = 0

    def __init__(self, *subscription: str) -> None:
        self._subscription = subscription
        self._head = bytearray()
        self._is_open = not subscription
        self.opened = asyncio.Event()
        if self._is_open:
            self.opened.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says what opens it."""
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        if self._subscription:
            self._transport.write(handshake(self._subscription[0]))

    def data_received(self, data: bytes) -> None:
        """Counts what comes behind the head."""
        if not self._is_open:
            self._head += data
            if HEAD_END not in self._head:
                return
            self._is_open = True
            self._transport.write(subscribing(self._subscription[1]))
            data = bytes(self._head.partition(HEAD_END)[2])
        Reading.received_bytes += len(data)
        if data:
            self.opened.set()


def handshake(token: str) -> bytes:
    """What opens a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /api/v1/live HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()


def subscribing(channel: str) -> bytes:
    """A frame that subscribes, masked with zeros."""
    payload = json.dumps({"subscribe": channel}).encode()
    assert len(payload) <= SMALL
    return bytes((FINAL_TEXT, len(payload) | MASKED, 0, 0, 0, 0)) + payload


async def main(port: int, count: int, *subscription: str) -> None:
    """Opens all, says so, and answers until standard input ends."""
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(count):
        client = Reading(*subscription)
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
        clients.append(client)
    for client in clients:
        await client.opened.wait()
    print("open", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(Reading.received_bytes, flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]))
