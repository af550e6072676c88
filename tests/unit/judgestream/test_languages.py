"""Guessing a language from a suffix, and the command that lists and installs them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from judgestream import render
from judgestream.__main__ import main
from judgestream.commands.options import out
from judgestream.languages import guess_language, known_suffixes

OFFERED = [
    {"language": "cpp20", "suffixes": ["cpp", "cc"]},
    {"language": "cpp", "suffixes": [".cpp", ".cc"]},
    {"language": "pypy3", "suffixes": [".py"]},
    {"language": "python3", "suffixes": [".py"]},
]


@pytest.mark.parametrize(
    ("name", "language"),
    [("a.cpp", "cpp"), ("A.CC", "cpp"), ("x/y.py", "python3"), ("Makefile", None), ("a.rs", None), (".py", None)],
)
def test_the_suffix_names_the_language(name: str, language: str | None) -> None:
    assert guess_language(name, OFFERED) == language


def test_suffixes_are_told_with_their_dot() -> None:
    assert known_suffixes(OFFERED) == [".cc", ".cpp", ".py"]


def test_the_table_tells_the_compilers_version() -> None:
    go = {"language": "go", "name": "Go", "compiler_version": "go1.19.8 [linux]", "suffixes": ["go"], "starter": ""}
    with out.capture() as shown:
        out.print(render.languages([go]))
    assert shown.get().split() == ["language", "name", "compiler", "suffixes", "go", "Go", "go1.19.8", "[linux]", ".go"]


def test_no_executor_is_said_so() -> None:
    assert str(render.languages([])) == "no languages: no executor is there yet"


def test_installing_outside_of_a_checkout_is_refused_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["languages", "install", "go"])
    assert result.exit_code == 2
    assert "no checkout" in result.output


def test_installing_asks_the_checkouts_set_up(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    result = CliRunner().invoke(main, ["languages", "install", "klingon"])
    assert result.exit_code == 2
    assert "unknown language 'klingon'; there are: ada, awk, bash, c, cpp" in capfd.readouterr().err
