"""Theory of operation

A judging is stalled when it should get on and does not. What that means follows from the log and from who reads it:

- A job is outstanding if it stands at the executors' committed offset in its partition or after it, and no verdict of
  its judging was read: below that offset every job has one. So nothing is kept, and a restart begins with what is left.
- A job that somebody has begun, and whose partition is still theirs, stands still once its last progress (a start, a
  case) is longer ago than one step may take: a compile, one case with all its runs at their wall limits, and slack
  for what is no running (containers, an executor's pauses between tries). A later start is progress like any other, so
  that an executor which tries again or runs a suspect alone is never disturbed.
- A job that nobody has begun only waits, however long, as long as the executor that reads its partition gets on with
  anything: it waits behind others. It stands still once that executor has made no progress at all for so long, while
  nothing that it runs is within its own time. Jobs that nobody reads wait for an executor, and are not stalled.

What stands still is asked again, as the next attempt at the same judging, in the partition with the least work whose
reader gets on, if need be in another lane; where there is none, it is only told. After `MOST_ATTEMPTS` it is given up,
which an executor answers. Whichever verdict is first in the log counts, so that to be wrong here costs a run and
nothing else.

Times are seconds of a clock that only goes on, counted from when something was seen here: a restart or an outage gives
everyone the whole patience anew, and no two machines' clocks are compared.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final

from schemas.eventlog.port import Owner, Partition, Record
from schemas.events import CaseJudged, JudgingRequested, JudgingStalled, JudgingStarted, VerdictReached
from schemas.ids import ExecutorId, JudgingId, SubmissionId, derived_event_id
from schemas.topics import JOBS
from schemas.values import Lane, Limits, Position, StallAnswer

COMPILE_S: Final = 60.0
"""The wall limit of a compile on an executor."""

MOST_RUNS: Final = 3
"""How often an executor runs a case at most."""

SLACK_S: Final = COMPILE_S + 60.0
"""Beside the runs: a compile, and what is no running; an executor's longest pause between tries is 30 s."""

MOST_ATTEMPTS: Final = 3
MOST_ANSWERS: Final = 6
"""A job that is given up needs an executor, too; who does not even answer that is only told of."""

ANSWERED_AT_ONCE: Final = 64
"""Judgings that are asked again in one look; the others' turn comes with the next one, a second later."""

WATCHED: Final = 512
"""Jobs of a partition without a verdict; more than any executor reads ahead."""

REMEMBERED: Final = 200_000
"""Judgings with a verdict. One that is forgotten might be asked again, which costs a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the watch needs of a job. `seen_s` is when it was read here."""

    position: Position
    lane: Lane
    submission_id: SubmissionId
    judging_id: JudgingId
    attempt: int
    patience_s: float
    seen_s: float

    @property
    def partition(self) -> Partition:
        """Where it stands."""
        return Partition(self.position.topic, self.position.partition)


@dataclass(frozen=True, slots=True)
class Progress:
    """The last that was seen of a job that somebody had begun."""

    executor_id: ExecutorId | None
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """A job that stands still, since `stood_s` seconds; `executor_id` began it last, or nobody has."""

    job: Job
    stood_s: float
    executor_id: ExecutorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is to be done about one; `partition` is where to ask, None where it is only told."""

    stalled: Stalled
    answer: StallAnswer
    partition: Partition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the broker tells of the lanes at one moment; a partition that nobody reads is not in `owners`."""

    now_s: float
    ends: Mapping[Partition, int]
    committed: Mapping[Partition, int]
    owners: Mapping[Partition, Owner]

    def outstanding(self, at: Partition) -> int:
        """The jobs in a partition that are not finished."""
        return max(0, self.ends[at] - self.committed.get(at, 0))


@dataclass(slots=True)
class _Reader:
    """An executor, by its partitions: when it got on last, whether something of it is within its time."""

    moved_s: float
    is_busy: bool = False
    stalled_patience_s: float = field(default=float("inf"))


def patience_s(limits: Limits, slack_s: float) -> float:
    """How long one step of a judging may take before it counts as stalled."""
    return MOST_RUNS * limits.wall_time_ms / 1000 + slack_s


class Judgings:
    """What is known of the jobs that are outstanding. No I/O, one thread at a time.

    `read` for every record of lanes, `judgings` and `verdicts` since, in
    any order between partitions, `look` for what the broker tells, then `stalled` and `answers`.
    """

    def __init__(self, *, slack_s: float = SLACK_S) -> None:
        self._slack_s = slack_s
        self._jobs: dict[Partition, dict[int, Job]] = {}
        self._progress: dict[Partition, dict[int, Progress]] = {}
        self._judged: OrderedDict[JudgingId, None] = OrderedDict()
        self._moved_s: dict[Partition, float] = {}
        self._owned_s: dict[Partition, float] = {}
        self._look: Look | None = None
        self._told: set[tuple[Position, StallAnswer]] = set()

    def read(self, record: Record, now_s: float) -> None:
        """Takes in a record; what is no event of a judging changes nothing."""
        match record.event:
            case JudgingRequested() as request:
                if self._is_outstanding(record.position):
                    job = _job(record.position, request, self._slack_s, now_s)
                    self._jobs.setdefault(job.partition, {})[job.position.offset] = job
            case JudgingStarted(executor_id=executor_id, caused_by=Position() as position):
                self._progressed(position, executor_id, now_s)
            case CaseJudged(caused_by=Position() as position):
                self._progressed(position, None, now_s)
            case VerdictReached(judging_id=judging_id, caused_by=Position() as position):
                self._judged[judging_id] = None
                if len(self._judged) > REMEMBERED:
                    self._judged.popitem(last=False)
                self._moved_s[_partition(position)] = now_s
            case _:
                pass

    def look(self, look: Look) -> None:
        """Takes in what the broker tells: finished jobs are forgotten, and a commit that moved is progress."""
        before, self._look = self._look, look
        for at in look.ends:
            if before is None or before.committed.get(at, 0) != look.committed.get(at, 0):
                self._moved_s[at] = look.now_s
                self._forget(at, look.committed.get(at, 0))
            if before is None or before.owners.get(at) != look.owners.get(at):
                self._owned_s[at] = self._moved_s[at] = look.now_s

    def stalled(self) -> list[Stalled]:
        """The jobs that stand still, the latest of each judging."""
        if self._look is None:
            return []
        readers = self._readers(self._look)
        return [
            found
            for job in self._latest_unjudged()
            if (owner := self._look.owners.get(job.partition)) is not None
            and (found := self._standing(job, readers[owner], self._look.now_s)) is not None
        ]

    def answers(self, stalled: Iterable[Stalled]) -> list[Answer]:
        """What is to be done about those that stand still: each is asked again once, and told of once."""
        if self._look is None:
            return []
        work = {at: self._look.outstanding(at) for at in self._look.ends}
        getting_on = self._getting_on(stalled := list(stalled), self._look)
        answers: list[Answer] = []
        for one in stalled:
            answer = _answer(one, self._look, getting_on, work)
            if len(answers) == ANSWERED_AT_ONCE:
                break
            if (one.job.position, answer.answer) in self._told:
                continue
            self._told.add((one.job.position, answer.answer))
            answers.append(answer)
            if answer.partition is not None:
                work[answer.partition] += 1
        return answers

    def _progressed(self, position: Position, executor_id: ExecutorId | None, now_s: float) -> None:
        """Whoever began it goes on with it; progress of what is finished is not kept."""
        at = _partition(position)
        self._moved_s[at] = now_s
        if self._is_outstanding(position):
            known = self._progress.setdefault(at, {}).get(position.offset)
            by = executor_id or (known.executor_id if known else None)
            self._progress[at][position.offset] = Progress(by, now_s)

    def _is_outstanding(self, position: Position) -> bool:
        return self._look is None or position.offset >= self._look.committed.get(_partition(position), 0)

    def _forget(self, at: Partition, committed: int) -> None:
        self._jobs[at] = {offset: job for offset, job in self._jobs.get(at, {}).items() if offset >= committed}
        self._progress[at] = {offset: it for offset, it in self._progress.get(at, {}).items() if offset >= committed}
        self._told = {(it, answer) for it, answer in self._told if _partition(it) != at or it.offset >= committed}

    def _unjudged(self) -> Iterator[Job]:
        """The first ones of each partition; what stands behind them waits for them."""
        for jobs in self._jobs.values():
            yield from islice((job for job in jobs.values() if job.judging_id not in self._judged), WATCHED)

    def _latest_unjudged(self) -> list[Job]:
        """Of several jobs of one judging the last attempt alone is watched."""
        latest: dict[JudgingId, Job] = {}
        for job in self._unjudged():
            known = latest.get(job.judging_id)
            if known is None or known.attempt < job.attempt:
                latest[job.judging_id] = job
        return list(latest.values())

    def _readers(self, look: Look) -> dict[Owner, _Reader]:
        readers: dict[Owner, _Reader] = {}
        for at, owner in look.owners.items():
            moved_s = self._moved_s.get(at, look.now_s)
            reader = readers.setdefault(owner, _Reader(moved_s))
            reader.moved_s = max(reader.moved_s, moved_s)
        for job in self._unjudged():
            progress = self._begun(job)
            owner_now = look.owners.get(job.partition)
            if progress and owner_now and look.now_s - progress.at_s <= job.patience_s:
                readers[owner_now].is_busy = True
        return readers

    def _begun(self, job: Job) -> Progress | None:
        """The progress of a job that its partition's present reader has begun."""
        progress = self._progress.get(job.partition, {}).get(job.position.offset)
        if progress is None:
            return None
        return progress if progress.at_s >= self._owned_s.get(job.partition, float("-inf")) else None

    def _standing(self, job: Job, reader: _Reader, now_s: float) -> Stalled | None:
        progress = self._begun(job)
        if progress is None and reader.is_busy:
            return None
        since_s = progress.at_s if progress else max(reader.moved_s, job.seen_s)
        if now_s - since_s <= job.patience_s:
            return None
        return Stalled(job=job, stood_s=now_s - since_s, executor_id=progress.executor_id if progress else None)

    def _getting_on(self, stalled: Iterable[Stalled], look: Look) -> dict[Partition, Owner]:
        """The partitions whose readers have done something since the jobs that stand with them began to stand."""
        readers = self._readers(look)
        for one in stalled:
            reader = readers[look.owners[one.job.partition]]
            reader.stalled_patience_s = min(reader.stalled_patience_s, one.job.patience_s)
        return {
            at: owner
            for at, owner in look.owners.items()
            if look.now_s - readers[owner].moved_s <= readers[owner].stalled_patience_s
        }


def _answer(one: Stalled, look: Look, getting_on: Mapping[Partition, Owner], work: Mapping[Partition, int]) -> Answer:
    """Rather another executor than the one that it stands with; rather in its own lane, but another one may be all that
    others read; of these, the partition with the least work."""
    lane, here = JOBS[one.job.lane].name, look.owners[one.job.partition]
    if not getting_on or one.job.attempt >= MOST_ANSWERS:
        return Answer(stalled=one, answer=StallAnswer.NOBODY_ELSE, partition=None)
    chosen = min(getting_on, key=lambda at: (getting_on[at] == here, at.topic != lane, work[at], at))
    given_up = one.job.attempt >= MOST_ATTEMPTS
    return Answer(stalled=one, answer=StallAnswer.GIVEN_UP if given_up else StallAnswer.ASKED_AGAIN, partition=chosen)


def told(answer: Answer, now: datetime) -> JudgingStalled:
    """The event that tells of it; a repeat has the same id."""
    job = answer.stalled.job
    return JudgingStalled(
        event_id=derived_event_id(JudgingStalled.__name__, f"{job.position}:{answer.answer}"),
        occurred_at=now,
        caused_by=job.position,
        submission_id=job.submission_id,
        judging_id=job.judging_id,
        attempt=job.attempt,
        executor_id=answer.stalled.executor_id,
        stood_s=round(answer.stalled.stood_s),
        answer=answer.answer,
    )


def asked_again(answer: Answer, request: JudgingRequested, now: datetime) -> JudgingRequested:
    """The next attempt at the same judging, or the job that gives it up; a repeat has the same id."""
    job = answer.stalled.job
    reason = f"stalled {job.attempt} times, the last time for {answer.stalled.stood_s:.0f} s"
    return replace(
        request,
        event_id=derived_event_id(JudgingRequested.__name__, f"{job.judging_id}:{job.attempt + 1}"),
        occurred_at=now,
        caused_by=job.position,
        attempt=job.attempt + 1,
        give_up=reason if answer.answer is StallAnswer.GIVEN_UP else request.give_up,
    )


def _job(position: Position, request: JudgingRequested, slack_s: float, now_s: float) -> Job:
    return Job(
        position=position,
        lane=request.lane,
        submission_id=request.submission_id,
        judging_id=request.judging_id,
        attempt=request.attempt,
        patience_s=patience_s(request.limits, slack_s),
        seen_s=now_s,
    )


def _partition(position: Position) -> Partition:
    return Partition(position.topic, position.partition)
