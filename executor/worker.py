"""The worker: one thread polls and commits, and every slot has a thread that judges.

The polling thread never waits for a job. It pauses a lane's partitions while enough of that lane waits here, and
commits what the tracker allows. Slots hand back the position of every record that they have brought to its end.
"""

import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Event as Flag
from threading import Thread, current_thread
from typing import Final

from executor.commit_tracker import CommitTracker
from executor.runner import Runner
from executor.sandbox.errors import Stopped
from executor.waiting_jobs import WaitingJobs
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import Committed, EventLog, GroupReader, Partition, Record
from schemas.log import EventLogger
from schemas.topics import JOBS, executor_group
from schemas.values import Position

POLL_TIMEOUT_S: Final = 0.05
"""How late a commit or a resumed lane may be; a slot fetches its next job without waiting for the poll."""

REVOKE_PATIENCE_S: Final = 1.0
"""Jobs that end within it need not be judged again by the partition's next owner."""

DRAIN_PATIENCE_S: Final = 3.0
"""What is not done so long after a SIGTERM is stopped and stays uncommitted; a process manager waits 5 s."""

STOP_PATIENCE_S: Final = 1.0
UNAVAILABLE_PAUSE_S: Final = 1.0

log = EventLogger(__name__)


class Worker:
    """Judges until it is told to stop; `runners` has one per slot."""

    def __init__(
        self,
        *,
        event_log: EventLog,
        pool: str,
        runners: Sequence[Runner],
        drain_patience_s: float = DRAIN_PATIENCE_S,
    ) -> None:
        self._event_log = event_log
        self._pool = pool
        self._waiting = WaitingJobs(capacity=len(runners))
        self._tracker = CommitTracker()
        self._finished: SimpleQueue[Position] = SimpleQueue()
        self._paused: frozenset[Partition] = frozenset()
        self._threads = [
            Thread(target=self._slot, args=(runner,), name=f"slot-{number}", daemon=True)
            for number, runner in enumerate(runners)
        ]
        self._runners = runners
        self._draining = False
        self._drain_patience_s = drain_patience_s
        self._failure: Exception | None = None
        self._why_not_ready: str | None = "has not polled yet"
        self._at_work: set[str] = set()

    @property
    def busy(self) -> int:
        """How many slots are at work."""
        return len(self._at_work)

    def why_not_ready(self) -> str | None:
        """None while jobs are being read."""
        return self._why_not_ready

    def run(self, asked_to_stop: Flag) -> None:
        """Polls until asked to stop, then drains; what broke a slot is raised here."""
        reader = self._event_log.group_reader(
            list(JOBS.values()), executor_group(self._pool), revoked=lambda lost: self._give_up(reader, lost)
        )
        for thread in self._threads:
            thread.start()
        try:
            while not asked_to_stop.is_set() and self._failure is None:
                self._step(reader)
        finally:
            self._drain(reader)
        if self._failure is not None:
            raise self._failure

    def _step(self, reader: GroupReader) -> None:
        try:
            for record in reader.poll(len(self._threads), POLL_TIMEOUT_S):
                self._tracker.taken(record.position)
                self._waiting.put(record)
            self._commit(reader)
            self._pause_full_lanes(reader)
            self._why_not_ready = None
        except LogUnavailable as fault:
            log.warning("log_unavailable", why=fault)
            self._why_not_ready = str(fault)
            time.sleep(UNAVAILABLE_PAUSE_S)

    def _commit(self, reader: GroupReader) -> None:
        self._collect_finished()
        offsets = self._tracker.committable()
        if offsets:
            reader.commit({partition: Committed(offset=offset) for partition, offset in offsets.items()})
            self._tracker.committed(offsets)

    def _collect_finished(self) -> None:
        while True:
            try:
                self._tracker.finished(self._finished.get_nowait())
            except Empty:
                return

    def _pause_full_lanes(self, reader: GroupReader) -> None:
        assigned = reader.assignment()
        full = frozenset(partition for partition in assigned if self._waiting.full(partition.topic))
        if newly_full := full - self._paused:
            reader.pause(sorted(newly_full))
        if free_again := (self._paused & assigned) - full:
            reader.resume(sorted(free_again))
        self._paused = full

    def _give_up(self, reader: GroupReader, lost: frozenset[Partition]) -> None:
        """Within a poll: lets running jobs of these partitions end, briefly, and commits a last time."""
        dropped = len(self._waiting.drop(lost))
        deadline = time.monotonic() + (0 if self._draining else REVOKE_PATIENCE_S)
        self._collect_finished()
        while self._tracker.unfinished(lost) > dropped and time.monotonic() < deadline:
            time.sleep(POLL_TIMEOUT_S / 10)
            self._collect_finished()
        try:
            self._commit(reader)
        except LogUnavailable as fault:
            log.warning("last_commit_failed", why=fault)
        self._tracker.forget(lost)
        self._paused -= lost

    def _drain(self, reader: GroupReader) -> None:
        """Lets what runs end, stops what does not, commits and leaves the group."""
        self._draining = True
        self._waiting.close()
        self._join_slots(self._drain_patience_s)
        for runner in self._runners:
            runner.stop()
        self._join_slots(STOP_PATIENCE_S)
        try:
            self._commit(reader)
        except LogUnavailable as fault:
            log.warning("last_commit_failed", why=fault)
        reader.close()

    def _join_slots(self, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _slot(self, runner: Runner) -> None:
        try:
            while (record := self._waiting.take()) is not None:
                self._work_on(record, runner)
        except Stopped:
            log.info("slot_stopped")
        except Exception as failure:  # noqa: BLE001  # raised in `run`: a slot must not be gone silently
            self._failure = failure

    def _work_on(self, record: Record, runner: Runner) -> None:
        name = current_thread().name
        self._at_work.add(name)
        try:
            runner.bring_to_its_end(record)
        finally:
            self._at_work.discard(name)
        self._finished.put(record.position)
