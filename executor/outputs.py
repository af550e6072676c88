"""Theory of operation

What programs wrote is kept by its sha256, so that a change of checker or limits can be judged without running them
again. It is a cache of one machine, in a folder of its own beside the compiled programs: never in the way of judging,
and never needed, for a case whose output is gone is run again.

    slot --keep--> what waits, bounded --one thread--> ROOT/incoming/… --rename--> ROOT/ab/abcdef…

- A slot hands over bytes that it has anyway and goes on. Where too much waits, the output is dropped and counted.
- What waits is written together, a moment later: most judgings have ended by then, and nobody waits for the disk.
- Nothing is synced: what a crash cuts short does not have its digest, and is not found then.
- An output that is asked for, or written again, is as young as a new one; the oldest go where there is too much.
- Whoever keeps leaves out what stands in the blob store anyway, above all what equals the answer.

Not simpler, for example in the blob store: there nothing is ever deleted, and a program that writes a megabyte in each
of a thousand cases would fill the disk that holds the test data.
"""

import os
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final, Protocol
from uuid import uuid4

from executor import metrics
from executor.bounded_folder import on_disk, sweep
from schemas.ids import SHA256_HEX, Sha256
from schemas.log import EventLogger

MEBIBYTE: Final = 1024 * 1024

CASE_BYTES: Final = MEBIBYTE
"""Of one output: longer ones are rare, and few of them would throw everything else out."""

MAX_BYTES: Final = 4 * 1024 * MEBIBYTE
"""Of all: a hundred thousand wrong answers of forty kilobytes."""

WAITING_BYTES: Final = 64 * MEBIBYTE
"""What waits to be written, in memory: what a disk takes in a second."""

WAITING: Final = 4096
"""The same for small ones, of which each takes some hundred bytes more than it is long."""

LINGER_S: Final = 0.2
"""Before what waits is written."""

SWEEP_SHARE: Final = 16
"""So much of the bound, one part of it, is written between two sweeps."""

CLOSE_PATIENCE_S: Final = 1.0

INCOMING: Final = "incoming"

KEPT, THERE, TOO_LONG, DROPPED, FAILED = (
    metrics.OUTPUTS.labels(what) for what in ("kept", "there", "too_long", "dropped", "failed")
)

log = EventLogger(__name__)


class Outputs(Protocol):
    """Remembers outputs by their digests; never raises and never waits."""

    def keep(self, name: Sha256, output: bytes) -> None:
        """Keeps the output, whose digest `name` is, for a while, if that is possible."""

    def find(self, name: Sha256) -> bytes | None:
        """The output of that digest, whole; None where it is not there."""


class NoOutputs:
    """Implements `Outputs` where none are kept."""

    def keep(self, name: Sha256, output: bytes) -> None:
        """See `Outputs.keep`."""

    def find(self, name: Sha256) -> bytes | None:  # noqa: ARG002
        """See `Outputs.find`."""
        return None


class DirectoryOutputs:
    """Implements `Outputs`; safe for any number of processes and threads on one file system.

    A thread throws away what is too much, and writes until `close`.
    """

    def __init__(self, root: Path, *, case_bytes: int = CASE_BYTES, max_bytes: int = MAX_BYTES) -> None:
        """An OSError where the folder cannot be used."""
        self._root = root
        self._incoming = root / INCOMING
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._case_bytes = case_bytes
        self._max_bytes = max_bytes
        self._id = uuid4().hex
        self._numbers = count()
        self._unswept_bytes = 0
        self._waiting: dict[Sha256, bytes] = {}
        self._waiting_bytes = 0
        self._turn = Lock()
        self._something_waits = Event()
        self._closing = Event()
        self._thread = Thread(target=self._write_all, name="outputs", daemon=True)
        self._thread.start()

    def keep(self, name: Sha256, output: bytes) -> None:
        """See `Outputs.keep`."""
        if len(output) > min(self._case_bytes, self._max_bytes):
            TOO_LONG.inc()
            return
        with self._turn:
            if name in self._waiting:
                return
            if self._waiting_bytes + len(output) > WAITING_BYTES or len(self._waiting) >= WAITING:
                DROPPED.inc()
                return
            self._waiting[name] = output
            self._waiting_bytes += len(output)
        self._something_waits.set()

    def find(self, name: Sha256) -> bytes | None:
        """See `Outputs.find`."""
        with self._turn:
            if waiting := self._waiting.get(name):
                return waiting
        if not SHA256_HEX.fullmatch(name):
            return None
        place = self._place(name)
        try:
            output = Path(place).read_bytes()
            os.utime(place)
        except OSError:
            return None
        return output if sha256(output).hexdigest() == name else None

    def close(self) -> None:
        """Writes what waits, for at most a second."""
        self._closing.set()
        self._something_waits.set()
        self._thread.join(CLOSE_PATIENCE_S)

    def _write_all(self) -> None:
        self._sweep()
        closing = False
        while not closing:
            self._something_waits.wait()
            self._something_waits.clear()
            closing = self._closing.wait(LINGER_S)
            while self._waiting:
                self._write_next()

    def _write_next(self) -> None:
        with self._turn:
            name, output = next(iter(self._waiting.items()))
        try:
            self._write(name, output)
        except OSError as fault:
            FAILED.inc()
            log.warning("output_not_kept", sha256=name, why=fault)
        with self._turn:
            del self._waiting[name]
            self._waiting_bytes -= len(output)

    def _write(self, name: Sha256, output: bytes) -> None:
        place = self._place(name)
        if _is_there(place, len(output)):
            os.utime(place)
            THERE.inc()
            return
        unfinished = f"{self._incoming}/{self._id}-{next(self._numbers)}"
        try:
            with open(unfinished, "xb", buffering=0) as file:
                file.write(output)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.rename(unfinished, place)
        except OSError:
            with suppress(OSError):
                os.unlink(unfinished)
            raise
        KEPT.inc()
        self._unswept_bytes += on_disk(len(output))
        if self._unswept_bytes * SWEEP_SHARE > self._max_bytes:
            self._sweep()

    def _sweep(self) -> None:
        """What is too much goes; with a million files that takes seconds."""
        self._unswept_bytes = 0
        try:
            sweep(self._root, self._max_bytes)
        except OSError as fault:
            log.warning("outputs_not_swept", why=fault)

    def _place(self, name: Sha256) -> str:
        return f"{self._root}/{name[:2]}/{name}"


def _is_there(place: str, size_bytes: int) -> bool:
    """One that a crash cut short is written anew."""
    try:
        return os.stat(place).st_size == size_bytes
    except FileNotFoundError:
        return False
