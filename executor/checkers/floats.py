"""Comparison with tolerance, token by token, as the problem package format has it.

Where the answer's token is a decimal number, the output's must be one too and near enough: |s - a| <= absolute, or
|s - a| <= relative * |a|. Every other token must be the same. Words like `nan` and `inf` are no numbers.
"""

import math
import re
from typing import Final

from executor.checkers.tokens import paired_tokens

LONGEST_NUMBER: Final = 400
"""A longer token is a text: no double needs more digits."""

_NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def near_enough(output: bytes, answer: bytes, *, absolute: float, relative: float) -> bool:
    """Whether the output holds the answer's tokens, numbers within the tolerance."""
    return output == answer or all(
        given == wanted or _near(_number(given), _number(wanted), absolute, relative)
        for given, wanted in paired_tokens(output, answer)
    )


def _near(given: float | None, wanted: float | None, absolute: float, relative: float) -> bool:
    if given is None or wanted is None:
        return False
    distance = abs(given - wanted)
    return math.isfinite(distance) and (distance <= absolute or distance <= relative * abs(wanted))


def _number(token: bytes | None) -> float | None:
    if token is None or len(token) > LONGEST_NUMBER or not _NUMBER.fullmatch(token):
        return None
    return float(token)
