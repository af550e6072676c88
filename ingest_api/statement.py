"""What a statement may be: Markdown without raw HTML."""

from typing import Final

from markdown_it import MarkdownIt

MARKDOWN: Final = MarkdownIt("commonmark")


def raw_html_line(markdown: str) -> int | None:
    """The first line (from 1) with raw HTML in it, by CommonMark's own rules; None where there is none.

    HTML in code, and autolinks, are not raw HTML.
    """
    for token in MARKDOWN.parse(markdown):
        inside = [token, *(token.children or ())]
        if any(part.type in ("html_block", "html_inline") for part in inside):
            return (token.map or [0])[0] + 1
    return None
