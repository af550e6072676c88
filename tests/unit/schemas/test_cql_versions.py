"""Versioned CQL: which files are still to be applied, and which folders and changes are refused."""

from pathlib import Path

import pytest

from schemas.cql_versions import Version, VersionsChanged, outstanding, read_versions

FIRST = Version(number=1, name="first", text="CREATE TABLE IF NOT EXISTS a (b int PRIMARY KEY);")
SECOND = Version(number=2, name="second", text="CREATE TABLE IF NOT EXISTS c (d int PRIMARY KEY);")


def test_what_was_applied_is_not_applied_again() -> None:
    assert outstanding([FIRST, SECOND], {1: FIRST.digest}) == [SECOND]
    assert outstanding([FIRST, SECOND], {1: FIRST.digest, 2: SECOND.digest}) == []


def test_a_file_that_has_changed_since_is_refused() -> None:
    with pytest.raises(VersionsChanged, match=r"001_first\.cql has changed"):
        outstanding([FIRST, SECOND], {1: SECOND.digest})


def test_a_file_that_is_gone_is_refused() -> None:
    with pytest.raises(VersionsChanged, match="version 2 was applied"):
        outstanding([FIRST], {1: FIRST.digest, 2: SECOND.digest})


def test_statements_come_without_comments() -> None:
    text = "-- a comment; with a semicolon\nCREATE TABLE a; -- another\n\nCREATE TABLE b;\n"
    assert Version(number=1, name="x", text=text).statements == ["CREATE TABLE a", "CREATE TABLE b"]


def test_files_are_read_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "002_second.cql").write_text(SECOND.text)
    (tmp_path / "001_first.cql").write_text(FIRST.text)
    assert read_versions(tmp_path) == [FIRST, SECOND]


@pytest.mark.parametrize("names", [["001_a.cql", "003_c.cql"], ["002_b.cql"], ["001_a.cql", "001_b.cql"], ["1_a.cql"]])
def test_a_folder_with_a_gap_or_an_odd_name_is_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text(FIRST.text)
    with pytest.raises(ValueError, match="CQL file"):
        read_versions(tmp_path)
