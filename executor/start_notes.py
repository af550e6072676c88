"""The note that travels with a partition's committed offset: how often each unfinished job was started.

One line of text, for people too: `1 0:01r0 2k:03a2`. First the version, then for each job its offset less the
committed one (base 36), a colon, its starts (two digits of base 36), its phase and its deaths while alone. All but
the offset is of fixed width, and the offset only shrinks as the commit moves on: a job that is in the note never
makes it longer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Final

NOTE_BYTES: Final = 4095
"""What the broker keeps beside an offset."""

VERSION: Final = "1"
DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
MOST_STARTS: Final = 36**2 - 1
"""A job started more often repeats its last number; nobody restarts an executor so often within one judging."""

MOST_DEATHS: Final = 9
_ENTRY: Final = re.compile(r"([0-9a-z]{1,12}):([0-9a-z]{2})([frsa])([0-9])")


class Phase(StrEnum):
    """Where a job is that was started and is not finished."""

    FREE = "f"
    """No start of it is open, and none was lost."""
    RUNNING = "r"
    SUSPECT = "s"
    """No start of it is open, and one was lost: it runs alone from now on."""
    ALONE = "a"
    """It runs, alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What is known of one job: its starts so far, its deaths while it ran alone, and where it is."""

    starts: int
    deaths: int = 0
    phase: Phase


def encode(counts: Mapping[int, Count], committed: int) -> str:
    """The note for the jobs at these offsets, none below `committed`; the empty text for none.

    It always fits. What would not is left out, the highest offsets first: an uncounted start is better than no
    commit at all. Whoever asks `length` before a start never comes to that.
    """
    entries = [_entry(offset - committed, counts[offset]) for offset in sorted(counts) if offset >= committed]
    lengths = accumulate((len(entry) + 1 for entry in entries), initial=len(VERSION))
    fitting = sum(1 for length in list(lengths)[1:] if length <= NOTE_BYTES)
    return " ".join((VERSION, *entries[:fitting])) if fitting else ""


def length(counts: Mapping[int, Count], committed: int) -> int:
    """How many bytes the whole note of these jobs has, whether or not it fits."""
    return len(VERSION) + sum(len(_entry(offset - committed, count)) + 1 for offset, count in counts.items())


def decode(note: str, committed: int) -> dict[int, Count] | None:
    """The counts by offset that a note holds; None where it is damaged, or in a form that is not known here."""
    if not note:
        return {}
    version, *entries = note.split(" ")
    found = [_ENTRY.fullmatch(entry) for entry in entries]
    if version != VERSION or None in found:
        return None
    return {
        committed + int(entry[1], 36): Count(starts=int(entry[2], 36), deaths=int(entry[4]), phase=Phase(entry[3]))
        for entry in found
        if entry is not None
    }


def _entry(distance: int, count: Count) -> str:
    starts, deaths = min(count.starts, MOST_STARTS), min(count.deaths, MOST_DEATHS)
    return f"{_base36(distance)}:{_base36(starts):0>2}{count.phase}{deaths}"


def _base36(number: int) -> str:
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
        if number == 0:
            return text
