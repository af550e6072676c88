"""How much waits where, between readings and across them."""

import pytest

from schemas.eventlog.port import Committed
from stream_processors.backlog import Backlog, waiting


def test_what_is_sent_counts_at_once() -> None:
    backlog = Backlog.empty(3).with_sent(1).with_sent(1)
    assert backlog.outstanding() == {0: 0, 1: 2, 2: 0}


def test_a_reading_takes_the_place_of_what_was_sent_before_it() -> None:
    before = Backlog.empty(2).with_sent(0)
    during = before.with_sent(1)
    assert during.with_reading({0: 5, 1: 2}, before.sent).outstanding() == {0: 5, 1: 3}


def test_a_lane_may_grow() -> None:
    grown = Backlog.empty(1).with_sent(0).with_reading({0: 0, 1: 0}, {0: 1})
    assert grown.with_sent(1).outstanding() == {0: 0, 1: 1}


@pytest.mark.parametrize(
    ("end", "committed", "expected"),
    [(0, None, 0), (7, None, 7), (7, 4, 3), (7, 7, 0), (7, 9, 0)],
)
def test_what_waits_is_the_end_less_what_is_committed(end: int, committed: int | None, expected: int) -> None:
    done = {} if committed is None else {0: Committed(offset=committed)}
    assert waiting({0: end}, done) == {0: expected}
