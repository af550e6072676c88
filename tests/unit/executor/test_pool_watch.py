"""Watching the pool's calibrations in the log."""

from datetime import datetime, timedelta

import pytest

from executor.calibration.pool import COUNTS_FOR, PoolWatch
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.events import ExecutorReported
from schemas.ids import EventId, ExecutorId
from schemas.topics import EXECUTORS
from schemas.values import Calibration
from tests.unit.executor.jobs import NOW


class Clock:
    """Stands still unless it is told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Pool:
    """A log to which executors report, and our own watch on it."""

    def __init__(self, own_ns: int | None) -> None:
        self.clock = Clock()
        self.log = MemoryEventLog(clock=self.clock)
        self.own = speed(own_ns) if own_ns else None
        self.watch = PoolWatch(
            event_log=self.log,
            executor_id=ExecutorId("own"),
            pool="default",
            own=lambda: self.own,
            clock=self.clock,
        )

    def report(self, executor: str, speed_ns: int | None, pool: str = "default") -> None:
        event = ExecutorReported(
            event_id=EventId(f"{executor} {self.clock.now}"),
            occurred_at=self.clock.now,
            caused_by=None,
            executor_id=ExecutorId(executor),
            pool=pool,
            slots=1,
            busy=0,
            sandbox="scripted",
            software_version="0",
            languages=(),
            calibration=speed(speed_ns) if speed_ns else None,
        )
        self.log.append(EXECUTORS, event).result(1)

    def stands_aside(self) -> bool:
        self.watch.look()
        return self.watch.why_aside() is not None


def speed(nanoseconds: int) -> Calibration:
    return Calibration(measured_at=NOW, arithmetic_ns=nanoseconds, memory_access_ns=nanoseconds)


def test_one_that_is_off_stands_aside_for_the_others_and_comes_back_when_it_is_not() -> None:
    pool = Pool(own_ns=1_200)
    assert not pool.stands_aside()
    pool.report("a", 1_000)
    assert not pool.stands_aside()
    pool.report("b", 1_000)
    assert pool.stands_aside()
    pool.own = speed(1_010)
    assert not pool.stands_aside()


def test_it_comes_back_when_the_others_are_gone() -> None:
    pool = Pool(own_ns=1_200)
    pool.report("a", 1_000)
    pool.report("b", 1_000)
    assert pool.stands_aside()
    pool.clock.now += COUNTS_FOR - timedelta(seconds=1)
    assert pool.stands_aside()
    pool.clock.now += timedelta(seconds=1)
    assert not pool.stands_aside()


def test_its_own_reports_other_pools_and_the_uncalibrated_do_not_count() -> None:
    pool = Pool(own_ns=1_200)
    pool.report("own", 1_000)
    pool.report("a", 1_000)
    pool.report("b", 1_000, pool="another")
    pool.report("c", None)
    assert not pool.stands_aside()


@pytest.mark.parametrize("now_ns", [None, 1_200])
def test_the_newest_report_of_an_executor_counts(now_ns: int | None) -> None:
    pool = Pool(own_ns=1_200)
    pool.report("a", 1_000)
    pool.report("b", 1_000)
    assert pool.stands_aside()
    pool.report("b", now_ns)
    assert not pool.stands_aside()


def test_without_a_calibration_of_its_own_it_takes_jobs() -> None:
    pool = Pool(own_ns=None)
    pool.report("a", 1_000)
    pool.report("b", 1_000)
    assert not pool.stands_aside()


def test_without_the_log_nothing_changes() -> None:
    pool = Pool(own_ns=1_200)
    pool.log.outage = Outage.DOWN
    with pytest.raises(LogUnavailable):
        pool.watch.look()
    assert pool.watch.why_aside() is None
    pool.log.outage = None
    pool.report("a", 1_000)
    pool.report("b", 1_000)
    assert pool.stands_aside()
