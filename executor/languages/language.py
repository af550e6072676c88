"""What a language is: how its files are named, compiled and run. Data only; the loader reads it from TOML."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from schemas.ids import LanguageId

MEBIBYTE: Final = 1024 * 1024
_MEMORY: Final = re.compile(r"\{memory_mib(?:/(\d+))?\}")


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

    In a compile command the argument `{sources}` becomes the source files; in a run command `{entry_point}` is
    replaced, and so are `{memory_mib}` and `{memory_mib/N}` by (a part of) the memory limit. `main_file` names a
    source that its author has not named, and `suffixes` (without a dot) tell which files are sources.
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

    def compile_arguments(self, sources: Sequence[str]) -> list[str]:
        """The compile command for these files."""
        expanded: list[str] = []
        for argument in self.compile_command:
            expanded.extend(sources if argument == "{sources}" else [argument])
        return expanded

    def run_arguments(self, *, entry_point: str, memory_bytes: int) -> list[str]:
        """The run command for a program that begins there and has so much memory."""
        memory = _memory_part(memory_bytes)
        return [_MEMORY.sub(memory, argument).replace("{entry_point}", entry_point) for argument in self.run_command]


Languages = Mapping[LanguageId, Language]


def _memory_part(memory_bytes: int) -> Callable[[re.Match[str]], str]:
    return lambda asked: str(max(1, memory_bytes // MEBIBYTE // int(asked[1] or 1)))
