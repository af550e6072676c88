"""A sandbox that does as it is told: outcomes by a function of the run, and a record of what was run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from executor.sandbox.errors import Stopped
from executor.sandbox.port import BoxFile, Ending, Exited, RunLimits, RunOutcome

MEBIBYTE = 1024 * 1024


def outcome(
    ending: Ending = Exited(0),  # noqa: B008  # frozen
    *,
    output: bytes = b"",
    out_of_memory: bool = False,
    cpu_time_ns: int = 1_000_000,
    wall_time_ns: int = 2_000_000,
    memory_bytes: int = 3 * MEBIBYTE,
    stderr: bytes = b"",
    collected: tuple[BoxFile, ...] = (),
) -> RunOutcome:
    """An outcome in which only what matters to a test has to be said."""
    return RunOutcome(
        ending=ending,
        out_of_memory=out_of_memory,
        cpu_time_ns=cpu_time_ns,
        wall_time_ns=wall_time_ns,
        memory_bytes=memory_bytes,
        output=output,
        stderr=stderr,
        collected=collected,
    )


PROGRAM = (BoxFile(name="main", content=b"\x7fELF", executable=True),)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run that was asked for."""

    image: str
    files: tuple[BoxFile, ...]
    command: tuple[str, ...]
    stdin: bytes
    limits: RunLimits


def compiles(_: Ran) -> RunOutcome:
    """Every compile goes well."""
    return outcome(collected=PROGRAM)


@dataclass
class ScriptedSandbox:
    """A `Sandbox`; `on_compile` and `on_run` say how runs end, or raise."""

    on_run: Callable[[Ran], RunOutcome] = lambda ran: outcome(output=ran.stdin)
    on_compile: Callable[[Ran], RunOutcome] = compiles
    ran: list[Ran] = field(default_factory=list)
    closed: bool = False

    @contextmanager
    def box(self, image: str, files: Sequence[BoxFile]) -> Iterator["ScriptedBox"]:
        yield ScriptedBox(self, image, tuple(files))

    def close(self) -> None:
        self.closed = True

    def note(self, ran: Ran) -> Ran:
        if self.closed:
            raise Stopped
        self.ran.append(ran)
        return ran


@dataclass
class ScriptedBox:
    """A `Box` of it."""

    sandbox: ScriptedSandbox
    image: str
    files: tuple[BoxFile, ...]

    def run(self, command: Sequence[str], stdin: bytes, limits: RunLimits) -> RunOutcome:
        return self.sandbox.on_run(self.sandbox.note(self._ran(command, stdin, limits)))

    def run_and_collect(self, command: Sequence[str], limits: RunLimits) -> RunOutcome:
        return self.sandbox.on_compile(self.sandbox.note(self._ran(command, b"", limits)))

    def _ran(self, command: Sequence[str], stdin: bytes, limits: RunLimits) -> Ran:
        return Ran(image=self.image, files=self.files, command=tuple(command), stdin=stdin, limits=limits)
