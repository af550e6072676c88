"""What is watched while a run goes on: invariants that must hold at every step, checked where they could break.

What a run has come to in the end is checked in `checks.py`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

import orjson

from executor.attempt import Attempt
from executor.attempts import DEATHS_ALLOWED, Start
from executor.lanes import WEIGHTS
from executor.start_notes import NOTE_BYTES, Phase, decode
from executor.waiting_jobs import LANE_OF
from executor.worker import Worker
from projections.models.boards import BOARDS_MODEL, WRITE_CONTEST, channel_of
from projections.models.model import Announcement, Effects, Fact, Model
from projections.projector.partition import GivenUp
from schemas.cassandra import Statement
from schemas.eventlog.port import Committed, Partition, Record, Undecodable
from schemas.events import (
    ChannelUpdated,
    ContestRevised,
    Event,
    JudgingRequested,
    RejudgingApplied,
    RejudgingOpened,
    SubmissionReceived,
    VerdictReached,
)
from schemas.ids import JudgingId, RejudgingId, Sha256, SubmissionId, judging_id
from schemas.manifests import manifest_named_by, read_selection
from schemas.rules.icpc_row import View
from schemas.topics import CONTEST_FEED, EXECUTOR_POOL, JOBS, LIVE, SUBMISSIONS, TOPIC_BY_NAME, VERDICTS, executor_group
from schemas.values import Lane, Position, Verdict
from stream_processors.watch_judgings import MOST_ANSWERS
from tests.simulation.broker import Broker, hashed_partition
from tests.simulation.executors import expected_verdict, waits_in
from tests.simulation.kernel import Kernel, Process, Violation
from tests.simulation.store import CHECKPOINTS, Tables

EXECUTORS: Final = executor_group(EXECUTOR_POOL)
LANES: Final = frozenset(topic.name for topic in JOBS.values())
MOST_PASSED_OVER: Final = 2 * sum(WEIGHTS.values()) + 4
"""A lane that waits gets one job in 21; before that it may have to make up for one that it got while others rested."""

JOINED: Final = "rejudging:"
"""Channels on which many facts of one step are told once."""

AFTER_CALM: Final = DEATHS_ALLOWED + 1
"""How often a poison may still take an executor down once nothing else goes wrong: once in company, and then alone."""


class Told(NamedTuple):
    """What names an announcement."""

    channel: str
    version: int
    cause: Position | None


@dataclass(slots=True)
class Watch:
    """Looks on; raises a `Violation` where an invariant breaks."""

    kernel: Kernel
    broker: Broker
    tables: Tables
    blobs: Mapping[Sha256, bytes]
    models: Sequence[Model] = ()
    is_calm: bool = False
    accepted: dict[SubmissionId, SubmissionReceived] = field(default_factory=dict)
    truth: dict[JudgingId, VerdictReached] = field(default_factory=dict)
    opened: dict[RejudgingId, RejudgingOpened] = field(default_factory=dict)
    running: dict[Process, dict[Position, Start]] = field(default_factory=lambda: defaultdict(dict))
    lost: Counter[Position] = field(default_factory=Counter)
    deaths_when_calm: Counter[Position] = field(default_factory=Counter)
    tries: set[tuple[Position, int]] = field(default_factory=set)
    passed_over: Counter[tuple[Process, Lane]] = field(default_factory=Counter)
    _committed: dict[Partition, int] = field(default_factory=dict)
    _told: set[Told] = field(default_factory=set)
    _told_to: dict[tuple[str, Partition], int] = field(default_factory=dict)
    _checked_to: dict[tuple[str, Partition], int] = field(default_factory=dict)
    _effects: dict[tuple[str, Position], Effects] = field(default_factory=dict)

    # The log.

    def appended(self, _: Process | None, record: Record) -> None:
        """Of every append."""
        match record.event:
            case SubmissionReceived() as event if record.position.topic == SUBMISSIONS.name:
                self.accepted.setdefault(event.submission_id, event)
            case VerdictReached() as event if record.position.topic == VERDICTS.name:
                self._verdict(event)
            case RejudgingOpened() as event:
                self.opened.setdefault(event.rejudging_id, event)
            case RejudgingApplied() as event:
                self._applied(event)
            case JudgingRequested() as event if event.attempt > MOST_ANSWERS:
                detail = f"attempt {event.attempt} of {event.judging_id}"
                raise Violation("a stalled judging is asked again without bound", detail, event.submission_id)
            case ChannelUpdated() as event if record.position.topic == LIVE.name:
                self._announced(event)
            case _:
                pass

    def _applied(self, event: RejudgingApplied) -> None:
        opened = self.opened[event.rejudging_id]
        for row in read_selection(self.blobs[opened.manifest]):
            for repeat in range(opened.repeats):
                if judging_id(row.submission_id, opened.rejudging_id, repeat) not in self.truth:
                    detail = f"{event.rejudging_id}, repeat {repeat} of {row.submission_id}"
                    raise Violation("applied while judgings are open", detail, row.submission_id, event.rejudging_id)

    def committed(self, group: str, at: Partition, committed: Committed) -> None:
        """Of every commit."""
        if group != EXECUTORS:
            return
        before = self._committed.get(at, 0)
        if committed.offset < before:
            raise Violation("a commit goes back", f"{at} from {before} to {committed.offset}")
        if len(committed.metadata) > NOTE_BYTES:
            raise Violation("a note is too long", f"{at} at {committed.offset}: {len(committed.metadata)} bytes")
        for record in self.broker.partitions[at][before : committed.offset]:
            event = record.event
            if isinstance(event, JudgingRequested) and event.judging_id not in self.truth:
                detail = f"{record.position} is committed past without a verdict"
                raise Violation("a commit passes an unfinished job", detail, event.submission_id, str(record.position))
        self._committed[at] = committed.offset

    def _verdict(self, event: VerdictReached) -> None:
        if event.submission_id not in self.accepted:
            raise Violation("a verdict without an accept", str(event.submission_id), event.submission_id)
        request = self._request(event)
        if request.judging_id != event.judging_id:
            raise Violation("a verdict of another job", str(event.caused_by), event.submission_id)
        self.truth.setdefault(event.judging_id, event)
        expected = expected_verdict(request)
        if event.verdict is not Verdict.JUDGE_ERROR and event.verdict is not expected:
            raise Violation(
                "a verdict is wrong",
                f"{event.verdict} instead of {expected} for {event.caused_by}",
                event.submission_id,
            )
        if self.truth[event.judging_id] is event and (event.reason or "").startswith("ExecutorDied"):
            assert event.caused_by is not None
            if self.lost[event.caused_by] < DEATHS_ALLOWED:
                detail = f"{event.caused_by} lost {self.lost[event.caused_by]} starts, and is given up"
                raise Violation("an innocent is given up", detail, event.submission_id, str(event.caused_by))

    def _request(self, event: VerdictReached) -> JudgingRequested:
        at = event.caused_by
        assert at is not None
        request = self.broker.partitions[Partition(at.topic, at.partition)][at.offset].event
        assert isinstance(request, JudgingRequested)
        return request

    # Executors.

    def given(self, process: Process, worker: Worker, record: Record, start: Start) -> None:
        """A slot begins."""
        position, running = start.position, self.running[process]
        if (position, start.number) in self.tries and not self._is_judged(record.event) and not start.exhausted:
            raise Violation("two tries share a number", f"start {start.number} of {position}", str(position))
        self.tries.add((position, start.number))
        if position in running:
            raise Violation("a job runs twice beside itself", str(position), str(position))
        if running and (start.alone or any(other.alone for other in running.values())):
            raise Violation("who runs alone is not alone", f"{position} beside {[str(it) for it in running]}")
        running[position] = start
        self._turns(process, worker, LANE_OF[position.topic])

    def ended(self, process: Process, position: Position) -> None:
        """A slot has ended it, however."""
        self.running[process].pop(position, None)

    def disturbed(self, process: Process) -> None:
        """The process dies, is taken for dead, cannot be heard, or has to go: what it runs may count as lost."""
        for position, start in self.running[process].items():
            if start.alone:
                self.lost[position] += 1
        self.lost.update(self._counted_but_not_begun(process))

    def took_down(self, attempt: Attempt) -> None:
        """A poison has killed its executor. A job that was asked for twice has its deaths twice."""
        if self.is_calm:
            self.deaths_when_calm[attempt.position] += 1
            deaths = self.deaths_when_calm[attempt.position]
            if deaths > AFTER_CALM:
                detail = f"{attempt.position} took {deaths} executors down"
                raise Violation("poison is not bounded", detail, attempt.request.submission_id, str(attempt.position))

    def _counted_but_not_begun(self, process: Process) -> list[Position]:
        """Starts whose count is committed, in the moment before their slots begin."""
        counted: list[Position] = []
        for at, committed in process.committing.items():
            for offset, count in (decode(committed.metadata, committed.offset) or {}).items():
                position = Position(topic=at.topic, partition=at.number, offset=offset)
                if count.phase is Phase.ALONE and position not in self.running[process]:
                    counted.append(position)
        return counted

    def _is_judged(self, event: Event | Undecodable) -> bool:
        return not isinstance(event, JudgingRequested) or event.judging_id in self.truth

    def _turns(self, process: Process, worker: Worker, taken: Lane) -> None:
        """Nobody starves: a lane that waits here is not passed over for ever."""
        for lane in Lane:
            if lane is taken or not waits_in(worker, lane):
                self.passed_over[process, lane] = 0
            else:
                self.passed_over[process, lane] += 1
                if self.passed_over[process, lane] > MOST_PASSED_OVER:
                    raise Violation("a lane starves", f"{lane} waits on {process}")

    # Projections.

    def parked(self, parked: Sequence[GivenUp]) -> None:
        """No partition may be parked by what we wrote ourselves."""
        for one in parked:
            raise Violation("a partition is parked", f"{one.record.position}: {one.detail}")

    def row_written(self, statement: Statement) -> None:
        """Of every write, before it is done."""
        if CHECKPOINTS in statement.cql:
            projection, topic, number, next_offset, _, timestamp = statement.values
            at = Partition(str(topic), int(str(number)))
            self._checkpoint(str(projection), at, int(str(next_offset)), int(str(timestamp)))
        elif statement.cql == WRITE_CONTEST:
            self._contest_drawn(str(statement.values[0]), str(statement.values[2]), int(str(statement.values[-1])))

    def effects(self, model: Model, record: Record) -> Effects:
        """What a record leads to in a model without memory, folded here once more."""
        key = (model.name, record.position)
        known = self._effects.get(key)
        if known is None:
            event = record.event
            is_ours = not isinstance(event, Undecodable) and isinstance(
                event, TOPIC_BY_NAME[record.position.topic].events
            )
            facts = [self._fact(record.position, event)] if is_ours and not isinstance(event, Undecodable) else []
            known = self._effects[key] = model.begin().step(facts)
        return known

    def _fact(self, position: Position, event: Event) -> Fact:
        name = manifest_named_by(event)
        return Fact(position, event, None if name is None else self.blobs[name])

    def is_told(self, announcement: Announcement) -> bool:
        """Whether it, or what was joined with it and came later of the same partition, stands in `live`."""
        channel, position = announcement.channel, announcement.cause.position
        if Told(channel, announcement.version, position) in self._told:
            return True
        at = Partition(position.topic, position.partition)
        return channel.startswith(JOINED) and self._told_to.get((channel, at), -1) >= position.offset

    def _checkpoint(self, projection: str, at: Partition, next_offset: int, timestamp: int) -> None:
        rows = self.tables.tables[CHECKPOINTS].get((projection,), {}).get(tuple(at), {})
        known = rows.get("next_offset")
        if known is not None and timestamp >= known[0] and next_offset < int(str(known[1])):
            raise Violation("a checkpoint goes back", f"{projection} {at} from {known[1]} to {next_offset}")
        model = next(one for one in self.models if one.projection == projection)
        begin = self._checked_to.get((projection, at), 0)
        for record in self.broker.partitions[at][begin:next_offset]:
            if model is BOARDS_MODEL:
                self._board_is_at(record)
            elif not model.remembers:
                self._is_applied(model, record)
        self._checked_to[projection, at] = max(begin, next_offset)

    def _is_applied(self, model: Model, record: Record) -> None:
        effects = self.effects(model, record)
        for write in effects.writes:
            if not self.tables.holds(Statement(write.cql, write.values)):
                detail = f"{model.name} is past {record.position}, whose rows are not written"
                raise Violation("a checkpoint is ahead of rows", detail, str(record.position))
        for announcement in effects.announcements:
            if not self.is_told(announcement):
                detail = f"{model.name} is past {record.position}, which is not announced"
                raise Violation("a checkpoint is ahead of announcements", detail, str(record.position))

    def _board_is_at(self, record: Record) -> None:
        if isinstance(record.event, Undecodable):
            return
        contest_id = str(TOPIC_BY_NAME[record.position.topic].key_of(record.event))
        for view in View:
            if self._board_offset(contest_id, view) < record.position.offset:
                detail = f"the board of {contest_id} is not at {record.position} yet"
                raise Violation("a checkpoint is ahead of rows", detail, str(record.position))

    def _contest_drawn(self, contest_id: str, told: str, offset: int) -> None:
        """A board shows the latest revision that its feed has brought, whichever came again."""
        number = hashed_partition(contest_id.encode(), CONTEST_FEED.partitions)
        latest: ContestRevised | None = None
        for record in self.broker.partitions[Partition(CONTEST_FEED.name, number)][: offset + 1]:
            event = record.event
            if isinstance(event, ContestRevised) and event.contest_id == contest_id:
                latest = event if latest is None or _source_of(event) > _source_of(latest) else latest
        if latest is not None and orjson.loads(told)["penalty_minutes"] != latest.penalty_minutes:
            raise Violation("a board goes back", f"{contest_id} at {offset}: {told[:200]}", contest_id)

    def _announced(self, event: ChannelUpdated) -> None:
        self._told.add(Told(event.channel, event.version, event.caused_by))
        if event.caused_by is not None:
            key = (event.channel, Partition(event.caused_by.topic, event.caused_by.partition))
            self._told_to[key] = max(self._told_to.get(key, -1), event.caused_by.offset)
        kind, _, subject = event.channel.partition(":")
        if kind == "board":
            contest_id = subject.removesuffix(":jury")
            view = View.JURY if subject.endswith(":jury") else View.PUBLIC
            assert channel_of(contest_id, view) == event.channel  # type: ignore[arg-type]  # an id
            if self._board_offset(contest_id, view) < event.version:
                raise Violation(
                    "an announcement is ahead of rows", f"{event.channel} at {event.version}", event.channel
                )
            return
        at = event.caused_by
        assert at is not None
        record = self.broker.partitions[Partition(at.topic, at.partition)][at.offset]
        for model in self.models:
            if model.remembers or TOPIC_BY_NAME[at.topic] not in model.topics:
                continue
            effects = self.effects(model, record)
            if any(one.channel == event.channel for one in effects.announcements):
                holds = partial(self._holds_all, effects)
                if not holds():
                    raise Violation("an announcement is ahead of rows", f"{event.channel} of {at}", str(at))

    def _holds_all(self, effects: Effects) -> bool:
        return all(self.tables.holds(Statement(write.cql, write.values)) for write in effects.writes)

    def _board_offset(self, contest_id: str, view: View) -> int:
        rows = self.tables.tables["boards"].get((contest_id, view.value), {})
        offset = rows.get((), {}).get("board_offset")
        return -1 if offset is None else int(str(offset[1]))


def _source_of(event: ContestRevised) -> int:
    return -1 if event.caused_by is None else event.caused_by.offset
