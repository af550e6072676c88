"""What a language is: how its files are named, compiled and run. Data only; the loader reads it from TOML."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from schemas.ids import LanguageId

MEBIBYTE: Final = 1024 * 1024

SOURCES: Final = "{sources}"
MAIN: Final = "{main}"
ENTRY_POINT: Final = "{entry_point}"
ENTRY_STEM: Final = "{entry_stem}"
MEMORY: Final = re.compile(r"\{memory_mib(?:\*(\d+))?(?:/(\d+))?\}")


class EntryPointRule(StrEnum):
    """How it is found where a program begins, unless the author says so."""

    NONE = "none"
    FILE = "file"
    JAVA_CLASS = "java_class"


class ProgramSource(StrEnum):
    """What stands in the box when the program runs."""

    COLLECTED = "collected"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language. Commands are argument lists; no shell reads them.

    In a compile command the argument `{sources}` becomes the source files and the argument `{main}` the one that the
    program begins in. In a run command `{entry_point}` is replaced, `{entry_stem}` by the same without its suffix, and
    `{memory_mib}`, also `{memory_mib*N/M}`, by (a part of) the memory limit. `main_file` names a source that its author
    has not named, and `suffixes` (without a dot) tell which files are sources.
    """

    id: LanguageId
    name: str
    image: str
    suffixes: tuple[str, ...]
    main_file: str
    entry_point: EntryPointRule
    starter: str
    version_command: tuple[str, ...]
    compile_command: tuple[str, ...]
    program: ProgramSource
    run_command: tuple[str, ...]
    processes: int

    def is_source(self, file_name: str) -> bool:
        """Whether the compiler is given this file."""
        return PurePosixPath(file_name).suffix.removeprefix(".").lower() in self.suffixes

    def compile_arguments(self, sources: Sequence[str], entry_point: str = "") -> list[str]:
        """The compile command for these files; `entry_point` is the one that the program begins in, where known."""
        known = (name for name in (entry_point, self.main_file, *sources) if name in sources)
        main = next(known, self.main_file)
        places = {SOURCES: sources, MAIN: [main]}
        return [word for argument in self.compile_command for word in places.get(argument, [argument])]

    def run_arguments(self, *, entry_point: str, memory_bytes: int) -> list[str]:
        """The run command for a program that begins there and has so much memory."""
        memory = _memory_part(memory_bytes)
        stem = entry_point.rpartition(".")[0]
        return [
            MEMORY.sub(memory, argument).replace(ENTRY_POINT, entry_point).replace(ENTRY_STEM, stem)
            for argument in self.run_command
        ]


Languages = Mapping[LanguageId, Language]


def _memory_part(memory_bytes: int) -> Callable[[re.Match[str]], str]:
    return lambda asked: str(max(1, memory_bytes // MEBIBYTE * int(asked[1] or 1) // int(asked[2] or 1)))
