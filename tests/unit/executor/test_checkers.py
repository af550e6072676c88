"""The three comparisons, on any bytes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.checkers.compare import matches
from executor.checkers.floats import near_enough
from executor.checkers.tokens import CHUNK_BYTES, same_tokens, tokens
from executor.errors import UnknownComparison
from schemas.values import Comparison, ComparisonKind

SPACES = st.text(" \t\n\v\f\r", min_size=1, max_size=4).map(str.encode)
WORDS = st.binary(min_size=1, max_size=6).filter(lambda word: not any(byte in b" \t\n\v\f\r" for byte in word))
TOLERANCE = Comparison(kind=ComparisonKind.FLOAT, absolute=1e-6, relative=1e-6)


@given(st.lists(WORDS), st.data())
def test_white_space_does_not_matter_to_tokens(words: list[bytes], data: st.DataObject) -> None:
    spaced = b"".join(data.draw(SPACES) + word for word in words) + data.draw(SPACES)
    assert same_tokens(spaced, b" ".join(words))
    assert list(tokens(spaced)) == words


@given(st.lists(WORDS), st.lists(WORDS))
def test_different_tokens_are_told_apart(output: list[bytes], answer: list[bytes]) -> None:
    assert same_tokens(b"\n".join(output), b" ".join(answer)) == (output == answer)


@given(st.binary(max_size=300))
def test_tokens_split_at_ascii_white_space_only(data: bytes) -> None:
    assert list(tokens(data)) == data.split()


@pytest.mark.parametrize("other", [b"\xa0", b"\x00", b"\xe2\x80\x83", b"\x1c", b"\x85"])
def test_other_spaces_and_nul_are_part_of_a_token(other: bytes) -> None:
    assert not same_tokens(b"1" + other + b"2", b"1 2")


@pytest.mark.parametrize(
    ("output", "answer"),
    [(b"Yes", b"YES"), (b"1 2", b"1 2 3"), (b"1 2 3", b"1 2"), (b"12", b"1 2"), (b"", b"0"), (b"01", b"1")],
)
def test_wrong_tokens(output: bytes, answer: bytes) -> None:
    assert not same_tokens(output, answer)


def test_a_token_may_be_longer_than_a_chunk_or_lie_across_two() -> None:
    long = b"x" * (2 * CHUNK_BYTES + 7)
    assert list(tokens(b" a " + long + b" b " * CHUNK_BYTES)) == [b"a", long, *[b"b"] * CHUNK_BYTES]


def test_ten_megabytes_are_compared_within_seconds() -> None:
    output = b"".join(b"%d\n" % number for number in range(1_400_000))
    began = time.monotonic()
    assert same_tokens(output, output.replace(b"\n", b" \r\n"))
    assert time.monotonic() - began < 5


def test_exact_means_every_byte() -> None:
    exact = Comparison(kind=ComparisonKind.EXACT)
    assert matches(exact, b"1\n", b"1\n")
    assert not matches(exact, b"1", b"1\n")
    assert not matches(exact, b"1 \n", b"1\n")


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        (b"1.0000005", b"1"),
        (b"1e3", b"1000.0"),
        (b"1000000.5", b"1000000"),
        (b"-0", b"0"),
        (b".5", b"0.5"),
        (b"x 1.0 y", b"x 1 y"),
        (b"nan", b"nan"),
    ],
)
def test_near_enough(output: bytes, answer: bytes) -> None:
    assert matches(TOLERANCE, output, answer)


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        (b"1.00001", b"1"),
        (b"nan", b"1"),
        (b"inf", b"1e308"),
        (b"1e999", b"1e308"),
        (b"1e999", b"2e999"),
        (b"1", b"nan"),
        (b"0x1", b"1"),
        (b"1_0", b"10"),
        ("١".encode(), b"1"),
        (b"1 2", b"1"),
        (b"1", b"1 2"),
        (b"one", b"1"),
        (b"YES", b"yes"),
        (b"9" * 500, b"9" * 499 + b"8"),
    ],
)
def test_not_near_enough(output: bytes, answer: bytes) -> None:
    assert not matches(TOLERANCE, output, answer)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.floats(-2, 2))
def test_the_absolute_tolerance_alone_decides_when_there_is_no_other(wanted: float, off: float) -> None:
    given_value = wanted + off
    answer = near_enough(repr(given_value).encode(), repr(wanted).encode(), absolute=1.0, relative=0.0)
    assert answer == (abs(given_value - wanted) <= 1.0)


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from(ComparisonKind))
def test_no_bytes_break_a_checker_and_equal_bytes_match(output: bytes, answer: bytes, kind: ComparisonKind) -> None:
    comparison = Comparison(kind=kind, absolute=1e-9, relative=None)
    if kind is ComparisonKind.UNKNOWN:
        with pytest.raises(UnknownComparison):
            matches(comparison, output, answer)
    else:
        assert matches(comparison, output, answer) in (True, False)
        assert matches(comparison, answer, answer)
