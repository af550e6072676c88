"""The worker: one thread polls, counts starts and commits; every slot has a thread that judges.

The polling thread never waits for a job. It reads ahead until enough of a lane waits here, chooses what starts next,
commits the counts of those starts together with the offsets of what has ended, and only then lets a slot begin. Who
may start, and what a start that was left open means, is decided in `executor/attempts.py`; what may be committed in
`executor/commit_tracker.py`.

While jobs wait here and no slot is free, nothing is urgent in the log: the thread then listens to the slots instead
of the broker, so that the next job begins a commit (about a millisecond) after a slot is free.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from threading import Event as Flag
from typing import Final, NamedTuple

from executor import metrics
from executor.attempts import Attempts, Start
from executor.commit_tracker import CommitTracker
from executor.leaving_group import Groups
from executor.sandbox.errors import Stopped
from executor.slots import Broke, Finished, Left, Report, Runs, Slots, WantsAgain
from executor.waiting_jobs import WaitingJobs
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import Committed, GroupReader, Partition, Record
from schemas.heartbeats import Beat, unwatched
from schemas.log import EventLogger
from schemas.topics import JOBS, executor_group
from schemas.values import Position

WAITING_PER_SLOT: Final = 4
"""Jobs of a lane that wait here: enough for what short ones take while more are fetched, few to be read again."""

MOST_READ: Final = 64
"""Records of one poll; they are here already, and what they are too many for a lane only waits."""

POLL_TIMEOUT_S: Final = 0.05
"""How late a commit or a resumed lane may be where nothing else happens."""

REVOKE_PATIENCE_S: Final = 1.0
"""Jobs that end within it need not be judged again by the partition's next owner."""

DRAIN_PATIENCE_S: Final = 3.0
"""What is not done so long after a SIGTERM is stopped and stays uncommitted; a process manager waits 5 s."""

STOP_PATIENCE_S: Final = 1.0
UNAVAILABLE_PAUSE_S: Final = 1.0

NOTHING_COMMITTED: Final = Committed(offset=-1)

log = EventLogger(__name__)


class Chosen(NamedTuple):
    """A job whose start is taken down and not acknowledged yet, or one that asks for its next start."""

    start: Start
    record: Record | None = None
    answer: "Future[Start | None] | None" = None


class Worker:
    """Judges until it is told to stop; `runners` has one per slot. Whenever its loop turns, it calls `beat`.

    `clock` counts seconds from any moment, `pause` waits for so many.
    """

    def __init__(
        self,
        *,
        event_log: Groups,
        pool: str,
        runners: Sequence[Runs],
        drain_patience_s: float = DRAIN_PATIENCE_S,
        beat: Beat = unwatched,
        make_slots: Callable[[Sequence[Runs]], Slots] = Slots,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._event_log = event_log
        self._pool = pool
        self._slots = make_slots(runners)
        self._clock = clock
        self._pause = pause
        self._waiting = WaitingJobs(capacity=len(runners) * WAITING_PER_SLOT)
        self._tracker = CommitTracker()
        self._attempts = Attempts()
        self._acknowledged: dict[Partition, Committed] = {}
        self._chosen: list[Chosen] = []
        self._paused: frozenset[Partition] = frozenset()
        self._draining = False
        self._drain_patience_s = drain_patience_s
        self._beat = beat
        self._broke: list[Broke] = []
        self._why_not_ready: str | None = "has not polled yet"

    @property
    def busy(self) -> int:
        """How many slots are at work."""
        return self._slots.busy

    def why_not_ready(self) -> str | None:
        """None while jobs are being read."""
        return self._why_not_ready

    def run(self, asked_to_stop: Flag) -> None:
        """Polls until asked to stop, then drains; what broke a slot is raised here."""
        reader = self._event_log.group_reader(
            list(JOBS.values()),
            executor_group(self._pool),
            assigned=self._take_over,
            revoked=lambda lost: self._give_up(reader, lost),
        )
        self._slots.open()
        try:
            while not asked_to_stop.is_set() and not self._broke:
                self._beat()
                self._step(reader)
        finally:
            self._drain(reader)
        if self._broke:
            raise self._broke[0].failure

    def _step(self, reader: GroupReader) -> None:
        try:
            self._hear(self._slots.reports())
            self._choose()
            self._commit(reader)
            self._let_begin()
            self._pause_full_lanes(reader)
            self._read(reader)
            self._why_not_ready = None
        except LogUnavailable as fault:
            log.warning("log_unavailable", why=fault)
            self._why_not_ready = str(fault)
            self._pause(UNAVAILABLE_PAUSE_S)

    def _read(self, reader: GroupReader) -> None:
        """Waits for what comes next, from the broker or, where jobs wait here for a slot, from the slots."""
        waits_for_slots = self._waiting.any() or bool(self._chosen)
        records = reader.poll(MOST_READ, 0.0 if waits_for_slots else POLL_TIMEOUT_S)
        for record in records:
            if _partition(record.position) in self._attempts.partitions:  # else it is its next owner's
                self._tracker.taken(record.position)
                self._waiting.put(record)
        if waits_for_slots and not records:
            self._hear(self._slots.reports(POLL_TIMEOUT_S))

    def _hear(self, reports: Sequence[Report]) -> None:
        for report in reports:
            match report:
                case WantsAgain(start, answer):
                    self._choose_again(start, answer)
                    continue
                case Finished(start):
                    self._finish(start.position)
                case Broke():
                    self._broke.append(report)
                case Left():
                    pass
            self._attempts.ended(report.start.position)

    def _finish(self, position: Position) -> None:
        """A job of a partition that was lost and is back, but has not been read again, is its next reader's."""
        if self._tracker.is_unfinished(position):
            self._tracker.finished(position)
            self._attempts.finished(position)

    def _choose_again(self, start: Start, answer: "Future[Start | None]") -> None:
        if self._draining:
            answer.set_exception(Stopped("the executor is going down"))
        elif (following := self._attempts.again(start)) is None:
            answer.set_result(None)
        else:
            self._chosen.append(Chosen(following, answer=answer))

    def _choose(self) -> None:
        """Takes down the starts of what may start now, as many as slots are free."""
        while len(self._attempts.at_work) < len(self._slots):
            record = self._waiting.take(self._attempts.may_start)
            if record is None:
                return
            if self._tracker.is_unfinished(record.position):  # else it ended here, begun before we lost its partition
                self._chosen.append(Chosen(self._attempts.start(record.position), record))

    def _commit(self, reader: GroupReader) -> None:
        """Commits what has changed, offsets and counts; several starts and ends share one commit."""
        wanted = {
            partition: self._wanted(partition, offset) for partition, offset in self._tracker.committable().items()
        }
        changed = {at: commit for at, commit in wanted.items() if commit != self._acknowledged.get(at)}
        if changed:
            for partition in reader.commit(changed):
                self._acknowledged[partition] = changed[partition]

    def _wanted(self, partition: Partition, offset: int) -> Committed:
        return Committed(offset=offset, metadata=self._attempts.note(partition, offset))

    def _let_begin(self) -> None:
        """Lets those begin whose counts the broker has acknowledged; the others wait for the next commit."""
        offsets = self._tracker.committable()
        still: list[Chosen] = []
        for chosen in self._chosen:
            partition = _partition(chosen.start.position)
            if self._acknowledged[partition] != self._wanted(partition, offsets[partition]):
                still.append(chosen)
            elif chosen.record is not None:
                self._slots.give(chosen.record, chosen.start)
            elif chosen.answer is not None:
                chosen.answer.set_result(chosen.start)
        self._chosen = still

    def _pause_full_lanes(self, reader: GroupReader) -> None:
        """Not at every job: whatever is paused loses what was fetched ahead of it, and has to be fetched again."""
        assigned = reader.assignment()
        self._paused &= assigned
        full = frozenset(at for at in assigned - self._paused if self._waiting.full(at.topic))
        if full:
            reader.pause(sorted(full))
        short = frozenset(at for at in self._paused if self._waiting.short(at.topic))
        if short:
            reader.resume(sorted(short))
        self._paused = (self._paused | full) - short

    def _take_over(self, committed: Mapping[Partition, Committed | None]) -> Mapping[Partition, int]:
        """Within a poll: begins anew with these partitions, from what their last owner left in the note."""
        self._forget(committed.keys())
        lost_before = self._attempts.lost
        for partition, known in committed.items():
            if not self._attempts.take_over(partition, known):
                log.warning("note_unreadable", partition=f"{partition.topic}:{partition.number}", note=known)
            if suspects := self._attempts.suspects(partition):
                log.warning("attempts_lost", partition=f"{partition.topic}:{partition.number}", offsets=suspects)
            self._acknowledged[partition] = known or NOTHING_COMMITTED
        metrics.ATTEMPTS_LOST.inc(self._attempts.lost - lost_before)
        return {}

    def _give_up(self, reader: GroupReader, lost: frozenset[Partition]) -> None:
        """Within a poll: lets running jobs of these partitions end, briefly, and commits a last time."""
        self._waiting.drop(lost)
        self._drop_chosen(lost)
        deadline = self._clock() + (0 if self._draining else REVOKE_PATIENCE_S)
        while self._runs_any_of(lost) and (left_s := deadline - self._clock()) > 0:
            self._hear(self._slots.reports(min(left_s, POLL_TIMEOUT_S)))
            self._drop_chosen(lost)
        self._leave(reader, lost)
        self._forget(lost)

    def _runs_any_of(self, partitions: Collection[Partition]) -> bool:
        return any(_partition(position) in partitions for position in self._attempts.at_work)

    def _leave(self, reader: GroupReader, partitions: Collection[Partition]) -> None:
        """The last commit: what still runs is left open by nobody's fault, but for what broke a slot."""
        self._attempts.take_back(partitions, but=[broke.start.position for broke in self._broke])
        try:
            self._commit(reader)
        except LogUnavailable as fault:
            log.warning("last_commit_failed", why=fault)

    def _drop_chosen(self, partitions: Collection[Partition]) -> None:
        """What has not begun does not begin."""
        for chosen in [one for one in self._chosen if _partition(one.start.position) in partitions]:
            self._chosen.remove(chosen)
            if chosen.answer is None:
                self._attempts.ended(chosen.start.position)
            else:
                chosen.answer.set_result(None)

    def _forget(self, partitions: Collection[Partition]) -> None:
        self._waiting.drop(partitions)
        self._drop_chosen(partitions)
        self._tracker.forget(partitions)
        self._attempts.forget(partitions)
        for partition in partitions:
            self._acknowledged.pop(partition, None)
        self._paused -= frozenset(partitions)

    def _drain(self, reader: GroupReader) -> None:
        """Lets what runs end, stops what does not, commits and leaves the group."""
        self._draining = True
        self._drop_chosen(self._attempts.partitions)
        self._slots.close()
        self._hear_until_closed(self._drain_patience_s)
        self._slots.stop()
        self._hear_until_closed(STOP_PATIENCE_S)
        self._leave(reader, self._attempts.partitions)
        reader.close()

    def _hear_until_closed(self, patience_s: float) -> None:
        deadline = self._clock() + patience_s
        while self._slots.are_open and (left_s := deadline - self._clock()) > 0:
            self._hear(self._slots.reports(min(left_s, POLL_TIMEOUT_S)))
        self._hear(self._slots.reports())


def _partition(position: Position) -> Partition:
    return Partition(position.topic, position.partition)
