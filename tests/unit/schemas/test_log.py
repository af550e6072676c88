"""Log lines: one event, one line, whatever is in it."""

import logging

from schemas.log import FIELDS, OneLine


def line(message: str, **fields: object) -> str:
    record = logging.LogRecord("ingest_api.x", logging.WARNING, "x.py", 1, message, None, None)
    record.created = 0.0
    setattr(record, FIELDS, fields)
    return OneLine("ingest_api").format(record)


def test_an_event_and_its_ids_stand_in_one_line() -> None:
    assert line("blob_kept", sha256="ab", size_bytes=3) == (
        "1970-01-01T00:00:00.000+00:00 WARNING ingest_api blob_kept sha256=ab size_bytes=3"
    )


def test_values_that_would_break_the_line_are_quoted() -> None:
    assert line("x", why='a "b"\nc', empty="").endswith(' x why="a \\"b\\"\\nc" empty=""')


def test_a_librarys_message_stays_one_line_too() -> None:
    assert "\n" not in line("two\nlines")
