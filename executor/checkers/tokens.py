"""Comparison by tokens: what stands between white space must be the same, byte for byte and in order.

White space is 0x20 and 0x09 to 0x0d and nothing else; upper and lower case differ.
"""

import re
from collections.abc import Iterator
from itertools import starmap, zip_longest
from operator import eq
from typing import Final

CHUNK_BYTES: Final = 256 * 1024
"""Tokens are cut out of so much at a time: as a list, those of a big output would take many times its size."""

_SPACE: Final = re.compile(rb"[ \t-\r]")


def same_tokens(output: bytes, answer: bytes) -> bool:
    """Whether both have the same tokens."""
    return output == answer or all(starmap(eq, paired_tokens(output, answer)))


def tokens(data: bytes) -> Iterator[bytes]:
    """The tokens in order."""
    start = 0
    while start < len(data):
        space = _SPACE.search(data, start + CHUNK_BYTES)
        end = space.start() if space else len(data)
        yield from data[start:end].split()
        start = end


def paired_tokens(output: bytes, answer: bytes) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Token beside token; None where one side has no more."""
    return zip_longest(tokens(output), tokens(answer))
