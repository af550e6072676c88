"""Where a program begins, and what its files are called in the box. Pure.

A single file may come under any name (a page sends `source` without one), so it gets the name that the language
wants: Java's compiler insists on the public class's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from executor.languages.language import EntryPointRule, Language
from schemas.values import SourceFile

_JAVA_NOT_CODE: Final = re.compile(
    r'//[^\n]*|/\*.*?(?:\*/|\Z)|"""(?:\\.|[^\\])*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?',
    re.DOTALL,
)
"""Comments and literals, ended or not, so that one pass is enough whatever the author wrote."""

_JAVA_LANDMARK: Final = re.compile(
    r"(?P<brace>[{}])"
    r"|\b(?P<public>public )?(?:(?:final|abstract|strictfp|sealed) ){0,3}"
    r"(?:class|record|enum|interface) (?P<type>\w+)"
    r"|\b(?P<main>(?:(?:public|static|final|synchronized) ){1,4}void main ?\()"
    r"|\bpackage (?P<package>\w[\w.]{0,200}) ?;"
)
"""In code whose white space is single blanks. Every repetition is bounded: a hostile source may repeat anything."""

_SAFE_ENTRY: Final = re.compile(r"[\w.$/-]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """The files under the names that they have in the box, and where the program begins ("" where nothing asks)."""

    files: tuple[SourceFile, ...]
    entry_point: str


def arrange(language: Language, files: Sequence[SourceFile], asked: str | None) -> Arranged:
    """Names a lone file as its language wants and finds the entry point; what the author asked for goes first."""
    asked = asked if asked and _is_safe(asked) else None
    match language.entry_point:
        case EntryPointRule.JAVA_CLASS:
            return _arrange_java(language, files, asked)
        case EntryPointRule.FILE:
            named = _named(language, files, language.main_file)
            return Arranged(files=named, entry_point=_main_file(language, named, asked))
        case EntryPointRule.NONE:
            return Arranged(files=_named(language, files, language.main_file), entry_point="")


def _is_safe(entry_point: str) -> bool:
    """Whether it can be neither an option of the command nor a path that leads out of the box."""
    return bool(_SAFE_ENTRY.fullmatch(entry_point)) and entry_point[0] not in "-/" and ".." not in entry_point


def _named(language: Language, files: Sequence[SourceFile], name: str) -> tuple[SourceFile, ...]:
    if len(files) == 1 and (not language.is_source(files[0].name) or language.entry_point is EntryPointRule.JAVA_CLASS):
        return (replace(files[0], name=name),)
    return tuple(files)


def _main_file(language: Language, files: Sequence[SourceFile], asked: str | None) -> str:
    names = [file.name for file in files if language.is_source(file.name)]
    if asked in names:
        return str(asked)
    return language.main_file if language.main_file in names or not names else names[0]


def _arrange_java(language: Language, files: Sequence[SourceFile], asked: str | None) -> Arranged:
    default = PurePosixPath(language.main_file).stem
    if len(files) == 1:
        files = _named(language, files, f"{_outline(files[0]).public_class or default}.java")
    mains = [_outline(file).main_class for file in files if language.is_source(file.name)]
    found = next((name for name in mains if name), default)
    entry_point = asked.removesuffix(".java").replace("/", ".") if asked else found
    return Arranged(files=tuple(files), entry_point=entry_point)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outline:
    """Of a Java file: the class that it must be named after, and the outermost class, with package, that has main."""

    public_class: str | None
    main_class: str | None


def _outline(file: SourceFile) -> _Outline:
    depth, package, outermost, public_class, main_class = 0, "", "", None, None
    text = file.content.decode("utf-8", errors="replace")
    code = " ".join(_JAVA_NOT_CODE.sub(" ", text).split())
    for landmark in _JAVA_LANDMARK.finditer(code):
        if landmark["brace"]:
            depth += 1 if landmark["brace"] == "{" else -1
        elif landmark["package"]:
            package = landmark["package"] + "."
        elif landmark["type"] and depth == 0:
            outermost = landmark["type"]
            public_class = public_class or (outermost if landmark["public"] else None)
        elif landmark["main"] and depth == 1 and "static" in landmark["main"]:
            main_class = main_class or package + outermost
    return _Outline(public_class=public_class, main_class=main_class)
