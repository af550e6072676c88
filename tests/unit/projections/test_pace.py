"""How a projector lets records gather."""

from projections.projector.pace import BUSY_BATCHES, BUSY_WITHIN_S, GATHERING_S, Pace


def test_the_batches_of_one_submission_never_wait() -> None:
    pace = Pace()
    assert [pace.pause_s(second + batch * 0.01) for second in range(10) for batch in range(8)] == [0.0] * 80


def test_batches_that_follow_upon_one_another_wait_until_they_no_longer_do() -> None:
    pace = Pace()
    assert [pace.pause_s(batch * 0.01) for batch in range(BUSY_BATCHES)] == [0.0] * (BUSY_BATCHES - 1) + [GATHERING_S]
    assert pace.pause_s(BUSY_BATCHES * 0.01) == GATHERING_S
    assert pace.pause_s(2 * BUSY_WITHIN_S) == 0.0


def test_under_load_it_stays_at_the_bound() -> None:
    pace, now_s, batches = Pace(), 0.0, 0
    while now_s < 10:
        now_s += pace.pause_s(now_s) + 0.001
        batches += 1
    assert batches <= 11 * BUSY_BATCHES
