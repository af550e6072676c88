"""Guessing a language from a suffix."""

import pytest

from judgestream.languages import guess_language, known_suffixes

OFFERED = [
    {"language": "cpp20", "suffixes": ["cpp", "cc"]},
    {"language": "cpp", "suffixes": [".cpp", ".cc"]},
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
