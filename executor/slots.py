"""The slots: a thread each, which is given one counted start at a time and reports what became of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol

from executor.attempts import Start
from executor.errors import JobLost
from executor.sandbox.errors import Stopped
from schemas.eventlog.port import Record
from schemas.log import EventLogger

log = EventLogger(__name__)

CountAgain = Callable[[], Start]
"""Answers a job's next start once it is counted; `JobLost` or `Stopped` where there is none."""


class Runs(Protocol):
    """What a slot works with."""

    def bring_to_its_end(self, record: Record, start: Start, count_again: CountAgain) -> None:
        """Returns once all that follows from the record is acknowledged."""

    def stop(self) -> None:
        """Ends it early; may be called from any thread."""


@dataclass(frozen=True, slots=True)
class Finished:
    """All that follows from the job is acknowledged."""

    start: Start


@dataclass(frozen=True, slots=True)
class Left:
    """The job was left as it is: we go down, or it is another executor's now."""

    start: Start


@dataclass(frozen=True, slots=True)
class Broke:
    """The slot is gone: something failed that nobody had reckoned with."""

    start: Start
    failure: Exception


@dataclass(frozen=True, slots=True)
class WantsAgain:
    """The job is to be started again, after a failure of ours; None for an answer says that it is not ours now."""

    start: Start
    answer: "Future[Start | None]"


Report = Finished | Left | Broke | WantsAgain


class Slots:
    """Used by one thread, but for `busy`."""

    def __init__(self, runners: Sequence[Runs]) -> None:
        self._runners = runners
        self._given: SimpleQueue[tuple[Record, Start] | None] = SimpleQueue()
        self._reports: SimpleQueue[Report] = SimpleQueue()
        self._at_work: set[int] = set()
        self._ending = False
        self._threads = [
            Thread(target=self._slot, args=(number, runner), name=f"slot-{number}", daemon=True)
            for number, runner in enumerate(runners)
        ]

    def __len__(self) -> int:
        return len(self._runners)

    @property
    def busy(self) -> int:
        """How many are at work."""
        return len(self._at_work)

    def open(self) -> None:
        """Begins to work."""
        for thread in self._threads:
            thread.start()

    def give(self, record: Record, start: Start) -> None:
        """Lets an idle slot work on it; there must be one."""
        self._given.put((record, start))

    def reports(self, within_s: float = 0.0) -> list[Report]:
        """What has happened since it was asked last; waits for the first, at most so long."""
        found: list[Report] = []
        try:
            found.append(self._reports.get(timeout=within_s) if within_s > 0 else self._reports.get_nowait())
            while True:
                found.append(self._reports.get_nowait())
        except Empty:
            return found

    def close(self) -> None:
        """Every slot ends after what it is at."""
        self._ending = True
        for _ in self._threads:
            self._given.put(None)

    def stop(self) -> None:
        """Ends what is under way, too."""
        for runner in self._runners:
            runner.stop()

    @property
    def are_open(self) -> bool:
        """Whether any slot still lives."""
        return any(thread.is_alive() for thread in self._threads)

    def _slot(self, number: int, runner: Runs) -> None:
        while (given := self._given.get()) is not None:
            self._at_work.add(number)
            report = self._work_on(runner, *given)
            self._at_work.discard(number)
            self._reports.put(report)
            if isinstance(report, Broke):
                return

    def _work_on(self, runner: Runs, record: Record, start: Start) -> Report:
        latest = start

        def count_again() -> Start:
            nonlocal latest
            latest = self._counted_again(latest)
            return latest

        try:
            runner.bring_to_its_end(record, start, count_again)
        except JobLost as lost:
            log.info("job_lost", why=lost)
            return Left(latest)
        except Stopped as stopped:
            if not self._ending:
                return Broke(latest, stopped)  # by nobody whom we know
            log.info("slot_stopped")
            return Left(latest)
        except Exception as failure:  # noqa: BLE001  # raised by the worker: a slot must not be gone silently
            return Broke(latest, failure)
        return Finished(latest)

    def _counted_again(self, start: Start) -> Start:
        answer: Future[Start | None] = Future()
        self._reports.put(WantsAgain(start, answer))
        following = answer.result()
        if following is None:
            raise JobLost(str(start.position))
        return following
