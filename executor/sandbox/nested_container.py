"""A slot's long-lived container with the supervisor as its process 1, and the socket to it.

The socket is made in a folder that is bound into the container; the supervisor connects once, and then the folder is
gone. Every failure here is ours. There is nothing to repair: a container that has failed is taken away.
"""

import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from executor.sandbox.cgroup import Accounting, RunGroup
from executor.sandbox.engine import Engine
from executor.sandbox.errors import Disturbed, EngineUnavailable
from executor.sandbox.hardening import LABEL, Slot
from executor.sandbox.nested_hardening import SOCKET_NAME, Size, command, container_config, host_config
from executor.sandbox.nested_protocol import (
    BOX,
    DESCRIPTORS_MAX,
    PACKET_MAX_BYTES,
    BadPacket,
    Kind,
    Result,
    fault_in,
    kind_of,
    result_in,
)

START_PATIENCE_S: Final = 120.0
"""A first start reads the whole image from the disk."""

LOOK_S: Final = 0.2
"""How often, while a container starts, it is asked whether it still runs, and we whether we still want it."""

ANSWER_PATIENCE_S: Final = 60.0
"""Beyond a run's wall limit: the supervisor ends runs by itself, so a longer silence is a fault."""

CONTROL_BYTES: Final = socket.CMSG_SPACE(DESCRIPTORS_MAX * 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What containers of a slot are made with."""

    engine: Engine
    accounting: Accounting
    slot: Slot
    owner: str
    work: Path
    supervisor: Path
    apparmor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A run's result with what was attached to it."""

    result: Result
    attached: tuple[bytes, ...]


class NestedContainer:
    """One container, ready for boxes and runs; for one thread, but that any may `hang_up`."""

    def __init__(self, place: Place, image: str, size: Size) -> None:
        self.size = size
        self.box: object = None
        self.runs = 0
        self.used_at_s = time.monotonic()
        self.id = ""
        self.name = uuid4().hex
        self._place = place
        self._image = image
        self._group: RunGroup = place.accounting.group(self.name)
        self._connection: socket.socket | None = None
        self._packet = bytearray(PACKET_MAX_BYTES)

    def start(self, refuse: Callable[[], None]) -> None:
        """Makes it and waits until it is ready; `refuse` is asked on the way and raises when nobody wants it."""
        folder = self._place.work / self.name
        folder.mkdir(parents=True)
        try:
            with _listener(folder) as listener:
                self._run(folder)
                self._connection = self._accepted(listener, refuse)
        finally:
            with suppress(FileNotFoundError):
                (folder / SOCKET_NAME).unlink()
            folder.rmdir()
        self._await_ready(refuse)

    def is_alive(self) -> bool:
        """Whether its supervisor is there and silent, as it is between runs."""
        return self._connection is not None and not select.select([self._connection], [], [], 0)[0]

    def put_box(self, archive: int, box: object) -> None:
        """Replaces the files in the box by those of the archive behind the descriptor; `box` tells whose they are."""
        self.box = None
        self._send(BOX, archive)
        self._expect(Kind.READY, ANSWER_PATIENCE_S)
        self.box = box

    def run(self, packet: bytes, stdin: int, wall_time_ms: int) -> Answered:
        """Runs and answers the facts."""
        self._send(packet, stdin)
        self.runs += 1
        view, descriptors = self._expect(Kind.RESULT, ANSWER_PATIENCE_S + wall_time_ms / 1000)
        try:
            return Answered(result=result_in(view), attached=tuple(_content(file) for file in descriptors))
        except BadPacket as error:
            raise Disturbed(f"the supervisor does not speak as it should: {error}") from error
        finally:
            self.used_at_s = time.monotonic()
            for file in descriptors:
                os.close(file)

    def hang_up(self) -> None:
        """Ends what runs, at once; whoever waits for it gets a `Disturbed`. May be called from any thread."""
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Takes everything away; may be called again where it failed."""
        self.hang_up()
        if self._connection is not None:
            self._connection.close()
        if self.id:
            self._place.engine.remove(self.id)
        self._group.remove()

    def _run(self, folder: Path) -> None:
        place = self._place
        host = host_config(
            slot=place.slot,
            supervisor=place.supervisor,
            socket_folder=folder,
            cgroup_parent=self._group.parent,
            cgroups=self._group.delegate(),
            size=self.size,
            apparmor=place.apparmor,
        )
        config = container_config(owner=place.owner)
        self.id = f"{LABEL}-{self.name}"  # an engine that breaks off in the middle may have made it
        made = {**config, "name": self.id}
        self.id = place.engine.create(self._image, command(place.slot), made, host, unmasked=True)
        place.engine.start(self.id)

    def _accepted(self, listener: socket.socket, refuse: Callable[[], None]) -> socket.socket:
        self._until_readable(listener, refuse)
        connection, _ = listener.accept()
        return connection

    def _await_ready(self, refuse: Callable[[], None]) -> None:
        if self._connection is not None:
            self._until_readable(self._connection, refuse)
        try:
            self._expect(Kind.READY, ANSWER_PATIENCE_S)
        except Disturbed as fault:
            raise EngineUnavailable("start a supervisor", fault.why) from fault

    def _until_readable(self, awaited: socket.socket, refuse: Callable[[], None]) -> None:
        deadline = time.monotonic() + START_PATIENCE_S
        while not select.select([awaited], [], [], LOOK_S)[0]:
            refuse()
            if time.monotonic() > deadline:
                raise EngineUnavailable("start a supervisor", "silence")
            if not self._place.engine.runs(self.id):
                raise EngineUnavailable("start a supervisor", "it has ended")

    def _send(self, packet: bytes, descriptor: int) -> None:
        try:
            socket.send_fds(self._connected(), [packet], [descriptor])
        except OSError as error:
            raise Disturbed(f"its supervisor has gone: {error}") from error

    def _expect(self, kind: Kind, patience_s: float) -> tuple[memoryview, list[int]]:
        """The next packet, which must be of that kind, and its descriptors, which are the caller's to close."""
        connection = self._connected()
        connection.settimeout(patience_s)
        try:
            length, control, flags, _ = connection.recvmsg_into([self._packet], CONTROL_BYTES)
        except TimeoutError as error:
            raise Disturbed("its supervisor is silent") from error
        except OSError as error:
            raise Disturbed(f"its supervisor has gone: {error}") from error
        descriptors = [number for _, _, data in control for number in memoryview(data).cast("i")]
        view = memoryview(self._packet)[:length]
        if why := _unexpected(view, kind, flags):
            for file in descriptors:
                os.close(file)
            raise Disturbed(why)
        return view, descriptors

    def _connected(self) -> socket.socket:
        if self._connection is None:
            raise Disturbed("there is no supervisor")
        return self._connection


def _unexpected(packet: memoryview, kind: Kind, flags: int) -> str:
    """Why this is not the packet that is waited for; empty if it is."""
    if not packet:
        return "its supervisor has ended"
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        return "its supervisor sent too much"
    try:
        found = kind_of(packet)
    except BadPacket as error:
        return f"the supervisor does not speak as it should: {error}"
    if found is Kind.FAULT:
        return f"its supervisor failed to {fault_in(packet)}"
    return "" if found is kind else f"its supervisor answered {found.name} in place of {kind.name}"


def _listener(folder: Path) -> socket.socket:
    """Listens in the folder, however long its path is: the address names it by a descriptor."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    directory = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        listener.bind(f"/proc/self/fd/{directory}/{SOCKET_NAME}")
        listener.listen(1)
    finally:
        os.close(directory)
    return listener


def _content(file: int) -> bytes:
    """The whole of a memfd that nobody writes any more."""
    length, content = os.fstat(file).st_size, bytearray()
    while len(content) < length:
        content += os.pread(file, length - len(content), len(content))
    return bytes(content)
