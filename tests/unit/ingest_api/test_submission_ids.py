"""Ids: ours are marked, and sort by time."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ingest_api.submission_ids import CHANCE_BITS, chosen_submission_id, draw_submission_id, drawn_by_us
from schemas.ids import SubmissionId
from tests.unit.ingest_api.write_side import START, new_id

CHANCE = st.integers(min_value=0, max_value=2**CHANCE_BITS - 1)


@given(CHANCE)
def test_what_we_draw_is_a_uuid7_of_its_moment_and_carries_our_mark(chance: int) -> None:
    drawn = draw_submission_id(START, chance)
    uuid = UUID(drawn)
    assert (str(uuid), uuid.version, uuid.variant) == (drawn, 7, "specified in RFC 4122")
    assert uuid.int >> 80 == int(START.timestamp() * 1000)
    assert drawn_by_us(drawn)
    assert chosen_submission_id(drawn, START) == drawn


@given(CHANCE, CHANCE)
def test_another_chance_is_another_id(one: int, other: int) -> None:
    assert (draw_submission_id(START, one) == draw_submission_id(START, other)) == (one == other)


@given(CHANCE)
def test_a_later_id_sorts_after_an_earlier_one(chance: int) -> None:
    later = draw_submission_id(START + timedelta(milliseconds=1), 0)
    assert draw_submission_id(START, chance) < later


@given(CHANCE, st.integers(min_value=0, max_value=31))
def test_an_id_with_one_bit_changed_is_not_ours(chance: int, bit: int) -> None:
    changed = UUID(int=UUID(draw_submission_id(START, chance)).int ^ 1 << bit)
    assert not drawn_by_us(SubmissionId(str(changed)))


def test_a_clients_own_id_is_not_ours() -> None:
    assert not any(drawn_by_us(SubmissionId(new_id(START))) for _ in range(1000))
