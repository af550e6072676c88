"""The hub and rejudgings: submissions and boards that move are read anew, once; a rejudging at its own pace."""

from dataclasses import replace
from datetime import timedelta

import pytest

from projections.live.frames import Place
from projections.live.history import Announced
from projections.live.hub import REJUDGING_PAUSE
from tests.unit.live.announcing import BOARD, NOW, REJUDGING, SUBMISSION, reset, rows, snapshot, told
from tests.unit.live.test_hub import ANA, BOB, following, new_hub, seen


def moved(offset: int, version: int, kind: str = "rejudged") -> Announced:
    return replace(told(offset, version), type=kind)


def progressed(offset: int) -> Announced:
    return told(offset, offset, channel=REJUDGING.name)


@pytest.mark.parametrize("kind", ["rejudged", "reset"])
def test_a_submission_of_which_another_judging_counts_is_read_anew(kind: str) -> None:
    hub = new_hub()
    following(hub, SUBMISSION, ANA, BOB)
    assert not hub.take(0, [told(0, 1), moved(1, 9, kind)]).deliveries
    [read] = hub.tick(NOW).reads
    turn = hub.model_read(read, snapshot(9))
    assert seen(turn, ANA) == seen(turn, BOB) == [("snapshot", 1, 9)]
    assert seen(hub.take(0, [told(2, 3), told(3, 10)])) == [("case", 3, 10)]


def test_what_a_snapshot_has_already_is_not_read_again() -> None:
    hub = new_hub()
    following(hub, SUBMISSION, ANA, version=9)
    assert not hub.take(0, [moved(0, 9)]).deliveries
    assert not hub.tick(NOW).reads


def test_whoever_missed_it_gets_a_snapshot() -> None:
    hub = new_hub()
    hub.take(0, [told(0, 1), moved(1, 9)])
    [read] = hub.subscribe(ANA, SUBMISSION, Place(epoch="T:1", offset=0)).reads
    assert seen(hub.model_read(read, snapshot(9))) == [("snapshot", 1, 9)]
    assert not hub.subscribe(BOB, SUBMISSION, Place(epoch="T:1", offset=1)).reads


def test_a_rejudged_board_is_one_snapshot_of_another_epoch() -> None:
    hub = new_hub()
    following(hub, BOARD, ANA)
    hub.take(0, [rows(0, 1, "red"), reset(1, 2, epoch="1.r2"), rows(2, 3, "blue", epoch="1.r2")])
    turn = hub.tick(NOW)
    assert not turn.deliveries
    [read] = turn.reads
    [frame] = hub.model_read(read, snapshot(3, epoch="1.r2")).deliveries[ANA]
    assert (frame.type, frame.place) == ("snapshot", Place(epoch="T:1.r2", offset=2))
    assert not hub.tick(NOW).deliveries


def test_a_rejudging_is_read_anew_at_most_once_a_second_however_much_happens() -> None:
    hub = new_hub()
    following(hub, REJUDGING, ANA, version=-1)
    hub.take(0, [progressed(0), progressed(1)])
    [read] = hub.tick(NOW).reads
    hub.take(0, [progressed(2)])
    assert seen(hub.model_read(read, snapshot(1))) == [("snapshot", 1, 1)]
    assert not hub.tick(NOW + REJUDGING_PAUSE / 2).reads
    hub.take(0, [progressed(3)])
    [again] = hub.tick(NOW + REJUDGING_PAUSE).reads
    assert seen(hub.model_read(again, snapshot(2))) == [("snapshot", 3, 2)]
    assert not hub.tick(NOW + timedelta(hours=1)).reads


def test_whoever_comes_back_to_a_rejudging_gets_what_it_is_now() -> None:
    hub = new_hub()
    hub.take(0, [progressed(0), progressed(1)])
    assert hub.subscribe(ANA, REJUDGING, Place(epoch="T:1", offset=0)).reads
    assert seen(hub.subscribe(BOB, REJUDGING, Place(epoch="T:1", offset=1)), BOB) == [("recovered", 1, 0)]
