"""The sandbox as the judge sees it: a box with files in it, and runs in that box.

Compiling is a run like any other whose new files are collected. A run ends with facts and never with a verdict; what
goes wrong on our side is a `SandboxFault`, never an outcome. Content crosses the port as bytes, so that no adapter
has to follow a path that a program can write.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

BOX: Final = "/box"
"""Where a box's files are, read-only, inside every run."""

OUT: Final = "/out"
"""Where a collecting run leaves what shall be collected; other runs can write nothing there."""

STDERR_KEPT_BYTES: Final = 64 * 1024
"""More of a run's stderr is read and dropped, so that the program does not block on it."""

COLLECTED_MAX_BYTES: Final = 64 * 1024 * 1024
COLLECTED_MAX_FILES: Final = 2_000
"""A compile that leaves more counts as one that wrote too much (`Limit.OUTPUT`)."""

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxFile:
    """A regular file in a box; `name` may hold folders, is relative and has no `..`."""

    name: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """What one run may use. Memory has no swap beside it; `output_bytes` is for stdout.

    `file_bytes` is for each file, and `scratch_*` for all that it keeps in `/tmp`.
    """

    cpu_time_ms: int
    wall_time_ms: int
    memory_bytes: int
    output_bytes: int
    processes: int
    open_files: int = 256
    file_bytes: int = 64 * MEBIBYTE
    scratch_bytes: int = 16 * MEBIBYTE
    scratch_files: int = 256


class Limit(StrEnum):
    """A limit at which a sandbox ends a run itself; the kernel ends it at the memory limit."""

    CPU = "cpu"
    WALL = "wall"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Exited:
    """The program ended by itself."""

    code: int


@dataclass(frozen=True, slots=True)
class Signalled:
    """The program was ended by a signal that is not ours (at the memory limit: the kernel's SIGKILL)."""

    signal: int


@dataclass(frozen=True, slots=True)
class Halted:
    """The sandbox ended the program at a limit."""

    at: Limit


Ending = Exited | Signalled | Halted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """The facts of one run, all its processes included.

    CPU time and peak memory come from the run's cgroup and the wall time from the monotonic clock; a sandbox's own
    start and end are in none of them. `out_of_memory` tells that the kernel killed for the memory limit.
    `output` is whole, except after `Halted(Limit.OUTPUT)`. `processes_exhausted` tells that a fork was refused for
    the limit of processes; an adapter that cannot tell says no.
    """

    ending: Ending
    out_of_memory: bool
    cpu_time_ns: int
    wall_time_ns: int
    memory_bytes: int
    output: bytes
    stderr: bytes
    collected: tuple[BoxFile, ...] = ()
    processes_exhausted: bool = False

    @property
    def output_bytes(self) -> int:
        """The length of `output`."""
        return len(self.output)


class Box(Protocol):
    """Files that stand read-only at `BOX`; every run in it is a fresh one that sees nothing of the others."""

    def run(self, command: Sequence[str], stdin: bytes, limits: RunLimits) -> RunOutcome:
        """Runs the command, no shell between, and gives its facts."""

    def run_and_collect(self, command: Sequence[str], limits: RunLimits) -> RunOutcome:
        """Runs the command in the files' folder without input, and collects the regular files that it left in `OUT`.

        Its stdout counts as stderr. Nothing is collected from a run that did not exit with 0.
        """


class Sandbox(Protocol):
    """Runs programs one after the other, for one slot of an executor."""

    def box(self, image: str, files: Sequence[BoxFile]) -> AbstractContextManager[Box]:
        """A box of that image with these files, for as long as the context lasts."""

    def close(self) -> None:
        """Ends the run under way (it raises `Stopped`) and refuses new ones; may be called from any thread."""
