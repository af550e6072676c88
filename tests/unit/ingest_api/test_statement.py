"""Raw HTML is found by CommonMark's own rules, and nothing else is taken for it."""

import pytest

from ingest_api.statement import raw_html_line


@pytest.mark.parametrize(
    "markdown",
    [
        "Plain text with 1 < 2 and a <= b.",
        "In code: `<b>`.",
        "```\n<script>alert(1)</script>\n```",
        "    <indented>",
        "An autolink <https://example.org>.",
        "Escaped \\<b>.",
        "Entities &lt;b&gt;.",
        "A formula $a < b > c$.",
        "| a | b |\n|---|---|\n| < | > |",
    ],
)
def test_takes_markdown(markdown: str) -> None:
    assert raw_html_line(markdown) is None


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        ("<script>alert(1)</script>", 1),
        ("One.\n\nTwo <b>bold</b>.", 3),
        ("One.\n\n<!-- hidden -->", 3),
        ("<img src=x onerror=alert(1)>", 1),
        ("- a list\n\n  <div>", 3),
        ("> quoted <i>", 1),
        ("A closing </p> alone.", 1),
        ("<?php ?>", 1),
    ],
)
def test_finds_raw_html_and_its_line(markdown: str, line: int) -> None:
    assert raw_html_line(markdown) == line
