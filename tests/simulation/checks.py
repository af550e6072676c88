"""What a run must have come to once it is at rest: the raw log, the read models, and both held against each other.

Truth is folded here from the log alone, by the rules of `tests/invariants` and the shared fold of rejudgings; the read
models are read by the very functions that the query API reads them with.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from projections.models.boards import BOARDS_MODEL, VersionedRowBody, read_board
from projections.models.model import Announcement, Effects, Model, joined
from projections.models.rejudgings import REJUDGINGS_MODEL
from projections.models.submission import SUBMISSION_MODEL, SubmissionView, read_submission
from projections.models.submission_lists import (
    CONTEST_SUBMISSIONS_MODEL,
    PROBLEM_SUBMISSIONS_MODEL,
    USER_SUBMISSIONS_MODEL,
    SubmissionLine,
    of_contest,
    of_problem,
    of_user,
)
from projections.projector.partition import Checkpoint
from schemas.cassandra import Cassandra, Row, Statement
from schemas.eventlog.port import Partition, Record, Undecodable
from schemas.events import EVENT_TYPES, ChannelUpdated, ContestRevised, DeadLettered, Event, SubmissionReceived
from schemas.ids import JudgingId, ProblemId, SubmissionId, UserId, judging_id
from schemas.manifests import read_current, read_selection
from schemas.rules.board_body import RowBody, row_of
from schemas.rules.icpc_row import View, ranked
from schemas.rules.rejudging import Covering, Rejudgings, current_judging, evolve, under_way
from schemas.rules.submission import Judged, current
from schemas.topics import (
    DEAD_LETTERS,
    JOBS,
    LIVE,
    REJUDGINGS,
    SUBMISSIONS,
    TOPIC_BY_NAME,
    VERDICTS,
)
from tests.invariants.icpc import standings
from tests.invariants.raw_log import RawLog, RawRecord
from tests.invariants.rules import violations
from tests.simulation.kernel import Violation
from tests.simulation.load import CONTEST, PROBLEMS_SET, USERS
from tests.simulation.office import MOST_OPEN
from tests.simulation.projectors import held_from, manifests_of
from tests.simulation.store import CHECKPOINTS, Tables
from tests.simulation.watch import EXECUTORS

if TYPE_CHECKING:
    from tests.simulation.world import World

READS_AT_ONCE: Final = 7
"""A rebuild's batches are others than the live projector's."""


def check_rest(world: "World") -> None:
    """Everything that must hold at rest; raises the first `Violation`."""
    log = raw_log(world)
    for found in violations(log):
        raise Violation("the raw log breaks a rule", found, *words(found))
    check_acknowledged(world)
    check_all_done(world)
    now_current = currents(world)
    asyncio.run(check_read_models(world, log, now_current))
    check_selections(world)
    check_rebuilt(world)
    check_letters(world)


# --- the log ---------------------------------------------------------------------------------------------------------


def raw_log(world: "World") -> RawLog:
    """The log as a stranger reads it."""
    broker = world.it.broker
    committed = {tuple(at): known.offset for at, known in broker.group(EXECUTORS).committed.items()}
    records = (_raw(record) for records in broker.partitions.values() for record in records)
    return RawLog(tuple(records), cast("dict[tuple[str, int], int]", committed))


def check_acknowledged(world: "World") -> None:
    """What a client was told to be accepted stands where it was told."""
    for submission_id, position in world.load.acknowledged.items():
        records = world.it.broker.partitions[Partition(position.topic, position.partition)]
        event = records[position.offset].event if position.offset < len(records) else None
        if not isinstance(event, SubmissionReceived) or event.submission_id != submission_id:
            raise Violation("an acknowledged submission is lost", f"{submission_id} at {position}", submission_id)


def check_all_done(world: "World") -> None:
    """Every job is committed, and every projection has caught up."""
    broker = world.it.broker
    for topic in JOBS.values():
        for number in range(topic.partitions):
            at = Partition(topic.name, number)
            known = broker.group(EXECUTORS).committed.get(at)
            if len(broker.partitions[at]) != (known.offset if known else 0):
                raise Violation("work stands still", f"{at} ends at {len(broker.partitions[at])}, committed: {known}")
    for model in world.models:
        rows = world.it.tables.tables[CHECKPOINTS].get((model.projection,), {})
        for at in _partitions(model):
            end, reached = len(broker.partitions[at]), rows.get(tuple(at), {}).get("next_offset", (0, 0))[1]
            if end != reached:
                raise Violation("a projection stands still", f"{model.name} is at {reached} of {end} in {at}")


def check_letters(world: "World") -> None:
    """What cannot be read has a dead letter."""
    letters = {event.caused_by for event in _events(world, DEAD_LETTERS.name) if isinstance(event, DeadLettered)}
    for topic in (SUBMISSIONS, VERDICTS, *JOBS.values()):
        for record in world.it.broker.records(topic):
            if isinstance(record.event, Undecodable) and record.position not in letters:
                raise Violation("poison leaves no dead letter", str(record.position), str(record.position))


# --- what is current -------------------------------------------------------------------------------------------------


def currents(world: "World") -> dict[SubmissionId, JudgingId]:
    """By the fold of `rejudgings`: the judging of every submission that is current."""
    known = Rejudgings()
    for record in world.it.broker.records(REJUDGINGS):
        if not isinstance(record.event, Undecodable):
            known = evolve(known, record.position.offset, record.event)
            if under_way(known) > MOST_OPEN:
                raise Violation("too many rejudgings are under way", f"{under_way(known)} at {record.position}")
    covering = [
        Covering(
            rejudging_id=one.rejudging_id,
            submissions={row.submission_id for row in read_current(world.it.blobs[one.manifest])},
        )
        for one in known.applied
    ]
    return {submission: current_judging(submission, covering) for submission in world.it.watch.accepted}


# --- read models -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """The store, for who only reads."""

    tables: Tables

    async def execute(self, cql: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a select."""
        return self.tables.select(cql, values)


async def check_read_models(world: "World", log: RawLog, now_current: Mapping[SubmissionId, JudgingId]) -> None:
    """Every read model of the run, as it is read."""
    cassandra = cast(Cassandra, Reading(world.it.tables))
    if SUBMISSION_MODEL in world.models:
        for submission_id in world.it.watch.accepted:
            view = await read_submission(cassandra, submission_id)
            check_submission(world, submission_id, view, now_current[submission_id])
    await check_lists(world, cassandra, now_current)
    if BOARDS_MODEL in world.models and any(_events(world, "contests")):
        await check_board(cassandra, log, now_current)


def check_submission(
    world: "World", submission_id: SubmissionId, view: SubmissionView | None, expected: JudgingId
) -> None:
    """One final verdict per judging, and the right one of them is shown."""
    if view is None:
        raise Violation("a read model lacks a submission", f"submissions: {submission_id}", submission_id)
    truth = world.it.watch.truth
    told = {it.judging_id: it.verdict for it in view.submission.judgings if isinstance(it, Judged)}
    known = {it: event.verdict for it, event in truth.items() if event.submission_id == submission_id}
    if told != known:
        raise Violation("a read model tells another verdict", f"{told} instead of {known}", submission_id)
    shown = current(view.submission, view.applied)
    if not isinstance(shown, Judged) or shown.judging_id != expected:
        raise Violation("another judging is shown than is current", f"{shown} instead of {expected}", submission_id)


async def check_lists(world: "World", cassandra: Cassandra, now_current: Mapping[SubmissionId, JudgingId]) -> None:
    """Every submission stands in its lists, with the current verdict."""
    accepted, truth = world.it.watch.accepted, world.it.watch.truth
    lists: dict[str, list[SubmissionLine]] = {}
    wanted: dict[str, list[SubmissionId]] = {}
    if USER_SUBMISSIONS_MODEL in world.models:
        for user in USERS:
            lists[user] = [line async for line in of_user(cassandra, UserId(user))]
            wanted[user] = [it.submission_id for it in accepted.values() if it.user_id == user]
    if PROBLEM_SUBMISSIONS_MODEL in world.models:
        for problem in PROBLEMS_SET:
            lists[problem] = [line async for line in of_problem(cassandra, ProblemId(problem))]
            wanted[problem] = [it.submission_id for it in accepted.values() if it.problem_id == problem]
    if CONTEST_SUBMISSIONS_MODEL in world.models:
        lists[CONTEST] = [line async for line in of_contest(cassandra, CONTEST)]
        wanted[CONTEST] = [it.submission_id for it in accepted.values() if it.contest_id == CONTEST]
    for owner, lines in lists.items():
        told = {line.submission_id: line.outcome.verdict if line.outcome else None for line in lines}
        known = {it: truth[now_current[it]].verdict for it in wanted[owner]}
        if told != known or len(lines) != len(told):
            raise Violation("a list tells another verdict", f"of {owner}: {told} instead of {known}", *known)


async def check_board(cassandra: Cassandra, log: RawLog, now_current: Mapping[SubmissionId, JudgingId]) -> None:
    """The jury's board is what the log says by a second account of the rules."""
    board = await read_board(cassandra, CONTEST, View.JURY)
    counting = set(now_current.values())
    counted = RawLog(
        tuple(it for it in log.records if it.name != "VerdictReached" or it.value["judging_id"] in counting)
    )
    expected = standings(counted, CONTEST)
    rows = () if board is None else ranked(row_of(_without_version(row)) for row in board.rows)
    shown = {row.team_id: (rank, row.solved, row.penalty_minutes) for rank, row in rows}
    if shown != expected:
        raise Violation("a board is wrong", f"{shown} instead of {expected}", CONTEST)


def check_selections(world: "World") -> None:
    """The read model of rejudgings tells exactly what each of them selected, and the true verdict of each judging."""
    if REJUDGINGS_MODEL not in world.models:
        return
    selected: dict[str, set[str]] = {}
    for (rejudging, _), of_shard in world.it.tables.tables["rejudging_results"].items():
        for (submission, repeat), cells in of_shard.items():
            name, submission_id = str(rejudging), SubmissionId(str(submission))
            if "selected" in cells:
                selected.setdefault(name, set()).add(submission_id)
            if "result" in cells:
                judging = judging_id(submission_id, name, int(str(repeat)))
                told, known = orjson.loads(str(cells["result"][1]))["verdict"], world.it.watch.truth[judging].verdict
                if told != known:
                    detail = f"{name}: {told} instead of {known}"
                    raise Violation("a rejudging tells another verdict", detail, submission_id, name)
    for name, opened in world.it.watch.opened.items():
        expected = {str(row.submission_id) for row in read_selection(world.it.blobs[opened.manifest])}
        if selected.get(name, set()) != expected:
            detail = f"{name}: {selected.get(name)} instead of {expected}"
            raise Violation("a rejudging tells another selection", detail, name)


def check_rebuilt(world: "World") -> None:
    """A projection that is rebuilt from offset 0 has the same rows, and all that it would announce was announced."""
    rebuilt, newest = Tables(), _newest_messages(world)
    for model in world.models:
        effects = rebuilt_effects(world, model)
        for write in effects.writes:
            rebuilt.apply(Statement(write.cql, write.values))
        for announcement in effects.announcements:
            if not _was_told(world, model, announcement, newest):
                detail = f"{announcement.channel} at version {announcement.version}"
                raise Violation("a change was not announced", detail, str(announcement.cause.position))
    live, other = world.it.tables.rows_but_checkpoints(), rebuilt.rows_but_checkpoints()
    if live != other:
        raise Violation("a rebuilt projection differs", *_difference(live, other))


def rebuilt_effects(world: "World", model: Model) -> Effects:
    """All that the model makes of the log, partition after partition."""
    found: list[Effects] = []
    for at in _partitions(model):
        records = world.it.broker.partitions[at]
        held = held_from(model, Checkpoint())
        size = 1 if model.remembers else READS_AT_ONCE  # a batch's message has the version of its last record
        for begin in range(0, len(records), size):
            batch = records[begin : begin + size]
            outcome = held.take(batch, manifests_of(batch, world.it.blobs.__getitem__))
            world.it.watch.parked([outcome.parked] if outcome.parked else [])
            found.append(outcome.effects)
    return joined(found)


def _was_told(world: "World", model: Model, announcement: Announcement, newest: Mapping[str, int]) -> bool:
    """A model with a memory joins what changes at once, so that the newest version is what counts."""
    if model.remembers:
        return newest.get(announcement.channel, -1) >= announcement.version
    return world.it.watch.is_told(announcement)


def _newest_messages(world: "World") -> dict[str, int]:
    newest: dict[str, int] = {}
    for event in _events(world, LIVE.name):
        if isinstance(event, ChannelUpdated):
            newest[event.channel] = max(newest.get(event.channel, -1), event.version)
    return newest


def _difference(live: Any, other: Any, where: tuple[object, ...] = ()) -> tuple[str, ...]:
    """The first place at which two tables differ, and whose it is."""
    if isinstance(live, dict) and isinstance(other, dict):
        for key in [*live, *(key for key in other if key not in live)]:
            if live.get(key) != other.get(key):
                return _difference(live.get(key), other.get(key), (*where, key))
    names = [name for part in where if isinstance(part, tuple) for name in part]
    return (f"{where}: {str(live)[:200]} live, {str(other)[:200]} rebuilt", *(str(name) for name in names))


def _without_version(row: VersionedRowBody) -> RowBody:
    return cast(RowBody, {name: value for name, value in row.items() if name != "version"})


def _partitions(model: Model) -> Iterator[Partition]:
    return (Partition(topic.name, number) for topic in model.topics for number in range(topic.partitions))


def _events(world: "World", topic: str) -> Iterator[Event]:
    records = world.it.broker.records(TOPIC_BY_NAME[topic])
    return (record.event for record in records if not isinstance(record.event, Undecodable))


def words(text: str) -> Iterable[str]:
    """What of a sentence may be an id or a position."""
    return (word.strip(",.") for word in text.split() if "-" in word or ":" in word)


def _raw(record: Record) -> RawRecord:
    at, event = record.position, record.event
    if isinstance(event, Undecodable):
        return RawRecord(at.topic, at.partition, at.offset, "", {})
    value = {name: getattr(event, name) for name in _NAMES[type(event)]}
    value["caused_by"] = None if event.caused_by is None else str(event.caused_by)
    if isinstance(event, ContestRevised):
        value["problems"] = [{"problem_id": problem.problem_id} for problem in event.problems]
    return RawRecord(at.topic, at.partition, at.offset, type(event).__name__, value)


_NAMES: Final = {kind: tuple(field.name for field in fields(kind)) for kind in EVENT_TYPES}
