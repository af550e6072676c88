"""How rejudgings are read: one with its history and progress, a page of them, and results in the order of ids."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from typing import Final, NamedTuple

from projections.models.moments import moment_of
from projections.models.rejudgings import (
    CATALOG,
    FACTS,
    OUTCOME,
    SELECTED_ROW,
    SHARDS,
    Decision,
    Request,
)
from schemas.cassandra import Cassandra, Row
from schemas.events import (
    RejudgingCounted,
    RejudgingOpened,
    RejudgingOpenRequested,
    RejudgingPaused,
    RejudgingResumed,
)
from schemas.ids import RejudgingId, SubmissionId
from schemas.rules.rejudging import Rejudgings, RejudgingState, evolve
from schemas.rules.rejudging_effect import Progress, Rejudged, progress
from schemas.topics import REJUDGING_REQUESTS, REJUDGINGS
from schemas.values import JudgingOverride, Position

CHUNK: Final = 500
"""Rows of a shard read at a time."""

MOST_FACTS: Final = 10_000
"""Nobody asks so often of one rejudging; it bounds what is read."""

READ_FACTS: Final = (
    f"SELECT topic, fact_offset, fact_type, fact FROM rejudgings WHERE rejudging_id = ? LIMIT {MOST_FACTS}"
)
COUNT: Final = (
    "SELECT count(result) AS done, max(judged_at_us) AS last_at_us, sum(cases_stored) AS stored, sum(cases_run) AS run "
    "FROM rejudging_results WHERE rejudging_id = ? AND shard = ?"
)
READ_RESULTS: Final = (
    "SELECT submission_id, repeat, selected, result FROM rejudging_results WHERE rejudging_id = ? AND shard = ? "
    f"AND (submission_id, repeat) > (?, ?) LIMIT {CHUNK}"
)
LAST_REPEAT: Final = 2**31 - 1

REMEMBERED: Final = 1_000
"""Finished rejudgings whose counts are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A request or a decision, and where it stands."""

    position: Position
    event: Request | Decision


class Counts(NamedTuple):
    """What there is of results: judgings done, when the last one was, and how their cases came about."""

    done: int
    last_at: datetime | None
    stored: int
    run: int


NOTHING_DONE: Final = Counts(0, None, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingView:
    """A rejudging as far as it is known; `told` stands in the order of its topics."""

    rejudging_id: RejudgingId
    told: tuple[Told, ...]
    counts: Counts = NOTHING_DONE

    @property
    def request(self) -> RejudgingOpenRequested | None:
        """What was asked for; None where only changes were asked of something that was never asked for."""
        return next((it.event for it in self.told if isinstance(it.event, RejudgingOpenRequested)), None)

    @property
    def decisions(self) -> tuple[Told, ...]:
        """What was decided, refusals too, in order; a repeat of a decision is left out."""
        kept: dict[Position | None, Told] = {}
        for one in self.told:
            if one.position.topic == REJUDGINGS.name:
                kept.setdefault(one.event.caused_by or one.position, one)
        return tuple(kept.values())

    @property
    def undecided(self) -> tuple[Told, ...]:
        """What was asked for and is not decided yet."""
        decided = {one.event.caused_by for one in self.decisions}
        asked = (one for one in self.told if one.position.topic == REJUDGING_REQUESTS.name)
        return tuple(one for one in asked if one.position not in decided)

    @property
    def opened(self) -> RejudgingOpened | None:
        """How it was opened, if it was."""
        return next((it.event for it in self.decisions if isinstance(it.event, RejudgingOpened)), None)

    @property
    def selected(self) -> int | None:
        """How many submissions it is about, or would be about."""
        known = (it.event for it in self.decisions if isinstance(it.event, RejudgingOpened | RejudgingCounted))
        return next((event.selected for event in known), None)

    @property
    def override(self) -> JudgingOverride:
        """What is other than at the original judgings."""
        return JudgingOverride() if self.opened is None else self.opened.override

    @property
    def total(self) -> int:
        """How many judgings it has in all."""
        return 0 if self.opened is None else self.opened.selected * self.opened.repeats

    @property
    def state(self) -> RejudgingState:
        """Where it stands, by the decider's own rule."""
        folded = Rejudgings()
        for one in self.decisions:
            folded = evolve(folded, one.position.offset, one.event)
        known = folded.known.get(self.rejudging_id)
        if known is None:
            return RejudgingState.REQUESTED if self.request is not None else RejudgingState.REFUSED
        under_way = known.state in (RejudgingState.JUDGING, RejudgingState.PAUSED)
        return RejudgingState.JUDGED if under_way and self.counts.done >= self.total else known.state

    def progress(self, now: datetime) -> Progress | None:
        """How far its judging is; None where it was never opened."""
        opened = self.opened
        if opened is None:
            return None
        pauses = [
            it.event.occurred_at for it in self.decisions if isinstance(it.event, RejudgingPaused | RejudgingResumed)
        ]
        return progress(
            total=self.total,
            done=self.counts.done,
            begun_at=opened.occurred_at,
            pauses=pauses,
            last_at=self.counts.last_at,
            now=now,
        )


class RejudgingReader:
    """Reads rejudgings. Results are counted anew at each reading until all are there, and then never again."""

    def __init__(self, cassandra: Cassandra) -> None:
        self._cassandra = cassandra
        self._finished: OrderedDict[RejudgingId, Counts] = OrderedDict()

    async def read(self, rejudging_id: RejudgingId) -> RejudgingView | None:
        """A rejudging with its progress; None where nobody has asked for anything of that id."""
        rows, counts = await asyncio.gather(
            self._cassandra.execute(READ_FACTS, (rejudging_id,)), self._counts(rejudging_id)
        )
        view = view_of(rejudging_id, rows, counts)
        if view is not None and view.opened is not None and counts.done >= view.total:
            self._finished[rejudging_id] = counts
            if len(self._finished) > REMEMBERED:
                self._finished.popitem(last=False)
        return view

    async def page(self, before: RejudgingId | None = None, limit: int = 50) -> list[RejudgingView]:
        """The newest rejudgings, or those before that one."""
        earlier = "" if before is None else " AND rejudging_id < ?"
        cql = f"SELECT rejudging_id FROM rejudging_catalog WHERE catalog = ?{earlier} LIMIT {limit}"
        rows = await self._cassandra.execute(cql, (CATALOG,) if before is None else (CATALOG, before))
        views = await asyncio.gather(*(self.read(RejudgingId(row["rejudging_id"])) for row in rows))
        return [view for view in views if view is not None]

    async def _counts(self, rejudging_id: RejudgingId) -> Counts:
        known = self._finished.get(rejudging_id)
        if known is not None:
            return known
        asked = (self._cassandra.execute(COUNT, (rejudging_id, shard)) for shard in range(SHARDS))
        return summed([row for rows in await asyncio.gather(*asked) for row in rows])


def view_of(rejudging_id: RejudgingId, facts: Iterable[Row], counts: Counts) -> RejudgingView | None:
    """The rejudging that these rows tell of."""
    told = sorted((_told(row) for row in facts), key=lambda one: (one.position.topic, one.position.offset))
    if not told:
        return None
    return RejudgingView(rejudging_id=rejudging_id, told=tuple(told), counts=counts)


async def rejudged_of(
    cassandra: Cassandra, rejudging_id: RejudgingId, after: SubmissionId | None = None
) -> AsyncIterator[Rejudged]:
    """The submissions of a rejudging behind that one, by id, each with all its results."""
    shards = [_Shard(cassandra, rejudging_id, shard, after) for shard in range(SHARDS)]
    rows: list[Row] = []
    async for row in _merged(shards):
        if rows and rows[0]["submission_id"] != row["submission_id"]:
            yield rejudged(rows)
            rows = []
        rows.append(row)
    if rows:
        yield rejudged(rows)


def rejudged(rows: Sequence[Row]) -> Rejudged:
    """A submission from all its rows; at least one."""
    selected = next((row["selected"] for row in rows if row["selected"] is not None), None)
    results = (row["result"] for row in sorted(rows, key=lambda row: int(row["repeat"])))
    return Rejudged(
        submission_id=SubmissionId(rows[0]["submission_id"]),
        selected=None if selected is None else SELECTED_ROW.validate_json(selected),
        outcomes=tuple(OUTCOME.validate_json(result) for result in results if result is not None),
    )


class _Shard:
    """The rows of one shard in order, a chunk in memory at a time."""

    def __init__(self, cassandra: Cassandra, rejudging_id: RejudgingId, shard: int, after: SubmissionId | None) -> None:
        self._cassandra = cassandra
        self._key = (rejudging_id, shard)
        self._place: tuple[str, int] = ("" if after is None else after, LAST_REPEAT)
        self._chunk: list[Row] = []
        self._at = 0
        self._is_last = False

    async def next(self) -> Row | None:
        """The next row; None behind the last."""
        if self._at == len(self._chunk):
            if self._is_last:
                return None
            self._chunk = await self._cassandra.execute(READ_RESULTS, (*self._key, *self._place))
            self._at, self._is_last = 0, len(self._chunk) < CHUNK
            if not self._chunk:
                return None
            self._place = (self._chunk[-1]["submission_id"], self._chunk[-1]["repeat"])
        self._at += 1
        return self._chunk[self._at - 1]


async def _merged(shards: Sequence[_Shard]) -> AsyncIterator[Row]:
    first = await asyncio.gather(*(shard.next() for shard in shards))
    heap = [(row["submission_id"], row["repeat"], at, row) for at, row in enumerate(first) if row is not None]
    heapify(heap)
    while heap:
        *_, at, row = heap[0]
        yield row
        following = await shards[at].next()
        if following is None:
            heappop(heap)
        else:
            heapreplace(heap, (following["submission_id"], following["repeat"], at, following))


def _told(row: Row) -> Told:
    position = Position(topic=row["topic"], partition=0, offset=row["fact_offset"])
    return Told(position=position, event=FACTS[row["fact_type"]].validate_json(row["fact"]))


def summed(rows: Sequence[Row]) -> Counts:
    """What the counts of all shards come to."""
    last_us = max((row["last_at_us"] for row in rows if row["last_at_us"] is not None), default=None)
    return Counts(
        done=sum(row["done"] for row in rows),
        last_at=None if last_us is None else moment_of(last_us),
        stored=sum(row["stored"] or 0 for row in rows),
        run=sum(row["run"] or 0 for row in rows),
    )
