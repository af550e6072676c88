"""What files are called in the box, and where a program begins."""

import time

import pytest

from executor.languages.entry_point import Arranged, arrange
from executor.languages.loader import load_languages
from schemas.ids import LanguageId
from schemas.values import SourceFile

LANGUAGES = load_languages()
MAIN = "public static void main(String[] a) { int x; }"


def arranged(language: str, *files: tuple[str, str], asked: str | None = None) -> Arranged:
    sources = [SourceFile(name=name, content=text.encode()) for name, text in files]
    return arrange(LANGUAGES[LanguageId(language)], sources, asked)


def names(found: Arranged) -> list[str]:
    return [file.name for file in found.files]


def test_a_lone_file_without_a_fitting_name_gets_the_languages() -> None:
    assert names(arranged("cpp", ("source", "int main(){}"))) == ["main.cpp"]
    assert names(arranged("cpp", ("my solution.cc", "int main(){}"))) == ["my solution.cc"]


@pytest.mark.parametrize(
    ("code", "file", "entry_point"),
    [
        (f"public class Solve {{ {MAIN} }}", "Solve.java", "Solve"),
        (f"class Quiet {{ {MAIN} }}", "Main.java", "Quiet"),
        (f"package a.b; public final class P {{ {MAIN} }}", "P.java", "a.b.P"),
        (f"class Helper {{}} public class Main {{ class Inner {{}} {MAIN} }}", "Main.java", "Main"),
        (
            f'// public class No {{\n/* class X {{ */ class Yes {{ String s = "class Z {{"; {MAIN} }}',
            "Main.java",
            "Yes",
        ),
        ("public record R(int a) { " + MAIN + " }", "R.java", "R"),
        (f"class A {{ static public void main(String[] a) {{ }} }} class B {{ {MAIN} }}", "Main.java", "A"),
        (f"class Outer {{ static class In {{ {MAIN} }} {MAIN} }}", "Main.java", "Outer"),
        ("class NoMain { }", "Main.java", "Main"),
        ("", "Main.java", "Main"),
    ],
)
def test_java_files_are_named_after_their_public_class(code: str, file: str, entry_point: str) -> None:
    found = arranged("java", ("whatever.java", code))
    assert names(found) == [file]
    assert found.entry_point == entry_point


def test_what_the_author_asks_for_goes_first() -> None:
    two = (("A.java", f"class A {{ {MAIN} }}"), ("B.java", f"class B {{ {MAIN} }}"))
    assert arranged("java", *two).entry_point == "A"
    assert arranged("java", *two, asked="B").entry_point == "B"
    assert arranged("python3", ("a.py", ""), ("b.py", ""), asked="b.py").entry_point == "b.py"


def test_python_begins_at_main_or_else_at_the_first_source() -> None:
    assert arranged("python3", ("a.py", ""), ("main.py", "")).entry_point == "main.py"
    assert arranged("python3", ("data.txt", ""), ("a.py", "")).entry_point == "a.py"
    assert arranged("python3", ("solution", "")).entry_point == "main.py"


@pytest.mark.parametrize("asked", ["-version", "../x", "/etc/passwd", "a b", "x\0y", "A;B", ""])
def test_an_odd_entry_point_is_ignored(asked: str) -> None:
    assert arranged("java", ("A.java", f"class A {{ {MAIN} }}"), asked=asked).entry_point == "A"
    assert arranged("python3", ("main.py", ""), asked=asked).entry_point == "main.py"


@pytest.mark.parametrize(
    "bomb", ["/*", '"""', '"', "'", "public ", "class ", "{", "static ", "final ", " ", "package a", "\\"]
)
def test_a_source_full_of_beginnings_is_read_in_one_pass(bomb: str) -> None:
    began = time.monotonic()
    arranged("java", ("a.java", bomb * (256 * 1024 // len(bomb))))
    assert time.monotonic() - began < 2
