"""Compiles a submission once, in the sandbox; what is wrong with it is said, cleaned of the box's own traces."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from executor.languages.entry_point import arrange
from executor.languages.language import Language, ProgramSource
from executor.sandbox.port import BoxFile, Exited, Halted, Limit, RunLimits, RunOutcome, Sandbox
from schemas.values import SourceFile, Stub

COMPILER_OUTPUT_BYTES: Final = 64 * 1024
"""Of what a compiler said, as UTF-8."""

COMPILE_LIMITS: Final = RunLimits(
    cpu_time_ms=20_000, wall_time_ms=60_000, memory_bytes=1024 * 1024 * 1024, output_bytes=0, processes=64
)
"""Generous for anything that people write, and short enough for a bomb."""

_ESCAPE_CODE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BOX_PATH: Final = re.compile(r"(?<!\w)/(?:box|out|tmp(?:/src)?)/")
_UTF8: Final = codecs.getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileTask:
    """Everything that a compile's result depends on, and nothing else.

    `image` is a digest, `sources` have the stub in them, `command` is what is run in the box.
    """

    image: str
    sources: tuple[BoxFile, ...]
    command: tuple[str, ...]
    limits: RunLimits
    program: ProgramSource
    entry_point: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A program that can be run: the files for its box and where it begins."""

    files: tuple[BoxFile, ...]
    entry_point: str
    compiler_output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileFailed:
    """The author's fault. `repeatable` where the same task would fail again on any machine, however busy."""

    compiler_output: str
    repeatable: bool = True


def compile_program(
    sandbox: Sandbox,
    image: str,
    language: Language,
    files: Sequence[SourceFile],
    *,
    stub: Stub | None,
    entry_point: str | None,
) -> Compiled | CompileFailed:
    """Compiles the files, the stub around the author's text; our own failures are `SandboxFault`s."""
    return run_compiler(sandbox, compile_task(image, language, files, stub=stub, entry_point=entry_point))


def compile_task(
    image: str, language: Language, files: Sequence[SourceFile], *, stub: Stub | None, entry_point: str | None
) -> CompileTask:
    """What has to be run to compile these files."""
    arranged = arrange(language, _with_stub(language, files, stub), entry_point)
    sources = tuple(BoxFile(name=file.name, content=file.content) for file in arranged.files)
    names = [_argument(file.name) for file in sources if language.is_source(file.name)]
    command = language.compile_arguments(names, _argument(arranged.entry_point) if arranged.entry_point else "")
    return CompileTask(
        image=image,
        sources=sources,
        command=tuple(command),
        limits=COMPILE_LIMITS,
        program=language.program,
        entry_point=arranged.entry_point,
    )


def run_compiler(sandbox: Sandbox, task: CompileTask) -> Compiled | CompileFailed:
    """Compiles in the sandbox; our own failures are `SandboxFault`s."""
    with sandbox.box(task.image, task.sources) as box:
        outcome = box.run_and_collect(task.command, task.limits)
    said = clean_output(outcome.stderr)
    program = outcome.collected if task.program is ProgramSource.COLLECTED else task.sources
    if outcome.ending != Exited(0) or outcome.out_of_memory:
        return CompileFailed(
            compiler_output=said + _why_stopped(outcome, task.limits), repeatable=_fails_again(outcome)
        )
    if not program:
        return CompileFailed(compiler_output=said + "The compiler made no program.\n")
    return Compiled(files=program, entry_point=task.entry_point, compiler_output=said)


def clean_output(raw: bytes) -> str:
    """The beginning of what a compiler said, without escape codes, control characters and paths of the box.

    At most `COMPILER_OUTPUT_BYTES`; a character that the cut goes through is left out.
    """
    text = _UTF8("replace").decode(raw[:COMPILER_OUTPUT_BYTES])
    text = _CONTROL.sub("", _ESCAPE_CODE.sub("", text.replace("\r\n", "\n")))
    return _BOX_PATH.sub("", text).encode()[:COMPILER_OUTPUT_BYTES].decode(errors="ignore")


def _argument(file_name: str) -> str:
    """The file as an argument that no compiler takes for an option or for a list of options."""
    return f"./{file_name}" if file_name[0] in "-@" else file_name


def _fails_again(outcome: RunOutcome) -> bool:
    """Not where time decided, nor where a signal came that nobody can account for."""
    return outcome.out_of_memory or isinstance(outcome.ending, Exited) or outcome.ending == Halted(Limit.OUTPUT)


def _why_stopped(outcome: RunOutcome, limits: RunLimits) -> str:
    if outcome.out_of_memory:
        return f"The compiler was stopped: more than {limits.memory_bytes} bytes of memory.\n"
    match outcome.ending:
        case Halted(Limit.CPU):
            return f"The compiler was stopped: more than {limits.cpu_time_ms} ms of CPU time.\n"
        case Halted(Limit.WALL):
            return f"The compiler was stopped: more than {limits.wall_time_ms} ms.\n"
        case Halted(Limit.OUTPUT):
            return "The compiler was stopped: its program is too big.\n"
        case _:
            return ""


def _with_stub(language: Language, files: Sequence[SourceFile], stub: Stub | None) -> list[SourceFile]:
    """The files with the stub around the author's text, which is the main file, or else the first source."""
    if stub is None:
        return list(files)
    names = [file.name for file in files if language.is_source(file.name)] or [file.name for file in files]
    wrapped = language.main_file if language.main_file in names else names[0]
    return [
        replace(file, content=stub.before.encode() + file.content + stub.after.encode())
        if file.name == wrapped
        else file
        for file in files
    ]
