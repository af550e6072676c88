"""A TCP gate before an engine: while it is shut nobody gets through, and who was through is cut off."""

import asyncio
from types import TracebackType
from typing import Self


class Gate:
    """Forwards to `target` (host:port) from a port of its own."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._server: asyncio.Server | None = None
        self._port = 0
        self._through: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.shut()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def open(self) -> None:
        """Lets through, from the same port as before."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port, reuse_address=True)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Takes no connections, and cuts those that there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._through):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "the server made one"
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)
        self._through.add(writer)
        try:
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            self._through.add(there_writer)
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, there_writer))
                both.create_task(_copy(there_reader, writer))
            self._through.discard(there_writer)
        finally:
            self._through.discard(writer)
            writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
