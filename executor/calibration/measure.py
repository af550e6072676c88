"""Measures how fast a machine is: runs `work.c`, compiled like any submission, in a slot's own sandbox."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Final

from executor.compile import CompileFailed, compile_task
from executor.compile_cache import CompileCache, compile_once
from executor.sandbox.port import Exited, RunLimits, RunOutcome, Sandbox
from executor.toolchains import Toolchain
from schemas.ids import LanguageId
from schemas.values import Calibration, SourceFile

LANGUAGE: Final = LanguageId("c")
WORK: Final = Path(__file__).parent / "work.c"

LIMITS: Final = RunLimits(
    cpu_time_ms=2_000, wall_time_ms=5_000, memory_bytes=128 * 1024 * 1024, output_bytes=4_096, processes=8
)
"""It takes a fifth of a second of CPU time; a machine on which it takes ten times as long is of no use."""


@dataclass
class CalibrationFailed(Exception):
    """The work did not come to an end in the sandbox as it should; `why` says how it ended."""

    why: str

    def __str__(self) -> str:
        return f"this machine's speed cannot be measured: {self.why}"


def measure(sandbox: Sandbox, toolchain: Toolchain, cache: CompileCache, now: datetime) -> Calibration:
    """The calibration at that time; `CalibrationFailed`, or a `SandboxFault`. Nothing else may use the sandbox."""
    source = SourceFile(name=WORK.name, content=WORK.read_bytes())
    task = compile_task(toolchain.image, toolchain.language, [source], stub=None, entry_point=None)
    compiled = compile_once(cache, sandbox, task)
    if isinstance(compiled, CompileFailed):
        raise CalibrationFailed(compiled.compiler_output)
    command = toolchain.language.run_arguments(entry_point=compiled.entry_point, memory_bytes=LIMITS.memory_bytes)
    with sandbox.box(toolchain.image, compiled.files) as box:
        return calibration_of(box.run(command, b"", LIMITS), now)


def calibration_of(outcome: RunOutcome, now: datetime) -> Calibration:
    """The medians of what the work has printed."""
    if outcome.ending != Exited(0):
        raise CalibrationFailed(f"it ended by {outcome.ending}")
    try:
        arithmetic, memory_access = ([int(word) for word in line.split()] for line in outcome.output.splitlines())
        return Calibration(
            measured_at=now, arithmetic_ns=int(median(arithmetic)), memory_access_ns=int(median(memory_access))
        )
    except ValueError as error:
        raise CalibrationFailed(f"it printed {outcome.output[:200]!r}") from error
