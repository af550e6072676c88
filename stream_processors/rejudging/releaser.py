"""Releases the jobs of open rejudgings into their lane, a few at a time.

Theory of operation. Nothing is kept of what was released: it follows from the log. Whoever takes over reads the lane
from the executors' committed offset to its end, and after that the verdicts: every job below a committed offset has its
verdict there, so that what is in neither was not released. A job that is released twice all the same (by somebody who
does not know yet that another took over) has the same ids, and of its verdicts the first counts.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from schemas.blobs.port import BlobError
from schemas.eventlog.errors import AppendRejected, LogError, LogUnavailable
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import EventLog, Partition, Record, Undecodable
from schemas.events import (
    Event,
    ExecutorReported,
    JudgingRequested,
    RejudgingOpened,
    SubmissionReceived,
    VerdictReached,
)
from schemas.heartbeats import Beat
from schemas.ids import ExecutorId, JudgingId, ProblemRevision, RejudgingId, Sha256, judging_id
from schemas.log import EventLogger
from schemas.manifests import Selected, read_selection
from schemas.rules.definition import Definition, DefinitionUnreadable, parse
from schemas.rules.rejudging import UNDER_WAY, Rejudging, RejudgingState
from schemas.topics import EXECUTOR_POOL, EXECUTORS, JOBS, REJUDGINGS, SUBMISSIONS, VERDICTS, Topic, executor_group
from schemas.values import Lane, Position
from stream_processors.backlog import waiting as backlog
from stream_processors.build_job import Unobtainable
from stream_processors.rejudging import metrics
from stream_processors.rejudging.followed import Followed
from stream_processors.rejudging.patience import ACKNOWLEDGED_S, PatientBlobs, append
from stream_processors.rejudging.scan import Place, fetch, scan
from stream_processors.release_rejudgings import (
    LIVE_COUNTS,
    STANDS_BACK,
    Definitions,
    Piece,
    Report,
    Waiting,
    in_log_order,
    may_reuse,
    owed_after,
    piece,
    rejudging_job,
    share,
    slots_of,
    window,
    window_beside,
)
from stream_processors.route_submissions import least_outstanding

LANE: Final = JOBS[Lane.REJUDGE]

FETCHED: Final = 128
"""Submissions that are read at a time, each of at most 256 KiB: few of them are that long."""

LIVE_LANES: Final = (Lane.CONTEST, Lane.PRACTICE)
LOOK_EVERY: Final = timedelta(milliseconds=100)

DEFINITIONS_KEPT: Final = 64

log: Final = EventLogger(__name__)


class Prepared(NamedTuple):
    """What a job is made of, read from the log."""

    piece: Piece
    submission: SubmissionReceived
    before: VerdictReached | None


@dataclass(slots=True)
class Work:
    """A rejudging with what is not released of it: `left` are numbers of its judgings, `ready` those that are read."""

    opened: RejudgingOpened
    source: Position
    rows: tuple[Selected, ...]
    left: deque[int]
    ready: deque[Prepared] = field(default_factory=deque)

    @property
    def waiting(self) -> int:
        """How many judgings are not released."""
        return len(self.left) + len(self.ready)


class Releaser:
    """Releases jobs step by step; `near` reads little ahead, `event_log` much."""

    def __init__(
        self,
        event_log: EventLog,
        near: EventLog,
        blobs: PatientBlobs,
        followed: Followed,
        *,
        clock: Callable[[], datetime],
        beat: Beat,
    ) -> None:
        self._log = event_log
        self._near = near
        self._blobs = blobs
        self._followed = followed
        self._clock = clock
        self._beat = beat
        self._works: dict[RejudgingId, Work] = {}
        self._definitions: OrderedDict[ProblemRevision, Definition] = OrderedDict()
        self._reports: dict[ExecutorId, Report] = {}
        self._executors = event_log.reader({Partition(EXECUTORS.name, 0): 0})
        self._last: RejudgingId | None = None
        self._turn = 0
        self._looked_at: datetime | None = None
        self._live_ends: dict[Lane, dict[int, int]] = {}
        self._submitted_at: datetime | None = None
        self._outstanding: dict[int, int] = {}
        self._counted_at = clock()
        self._owed_s = 0.0
        self._stood_back_since: datetime | None = None

    def take_over(self) -> None:
        """Begins with what the log says, whoever released before."""
        self._works = {}
        under_way = self._under_way()
        if under_way:
            released = self._released(frozenset(under_way))
            for known in under_way.values():
                self._begin(known, released)
            log.info("releases_taken_over", rejudgings=len(under_way), released=len(released))

    def step(self) -> bool:
        """Releases what there is room for; whether there is more. `LogUnavailable`: to be tried again."""
        self._follow()
        states = self._followed.rejudgings.known
        going = {name: work for name, work in self._works.items() if states[name].state is RejudgingState.JUDGING}
        waiting = [
            Waiting(rejudging_id=name, priority=work.opened.priority, left=work.waiting)
            for name, work in going.items()
            if work.waiting
        ]
        metrics.WAITING.set(sum(work.waiting for work in self._works.values()))
        if not waiting:
            self._outstanding = {}
            return False
        self._hear_executors()
        self._look_at_live_lanes()
        most = self._window()
        metrics.WINDOW.set(most)
        if most or any(self._outstanding.values()):  # else it rests, and nothing can have changed
            self._outstanding = self._read_outstanding()
        room = most - sum(self._outstanding.values())
        if room > 0 and not self._stands_back():
            self._release(share(waiting, room, self._last))
        return True

    def close(self) -> None:
        """Reads no more."""
        self._executors.close()

    # --- which rejudgings --------------------------------------------------------------------------------------------

    def _under_way(self) -> dict[RejudgingId, Rejudging]:
        known = self._followed.rejudgings.known
        return {name: one for name, one in known.items() if one.state in UNDER_WAY}

    def _follow(self) -> None:
        """Begins what was opened since, and lets go of what is decided."""
        under_way = self._under_way()
        self._works = {name: work for name, work in self._works.items() if name in under_way}
        for name, known in under_way.items():
            if name not in self._works:
                self._begin(known, frozenset())

    def _begin(self, known: Rejudging, released: Collection[JudgingId]) -> None:
        opened = known.opened
        if opened is None:
            return
        try:
            rows = in_log_order(read_selection(self._blobs.get(opened.manifest)))
        except (BlobError, OSError, ValueError) as error:
            log.error("selection_unreadable", rejudging_id=known.rejudging_id, why=error)
            rows = ()
        source = Position(topic=REJUDGINGS.name, partition=0, offset=known.offset)
        numbers: Iterable[int] = range(len(rows) * opened.repeats)
        if released:
            numbers = (number for number in numbers if _judging(opened, piece(rows, number)) not in released)
        self._works[known.rejudging_id] = Work(opened, source, rows, deque(numbers))

    def _released(self, names: Collection[RejudgingId]) -> set[JudgingId]:
        """The judgings of these rejudgings that have a job or a verdict; the lane first, since jobs leave it."""
        released: set[JudgingId] = set()

        def visit(record: Record) -> None:
            if isinstance(record.event, JudgingRequested | VerdictReached) and record.event.rejudging_id in names:
                released.add(record.event.judging_id)

        begins, ends = self._log.begin_offsets(LANE), self._log.end_offsets(LANE)
        committed = self._log.committed(executor_group(EXECUTOR_POOL), LANE)
        starts = {at: max(begins[at], committed[at].offset if at in committed else 0) for at in ends}
        scan(self._log, LANE, {at: range(starts[at], end) for at, end in ends.items()}, visit, self._beat)
        judged = self._log.end_offsets(VERDICTS)
        scan(self._log, VERDICTS, {at: range(end) for at, end in judged.items()}, visit, self._beat)
        return released

    # --- how many ----------------------------------------------------------------------------------------------------

    def _hear_executors(self) -> None:
        for record in self._executors.poll(1000, 0):
            if isinstance(record.event, ExecutorReported):
                self._reports[record.event.executor_id] = Report(event=record.event, appended_at=record.appended_at)

    def _window(self) -> int:
        """How many jobs may stand in the lane now. What stood there since it was last asked is counted."""
        now = self._clock()
        slots = slots_of(self._reports.values(), now)
        elapsed_s, self._counted_at = max(0.0, (now - self._counted_at).total_seconds()), now
        if not self._is_live(now):
            self._owed_s = 0.0
            return window(slots)
        self._owed_s = owed_after(self._owed_s, elapsed_s, sum(self._outstanding.values()), slots)
        return window_beside(slots, self._owed_s)

    def _is_live(self, now: datetime) -> bool:
        return self._submitted_at is not None and now - self._submitted_at < LIVE_COUNTS

    def _stands_back(self) -> bool:
        """Whether a job whose turn has come lets submissions end first that are judged now; for a while."""
        now = self._clock()
        began = self._stood_back_since or now
        must = self._is_live(now) and now - began < STANDS_BACK and self._judges_submissions()
        self._stood_back_since = began if must else None
        return must

    def _judges_submissions(self) -> bool:
        return any(any(self._in_lane(JOBS[lane]).values()) for lane in LIVE_LANES)

    def _look_at_live_lanes(self) -> None:
        """Notes when a submission came in: then little of the slots' time is for judging again."""
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        ends = {lane: self._log.end_offsets(JOBS[lane]) for lane in LIVE_LANES}
        if self._looked_at is not None and ends != self._live_ends:
            self._submitted_at = now
        self._looked_at, self._live_ends = now, ends

    def _read_outstanding(self) -> dict[int, int]:
        outstanding = self._in_lane(LANE)
        metrics.OUTSTANDING.set(sum(outstanding.values()))
        return outstanding

    def _in_lane(self, lane: Topic) -> dict[int, int]:
        # The end first: a job that is finished in between is then counted as waiting, never as less than nothing.
        ends = self._log.end_offsets(lane)
        return backlog(ends, self._log.committed(executor_group(EXECUTOR_POOL), lane))

    # --- release -----------------------------------------------------------------------------------------------------

    def _release(self, chosen: Iterable[RejudgingId]) -> None:
        """Appends the next job of each of these. What is not acknowledged goes back, and out again later."""
        under_way: list[tuple[Work, Prepared, JudgingRequested, int, Future[Position]]] = []
        for name in chosen:
            work = self._works[name]
            if not work.ready:
                self._read_on(work)
            if work.ready:
                prepared = work.ready.popleft()
                job = self._job(work, prepared)
                self._turn += 1
                partition = least_outstanding(self._outstanding, turn=self._turn)
                self._outstanding[partition] += 1
                under_way.append((work, prepared, job, partition, self._log.append(LANE, job, partition=partition)))
                self._last = name
        failed: LogUnavailable | None = None
        for work, prepared, job, partition, future in under_way:
            try:
                self._await(job, partition, future)
            except LogUnavailable as error:
                work.ready.appendleft(prepared)
                failed = error
            else:
                metrics.RELEASED.inc()
        if failed is not None:
            raise failed
        for name in {work.opened.rejudging_id for work, *_ in under_way if not work.waiting}:
            log.info("all_released", rejudging_id=name)

    def _await(self, job: JudgingRequested, partition: int, future: "Future[Position]") -> None:
        try:
            future.result(ACKNOWLEDGED_S)
        except AppendRejected as error:
            log.error("job_rejected", judging_id=job.judging_id, why=error)
        except LogError:
            append(self._log, LANE, job, partition)

    def _job(self, work: Work, prepared: Prepared) -> JudgingRequested:
        submission, before = prepared.submission, prepared.before
        revision = work.opened.override.problem_revision or submission.problem_revision
        earlier = before.problem_revision if before is not None and before.problem_revision != revision else None
        definitions = Definitions(
            wanted=self._definition(revision), before=self._definition(earlier) if earlier is not None else None
        )
        return rejudging_job(
            work.opened, work.source, prepared.piece, submission, definitions, self._clock(), before=before
        )

    def _definition(self, revision: ProblemRevision) -> Definition | Unobtainable:
        known = self._definitions.get(revision)
        if known is not None:
            return known
        try:
            known = parse(self._blobs.get(Sha256(revision)))
        except (BlobError, OSError, DefinitionUnreadable) as error:
            log.error("definition_unobtainable", revision=revision, why=error)
            return Unobtainable(reason=f"problem definition {revision}: {type(error).__name__}: {error}")
        self._definitions[revision] = known
        if len(self._definitions) > DEFINITIONS_KEPT:
            self._definitions.popitem(last=False)
        return known

    def _read_on(self, work: Work) -> None:
        """Reads the submissions of the next judgings, and the verdicts that may be reused."""
        pieces = [piece(work.rows, number) for number in islice(work.left, FETCHED)]
        submissions = fetch(self._near, SUBMISSIONS, [_accepted_at(it.row) for it in pieces], self._beat)
        places = [place for it in pieces if may_reuse(work.opened, it.row) and (place := _judged_at(it.row))]
        verdicts = fetch(self._near, VERDICTS, places, self._beat)
        for it in pieces:
            work.left.popleft()
            submission = _event(submissions.get(_accepted_at(it.row)))
            before = _event(verdicts.get(_judged_at(it.row) or NOWHERE))
            if isinstance(submission, SubmissionReceived):
                work.ready.append(Prepared(it, submission, before if isinstance(before, VerdictReached) else None))
            else:
                log.error("submission_unreadable", submission_id=it.row.submission_id, offset=it.row.offset)


NOWHERE: Final = Place(-1, -1)


def _event(record: Record | None) -> Event | Undecodable | None:
    return record.event if record is not None else None


def _judging(opened: RejudgingOpened, wanted: Piece) -> JudgingId:
    return judging_id(wanted.row.submission_id, opened.rejudging_id, wanted.repeat)


def _accepted_at(row: Selected) -> Place:
    return Place(partition_of(row.submission_id.encode(), SUBMISSIONS.partitions), row.offset)


def _judged_at(row: Selected) -> Place | None:
    if row.verdict_offset is None:
        return None
    return Place(partition_of(row.submission_id.encode(), VERDICTS.partitions), row.verdict_offset)
