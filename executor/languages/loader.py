"""Reads languages from their TOML files. What is wrong with one is told with its file, line and key."""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from executor.languages.language import (
    ENTRY_POINT,
    ENTRY_STEM,
    MAIN,
    MEMORY,
    SOURCES,
    EntryPointRule,
    Language,
    Languages,
    ProgramSource,
)
from schemas.ids import LanguageId

FOLDER: Final = Path(__file__).parent
MOST_PROCESSES: Final = 512

COMPILE_PLACES: Final = tuple(map(re.escape, (SOURCES, MAIN)))
RUN_PLACES: Final = (re.escape(ENTRY_POINT), re.escape(ENTRY_STEM), MEMORY.pattern)
_PLACE: Final = re.compile(r"\{[a-z_]+[^{}]*\}")

T = TypeVar("T")


@dataclass
class BadLanguage(Exception):
    """A language file that cannot be used; `key` is dotted, `line` counts from 1 (0: nowhere)."""

    file: str
    line: int
    key: str
    why: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.why}" if self.key else f"{where}: {self.why}"


def load_languages(folder: Path = FOLDER) -> Languages:
    """Every language of the folder, by id; `BadLanguage` says what is wrong with the first bad one."""
    languages: dict[LanguageId, Language] = {}
    for path in sorted(folder.glob("*.toml")):
        language = parse_language(path.name, path.read_text())
        languages[language.id] = language
    return languages


def parse_language(file: str, text: str) -> Language:
    """The language that this text describes; `file` is its name, which must be the id's."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadLanguage(file, 0, "", str(error)) from error
    reader = _Reader(file, text, document)
    language = Language(
        id=LanguageId(reader.take("id", _text)),
        name=reader.take("name", _text),
        image=reader.take("image", _text),
        suffixes=reader.take("suffixes", _texts),
        main_file=reader.take("main_file", _text),
        entry_point=reader.take("entry_point", EntryPointRule, default=EntryPointRule.NONE),
        starter=reader.take("starter", _text).lstrip("\n"),
        version_command=reader.take("version.command", _texts),
        compile_command=reader.take("compile.command", partial(_command, places=COMPILE_PLACES)),
        program=reader.take("compile.program", ProgramSource),
        run_command=reader.take("run.command", partial(_command, places=RUN_PLACES)),
        processes=reader.take("run.processes", _count),
    )
    reader.refuse_the_rest()
    if file != f"{language.id}.toml":
        raise reader.bad("id", f"the file of {language.id} is called {language.id}.toml")
    return language


class _Reader:
    """Takes keys out of a document, so that what is left over is known to be wrong."""

    def __init__(self, file: str, text: str, document: dict[str, Any]) -> None:
        self._file = file
        self._text = text
        self._left: dict[str, Any] = {}
        for key, value in document.items():
            table = value if isinstance(value, dict) else None
            self._left |= {key: value} if table is None else {f"{key}.{inner}": table[inner] for inner in table}

    def take(self, key: str, read: Callable[[Any], T], *, default: T | None = None) -> T:
        """The key's value, read; a missing key without a default is refused."""
        if key not in self._left:
            if default is None:
                raise self.bad(key, "is missing")
            return default
        value = self._left.pop(key)
        try:
            return read(value)
        except ValueError as error:
            raise self.bad(key, str(error)) from error

    def refuse_the_rest(self) -> None:
        """A key that nothing reads is a slip of the pen."""
        for key in self._left:
            raise self.bad(key, "is not known")

    def bad(self, key: str, why: str) -> BadLanguage:
        """The error for this key, with the line where it stands, or where its table begins."""
        return BadLanguage(self._file, _line_of(self._text, key), key, why)


def _line_of(text: str, key: str) -> int:
    table, _, name = key.rpartition(".")
    here, table_line = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            here = stripped.strip("[] ")
            table_line = number if here == table else table_line
        elif here == table and stripped.partition("=")[0].strip() == name:
            return number
    return table_line


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of texts that is not empty")
    return tuple(_text(element) for element in value)


def _command(value: Any, places: Sequence[str]) -> tuple[str, ...]:
    for argument in (words := _texts(value)):
        for place in _PLACE.findall(argument):
            if not any(re.fullmatch(known, place) for known in places):
                raise ValueError(f"{place} stands for nothing here")
    return words


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_PROCESSES:
        raise ValueError(f"must be a number from 1 to {MOST_PROCESSES}")
    return value
