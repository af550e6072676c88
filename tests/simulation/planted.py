"""Bugs that are planted on purpose, each a change of a line or two, to show that the simulation finds such things.

What is changed is the services' own code wherever that is what runs here; where a loop is modelled (Faust's, the
projector's, ingest's HTTP), it is the model.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from executor import attempts, commit_tracker, runner, worker
from executor.start_notes import Count, Phase
from projections.models import boards, submission
from projections.projector import checkpoints
from schemas.cassandra import Statement
from schemas.eventlog.port import EventLog, Partition, Record
from schemas.ids import UserId
from schemas.rules import icpc_board
from schemas.rules.icpc_row import Try
from schemas.topics import SUBMISSIONS, VERDICTS
from schemas.values import Position
from stream_processors import decide_rejudgings, feed_contests, watch_judgings
from stream_processors.rejudging import decider, followed
from stream_processors.rejudging_scans import Results
from tests.simulation import ingest, processors, projectors
from tests.simulation.broker import hashed_partition
from tests.simulation.running import Failure, first_failure

MOST_SEEDS: Final = 600
"""By then each of them is found."""

Change = tuple[Any, str, Any]
"""Whose attribute, its name, and what it is while the bug is there."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug: what it is, and the changes that make it."""

    name: str
    changes: tuple[Change, ...]


@contextmanager
def planted(bug: Planted) -> Iterator[None]:
    """While it lasts, the bug is there."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in bug.changes]
    for owner, name, changed in bug.changes:
        setattr(owner, name, changed)
    try:
        yield
    finally:
        for owner, name, original in before:
            setattr(owner, name, original)


def found(bug: Planted, most_seeds: int = MOST_SEEDS) -> Failure | None:
    """The first seed that fails with the bug."""
    with planted(bug):
        return first_failure(most_seeds)


def print_planted() -> int:
    """Prints the table; 0 where every bug is found."""
    print("| planted bug | found at seed | because | s |\n|---|---|---|---|")
    missed = 0
    for bug in PLANTED:
        began = time.perf_counter()
        failure = found(bug)
        missed += failure is None
        told = ("none", f"not found in {MOST_SEEDS} seeds")
        if failure is not None:
            told = (str(failure.scenario.seed), failure.invariant)
        print(f"| {bug.name} | {told[0]} | {told[1]} | {time.perf_counter() - began:.1f} |", flush=True)
    return 1 if missed else 0


# --- executor --------------------------------------------------------------------------------------------------------


def _forgets_gaps(self: commit_tracker.CommitTracker) -> dict[Partition, int]:
    return {partition: known.next_offset for partition, known in self._partitions.items()}


_append: Final = runner.Runner._append


def _produces_blindly(self: runner.Runner, topic: Any, event: Any, partition: int | None = None) -> None:
    if topic is VERDICTS:
        self.event_log.append(topic, event, partition=partition)
    else:
        _append(self, topic, event, partition)


def _counts_any_death(count: Count) -> Count:
    if count.phase in (Phase.RUNNING, Phase.ALONE):
        return replace(count, phase=Phase.SUSPECT, deaths=count.deaths + 1)
    return count


_read: Final = worker.Worker._read


def _counts_deliveries(self: worker.Worker, reader: Any) -> None:
    """Whatever is delivered is taken down as if it ran alone."""
    _read(self, reader)
    for partition, counts in self._attempts._counts.items():
        known = self._tracker._partitions.get(partition)
        for offset in known.unfinished if known else ():
            count = counts.get(offset, attempts._NEVER_STARTED)
            if count.phase in (Phase.FREE, Phase.SUSPECT):
                counts[offset] = replace(count, phase=Phase.ALONE)


def _keeps_no_counts(*_: object) -> str:
    return ""


def _starts_anybody(self: attempts.Attempts, position: Any) -> bool:
    return position not in self._at_work


# --- stream processors -----------------------------------------------------------------------------------------------

_begin: Final = processors.Agent._begin


def _acknowledges_first(self: processors.Agent, record: Record) -> None:
    self._acknowledge(record)
    _begin(self, record)


def _counts_repeats(tries: tuple[Any, ...], event: Any, verdict: Any) -> tuple[Any, ...]:
    one = Try(event.submitted_at, event.submission_id, verdict)
    others = (known for known in tries if known.submission_id != event.submission_id or known.verdict is not None)
    return tuple(sorted((*others, one), key=lambda known: known[:2]))


def _forgets_sources(board: Any, *of_record: Any) -> Any:
    return icpc_board.evolve(replace(board, seen={}), *of_record)


def _any_is_original(*_: object) -> bool:
    return True


_uncover: Final = decider.Decider._uncover


def _counts_nothing(_: Any) -> int:
    return 0


def _forgets_later(self: decider.Decider, reverted: Any, below: Any, _: Any) -> Any:
    return _uncover(self, reverted, below, ())


_catch_up: Final = followed.Followed.catch_up


def _follows_once(self: followed.Followed) -> None:
    if not self._next:
        _catch_up(self)


def _applies_early(asked: Any, results: Results) -> Any:
    return _decide_application(asked, replace(results, missing=0))


_decide_application: Final = decide_rejudgings.decide_application

# --- projector -------------------------------------------------------------------------------------------------------


def _keeps_before_telling(self: projectors.Projector, batch: projectors.Batch) -> None:
    self.keep(batch)
    self.announce(batch)


_written: Final = projectors.Projector.written


def _writes_last(
    self: projectors.Projector, records: Sequence[Record], read_by: Mapping[Partition, Any], early: Callable[..., None]
) -> Any:
    """The rows of a batch are written only after `early` was done for it."""
    write, store = self.it.until_done, self.store
    left: list[Callable[[], object]] = []
    self.it = _Later(self.it, left)  # type: ignore[assignment, misc]  # what is done until it succeeds is put off
    batch = _written(self, records, read_by)
    self.it = self.it.real  # type: ignore[attr-defined, misc]
    early(self, batch)
    for attempt in left:
        write(attempt)
    assert store is self.store
    return batch


class _Later:
    """The surroundings, in which nothing is written yet."""

    def __init__(self, real: Any, left: list[Callable[[], object]]) -> None:
        self.real = real
        self._left = left

    def until_done(self, attempt: Callable[[], object]) -> None:
        """Takes it down."""
        self._left.append(attempt)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def _keeps_before_writing(self: projectors.Projector, records: Sequence[Record], read_by: Any) -> Any:
    return _writes_last(self, records, read_by, projectors.Projector.keep)


def _tells_before_writing(self: projectors.Projector, records: Sequence[Record], read_by: Any) -> Any:
    return _writes_last(self, records, read_by, projectors.Projector.announce)


_statement: Final = checkpoints.Checkpoints._statement
_ticks: Final = itertools.count(1)


def _keeps_by_the_clock(self: checkpoints.Checkpoints, partition: Partition, checkpoint: Any) -> Statement:
    cql, values = _statement(self, partition, checkpoint)
    return Statement(cql, (*values[:-1], next(_ticks)))


def _last_verdict(rows: Sequence[Mapping[str, Any]]) -> Any:
    decided = [row for row in rows if row["verdict"] is not None]
    latest = max(decided, key=lambda row: row["verdict_offset"], default=None)
    return None if latest is None else submission.VERDICT_EVENT.validate_json(latest["verdict"])


# --- ingest ----------------------------------------------------------------------------------------------------------


def _answers_first(self: ingest.Ingest, draft: Any, user_id: UserId) -> ingest.Answer:
    event = self._accepted(draft, self._drawn_id(), user_id)
    log: EventLog = self._log
    ends = log.end_offsets(SUBMISSIONS)
    log.append(SUBMISSIONS, event)
    number = hashed_partition(event.submission_id.encode(), SUBMISSIONS.partitions)
    position = Position(topic=SUBMISSIONS.name, partition=number, offset=ends[number])
    return ingest.Acknowledged(event.submission_id, position)


PLANTED: Final = (
    Planted("ingest answers 202 before the broker has", ((ingest.Ingest, "post", _answers_first),)),
    Planted("the router acknowledges before it appends", ((processors.Agent, "_begin", _acknowledges_first),)),
    Planted("the feed is copied several at a time, out of order", ((processors, "FED_AT_ONCE", 4),)),
    Planted(
        "the executor commits before its verdict is acknowledged", ((runner.Runner, "_append", _produces_blindly),)
    ),
    Planted("the commit tracker commits past a gap", ((commit_tracker.CommitTracker, "committable", _forgets_gaps),)),
    Planted("a death in company counts", ((attempts, "_after_death", _counts_any_death),)),
    Planted("attempts are counted on delivery", ((worker.Worker, "_read", _counts_deliveries),)),
    Planted("the counts of starts are not kept", ((attempts.Attempts, "note", _keeps_no_counts),)),
    Planted("a suspect does not run alone", ((attempts.Attempts, "may_start", _starts_anybody),)),
    Planted("the last verdict wins", ((submission, "_first_verdict", _last_verdict),)),
    Planted("the board counts a repeated verdict", ((icpc_board, "tries_with", _counts_repeats),)),
    Planted("the board forgets what it has seen of a source", ((boards, "evolve", _forgets_sources),)),
    Planted("checkpoint before rows", ((projectors.Projector, "written", _keeps_before_writing),)),
    Planted("checkpoint before announcement", ((projectors.Projector, "finish", _keeps_before_telling),)),
    Planted("announcement before rows", ((projectors.Projector, "written", _tells_before_writing),)),
    Planted("a zombie's checkpoint goes back", ((checkpoints.Checkpoints, "_statement", _keeps_by_the_clock),)),
    Planted(
        "a rejudged verdict moves the board before it is applied",
        ((feed_contests, "is_original", _any_is_original), (icpc_board, "is_original", _any_is_original)),
    ),
    Planted("a rejudging is applied while judgings are open", ((decider, "decide_application", _applies_early),)),
    Planted("the decider opens as many as are asked for", ((decide_rejudgings, "under_way", _counts_nothing),)),
    Planted("a revert forgets what was applied later", ((decider.Decider, "_uncover", _forgets_later),)),
    Planted("the decider goes by what it knew at its start", ((followed.Followed, "catch_up", _follows_once),)),
    Planted(
        "the watch over judgings asks again without bound",
        ((watch_judgings, "MOST_ATTEMPTS", 10**9), (watch_judgings, "MOST_ANSWERS", 10**9)),
    ),
)
