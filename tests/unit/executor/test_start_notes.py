"""The note beside a committed offset: small, readable by any version of ourselves, never fatal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.start_notes import MOST_DEATHS, MOST_STARTS, NOTE_BYTES, Count, Phase, decode, encode, length

COUNTS = st.dictionaries(
    st.integers(0, 36**6),
    st.builds(
        Count, starts=st.integers(1, MOST_STARTS), deaths=st.integers(0, MOST_DEATHS), phase=st.sampled_from(Phase)
    ),
    max_size=200,
)


def test_a_note_can_be_read_by_a_person() -> None:
    counts = {
        40: Count(starts=1, phase=Phase.RUNNING),
        112: Count(starts=40, deaths=2, phase=Phase.ALONE),
    }
    assert encode(counts, 40) == "1 0:01r0 20:14a2"


def test_no_counts_are_no_note() -> None:
    assert encode({}, 7) == ""
    assert decode("", 7) == {}


@given(counts=COUNTS, committed=st.integers(0, 2**62))
def test_what_was_noted_is_read_again(counts: dict[int, Count], committed: int) -> None:
    counts = {committed + distance: count for distance, count in counts.items()}
    note = encode(counts, committed)
    assert len(note.encode()) <= NOTE_BYTES
    assert not counts or len(note) == length(counts, committed)
    assert decode(note, committed) == counts


def test_what_the_commit_has_passed_is_not_noted() -> None:
    counts = {offset: Count(starts=1, phase=Phase.RUNNING) for offset in (3, 4, 5)}
    assert decode(encode(counts, 5), 5) == {5: counts[5]}


def test_a_note_never_outgrows_its_place() -> None:
    counts = {offset: Count(starts=9999, deaths=99, phase=Phase.SUSPECT) for offset in range(2000)}
    note = encode(counts, 0)
    assert NOTE_BYTES - 20 < len(note) <= NOTE_BYTES
    assert (decode(note, 0) or {})[0] == Count(starts=MOST_STARTS, deaths=MOST_DEATHS, phase=Phase.SUSPECT)


@pytest.mark.parametrize(
    "note", [" ", "1", "2 0:01r0", "1 0:01r", "1 0:01x0", "1  0:01r0", "1 0:01r0 ", "1 -1:01r0", "1 Ä:01r0", '{"a": 1}']
)
def test_what_is_damaged_counts_nothing(note: str) -> None:
    assert not decode(note, 0)


@given(st.text())
def test_no_note_at_all_is_fatal(note: str) -> None:
    decode(note, 12)
