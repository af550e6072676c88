"""Compile once: what a compile came to is kept, so that judging the same source again compiles nothing.

A compiled program is a blob (one deterministic archive); the index leads from the digest of everything that the
compile depended on to that blob, the compiler's output and the entry point. Both are caches of one machine, in a
folder of their own: they may be lost, cut short or thrown away at any time, by us or by somebody else, and cost a
compile then and never a verdict. What is read is checked, and stays in memory for the next repeat; what cannot be
written is let go with a word in the log.

    ROOT/index/ab/abcdef…       JSON: a body and its sha256, renamed into place
    ROOT/programs/…             a blob store in a directory
"""

import io
import itertools
import json
import os
import tarfile
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any, Final, Protocol

from executor import metrics
from executor.bounded_folder import sweep
from executor.compile import Compiled, CompileFailed, CompileTask, run_compiler
from executor.remembered_blobs import RememberedBlobs
from executor.sandbox.archive import BadArchive, read_archive
from executor.sandbox.port import BoxFile, Sandbox
from schemas.blobs.directory import DirectoryBlobStore
from schemas.blobs.port import BlobError
from schemas.ids import Sha256
from schemas.log import EventLogger

FORMAT: Final = 1
"""Part of every digest: to be raised when the same task begins to come to something else, or is kept differently."""

MAX_BYTES: Final = 2 * 1024**3
"""About a thousand static C++ programs; the oldest go first."""

SWEEP_EVERY: Final = 64
"""Programs kept between two sweeps: at their largest they are 4 GiB, as they are 150 MiB."""

log = EventLogger(__name__)


class CompileCache(Protocol):
    """Remembers what compiles came to, by the digest of their tasks; never raises."""

    def find(self, key: Sha256) -> Compiled | CompileFailed | None:
        """What was kept, whole; None where nothing was or it is not whole any more."""

    def keep(self, key: Sha256, found: Compiled | CompileFailed) -> None:
        """Keeps it for a while, if that is possible."""


def compile_once(cache: CompileCache, sandbox: Sandbox, task: CompileTask) -> Compiled | CompileFailed:
    """What the task comes to, compiled in the sandbox only where the cache does not know; our faults are raised."""
    key = task_digest(task)
    known = cache.find(key)
    metrics.COMPILES.labels("compiled" if known is None else "cached").inc()
    if known is not None:
        return known
    made = run_compiler(sandbox, task)
    if isinstance(made, Compiled) or made.repeatable:
        cache.keep(key, made)
    return made


def task_digest(task: CompileTask) -> Sha256:
    """Names the task: the same for two that compile alike, and for no others."""
    sources = [(file.name, sha256(file.content).hexdigest(), file.executable) for file in task.sources]
    parts = [FORMAT, task.image, sources, task.command, asdict(task.limits), task.program.value, task.entry_point]
    return _digest(parts)


class DirectoryCompileCache:
    """Implements `CompileCache`; safe for any number of processes and threads on one file system."""

    def __init__(self, root: Path, *, max_bytes: int = MAX_BYTES) -> None:
        """Throws away what is too much already; an OSError where the folder cannot be used."""
        self._root = root
        self._index = root / "index"
        self._programs = RememberedBlobs(DirectoryBlobStore(root / "programs"))
        self._max_bytes = max_bytes
        self._kept = itertools.count(1)
        sweep(self._root, self._max_bytes)

    def find(self, key: Sha256) -> Compiled | CompileFailed | None:
        """See `CompileCache.find`."""
        try:
            return self._found(_body(self._place(key).read_bytes(), key))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, BlobError, BadArchive) as fault:
            log.warning("cached_program_lost", key=key, why=fault)
            return None

    def keep(self, key: Sha256, found: Compiled | CompileFailed) -> None:
        """See `CompileCache.keep`."""
        try:
            self._write(key, self._entry(key, found))
            if next(self._kept) % SWEEP_EVERY == 0:
                sweep(self._root, self._max_bytes)
        except (OSError, ValueError, BlobError) as fault:
            log.warning("program_not_cached", key=key, why=fault)

    def _found(self, body: dict[str, Any]) -> Compiled | CompileFailed:
        if body["program"] is None:
            return CompileFailed(compiler_output=body["compiler_output"])
        files = read_archive(self._programs.get(Sha256(body["program"])))
        return Compiled(files=files, entry_point=body["entry_point"], compiler_output=body["compiler_output"])

    def _entry(self, key: Sha256, found: Compiled | CompileFailed) -> dict[str, Any]:
        body = {"key": key, "compiler_output": found.compiler_output, "program": None}
        if isinstance(found, Compiled):
            archive = pack(found.files)
            name = Sha256(sha256(archive).hexdigest())
            self._programs.put_stream(name, [archive], max_bytes=len(archive))  # replaces one that went bad
            body |= {"program": name, "entry_point": found.entry_point}
        return body

    def _write(self, key: Sha256, body: dict[str, Any]) -> None:
        """Not synced: an entry that a crash cuts short does not have its digest."""
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=place.parent, delete=False) as file:
            json.dump({"body": body, "sha256": _digest(body)}, file)
        os.replace(file.name, place)

    def _place(self, key: Sha256) -> Path:
        return self._index / key[:2] / key


def pack(files: Sequence[BoxFile]) -> bytes:
    """The files as one archive that `read_archive` reads: the same bytes for the same files in any order.

    A name that would be read as another one is a ValueError.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for file in sorted(files, key=lambda file: file.name):
            if str(PurePosixPath(file.name)) != file.name:
                raise ValueError(f"{file.name!r} is not kept under its name")
            member = tarfile.TarInfo(file.name)
            member.size = len(file.content)
            member.mode = 0o755 if file.executable else 0o644
            archive.addfile(member, io.BytesIO(file.content))
    return packed.getvalue()


def _body(text: bytes, key: Sha256) -> dict[str, Any]:
    entry = json.loads(text)
    body: dict[str, Any] = entry["body"]
    if entry["sha256"] != _digest(body) or body["key"] != key:
        raise ValueError("the entry's content is not what was written")
    return body


def _digest(value: object) -> Sha256:
    return Sha256(sha256(json.dumps(value, sort_keys=True).encode()).hexdigest())
