"""How stretches of the log are read for rejudgings."""

import pytest

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.port import Record
from schemas.heartbeats import unwatched
from schemas.topics import SUBMISSIONS
from stream_processors.rejudging.scan import GAP, TOGETHER, Place, fetch, rounds, scan, together
from tests.unit.stream_processors.examples import received


def test_small_partitions_are_read_together_and_large_ones_alone() -> None:
    assert list(together({0: 1, 1: 2, 2: 3})) == [(0, 1, 2)]
    assert list(together({0: TOGETHER, 1: 1, 2: TOGETHER + 1, 3: 0})) == [(0,), (1,), (2,), (3,)]
    assert list(together({})) == []


def test_places_are_read_in_stretches_without_long_gaps() -> None:
    places = [Place(0, 5), Place(0, 5 + GAP), Place(0, 1000), Place(3, 7)]
    assert list(rounds(places)) == [{0: range(5, 6 + GAP), 3: range(7, 8)}, {0: range(1000, 1001)}]
    assert list(rounds([])) == []


@pytest.fixture
def log() -> MemoryEventLog:
    log = MemoryEventLog()
    for number in range(10):
        log.append(SUBMISSIONS, received(number), partition=number % 2).result()
    return log


def test_a_scan_visits_what_is_in_its_stretches_and_ends(log: MemoryEventLog) -> None:
    seen: list[Record] = []
    scan(log, SUBMISSIONS, {0: range(1, 3), 1: range(4), 2: range(0)}, seen.append, unwatched)
    assert sorted((it.position.partition, it.position.offset) for it in seen) == [
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 3),
    ]


def test_what_is_fetched_is_what_was_asked_for(log: MemoryEventLog) -> None:
    found = fetch(log, SUBMISSIONS, [Place(0, 4), Place(1, 0)], unwatched)
    assert {place: record.event for place, record in found.items()} == {
        Place(0, 4): received(8),
        Place(1, 0): received(1),
    }


def test_a_scan_says_when_the_log_is_away(log: MemoryEventLog) -> None:
    log.outage = Outage.DOWN
    with pytest.raises(LogUnavailable):
        scan(log, SUBMISSIONS, {0: range(5)}, lambda _: None, unwatched, silent_s=0)
