"""Three lists of submissions, newest first: a user's, a problem's and a contest's.

They are alike but for whose they are and how an owner's lines are spread over partitions. A line is written once as
accepted, once as judged and once as a rejudging made it, each whole, so whichever is here tells all that it knows.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from heapq import merge
from typing import Final, NamedTuple, Self, TypedDict
from zlib import crc32

from pydantic import TypeAdapter

from projections.models.model import (
    NOTHING,
    Announcement,
    Each,
    Effects,
    Fact,
    Model,
    Write,
    first_wins,
    in_batches,
    insert,
    is_original,
    joined,
    judged_version,
    now_current,
    received_version,
    rejudged_version,
    request_offset,
    to_json,
    to_text,
)
from projections.models.moments import LAST_MICROSECOND, microseconds, moment_of
from schemas.cassandra import Cassandra, Row
from schemas.events import RejudgingApplied, RejudgingReverted, SubmissionReceived, VerdictReached
from schemas.ids import ContestId, LanguageId, ProblemId, SubmissionId, TeamId, UserId
from schemas.manifests import NowCurrent
from schemas.rules.submission import Judged, Queued
from schemas.rules.visibility import Author, Sight
from schemas.topics import REJUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import Verdict

VERSION: Final = 1

CHUNK: Final = 100
"""Lines read at a time; a page of the query API is about as long."""

CONTEST_SHARDS: Final = 4
"""A contest of 10,000 submissions has 2,500 lines in each; fixed, since it is part of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the judging that is current came to."""

    verdict: Verdict
    score: float
    cpu_time_ms: int
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionLine:
    """A submission as lists have it; `outcome` None until it is judged."""

    submission_id: SubmissionId
    user_id: UserId
    team_id: TeamId | None
    problem_id: ProblemId
    contest_id: ContestId | None
    language: LanguageId
    submitted_at: datetime
    outcome: Outcome | None
    version: int

    @property
    def author(self) -> Author:
        """What visibility rests on."""
        return Author(
            user_id=self.user_id, contest_id=self.contest_id, team_id=self.team_id, submitted_at=self.submitted_at
        )


class LineBody(TypedDict):
    """A line as HTTP and live channels tell it."""

    submission_id: str
    user_id: str
    team_id: str | None
    problem_id: str
    contest_id: str | None
    language: str
    submitted_at: str
    state: str
    verdict: str | None
    score: float | None
    cpu_time_ms: int | None
    memory_bytes: int | None
    version: int


class Place(NamedTuple):
    """A place in a list, whose order is that of places, falling; `str()` gives what `parse` reads."""

    submitted_at_us: int
    submission_id: str

    @classmethod
    def of(cls, line: SubmissionLine) -> Self:
        """Where the line stands."""
        return cls(microseconds(line.submitted_at), line.submission_id)

    def __str__(self) -> str:
        return f"{self.submitted_at_us}.{self.submission_id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str` wrote; a ValueError says what is wrong."""
        moment, dot, submission_id = text.partition(".")
        if not (
            dot
            and submission_id
            and moment.isascii()
            and moment.isdigit()
            and len(moment) < 19
            and int(moment) <= LAST_MICROSECOND
        ):
            raise ValueError(f"a place is MICROSECONDS.ID, not {text[:80]!r}")
        return cls(int(moment), submission_id)


NEWEST: Final = Place(2**62, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionList:
    """Whose list it is, and into which of the owner's partitions a line goes."""

    table: str
    owner: Callable[[SubmissionLine], str | None]
    bucket: Callable[[SubmissionLine], str]
    buckets_grow: bool
    announced_to: Callable[[SubmissionLine], str] | None = None

    def tell(self, fact: Fact) -> Effects:
        """What a fact writes into the list, and what its channel is told."""
        offset = fact.position.offset
        match fact.event:
            case SubmissionReceived():
                line = _line(fact.event, None, received_version(offset))
                return self._effects(fact, line, "received", first_wins(offset))
            case VerdictReached() if is_original(fact.event.submission_id, fact.event.judging_id):
                line = _line(fact.event, _outcome(fact.event), judged_version(offset))
                return self._effects(fact, line, "judged", first_wins(offset))
            case RejudgingApplied() | RejudgingReverted():
                request = request_offset(fact)
                lines = (_line(row, _current_outcome(row), rejudged_version(request)) for row in now_current(fact))
                moved = joined(self._effects(fact, line, "rejudged", request) for line in lines)
                return replace(moved, writes=tuple(in_batches(moved.writes)))
            case _:
                return NOTHING

    def _effects(self, fact: Fact, line: SubmissionLine, column: str, timestamp: int) -> Effects:
        owner = self.owner(line)
        if owner is None:
            return NOTHING
        bucket, place = self.bucket(line), Place.of(line)
        cql = insert(self.table, "owner", "bucket", "submitted_at_us", "submission_id", column)
        writes = [Write((owner, bucket), cql, (owner, bucket, *place, to_text(line), timestamp))]
        if self.buckets_grow:
            known = insert(f"{self.table}_buckets", "owner", "bucket")
            writes.append(Write((owner,), known, (owner, bucket, timestamp)))
        return Effects(writes=tuple(writes), announcements=self._announcements(fact, line))

    def _announcements(self, fact: Fact, line: SubmissionLine) -> tuple[Announcement, ...]:
        if self.announced_to is None:
            return ()
        data = to_json(line_body(line))
        channel = self.announced_to(line)
        return (Announcement(channel=channel, type="submission", version=line.version, data=data, cause=fact),)

    def model(self) -> Model:
        """It as a read model, called like its table."""
        return Model(
            name=self.table,
            version=VERSION,
            topics=(SUBMISSIONS, VERDICTS, REJUDGINGS),
            begin=partial(Each, self.tell),
            tables=(self.table, f"{self.table}_buckets") if self.buckets_grow else (self.table,),
        )


def _month(line: SubmissionLine) -> str:
    return line.submitted_at.astimezone(UTC).strftime("%Y%m")


def _day(line: SubmissionLine) -> str:
    return line.submitted_at.astimezone(UTC).strftime("%Y%m%d")


def _shard(line: SubmissionLine) -> str:
    return str(crc32(line.submission_id.encode()) % CONTEST_SHARDS)


OF_USER: Final = SubmissionList(
    table="user_submissions",
    owner=lambda line: line.user_id,
    bucket=_month,
    buckets_grow=True,
    announced_to=lambda line: f"user:{line.user_id}",
)
OF_PROBLEM: Final = SubmissionList(
    table="problem_submissions", owner=lambda line: line.problem_id, bucket=_day, buckets_grow=True
)
OF_CONTEST: Final = SubmissionList(
    table="contest_submissions", owner=lambda line: line.contest_id, bucket=_shard, buckets_grow=False
)

USER_SUBMISSIONS_MODEL: Final = OF_USER.model()
PROBLEM_SUBMISSIONS_MODEL: Final = OF_PROBLEM.model()
CONTEST_SUBMISSIONS_MODEL: Final = OF_CONTEST.model()


def line_body(line: SubmissionLine, sight: Sight = Sight.FULL) -> LineBody:
    """The line for someone who sees that much of it; `AS_QUEUED` leaves no trace of a verdict."""
    outcome = None if sight is Sight.AS_QUEUED else line.outcome
    return {
        "submission_id": line.submission_id,
        "user_id": line.user_id,
        "team_id": line.team_id,
        "problem_id": line.problem_id,
        "contest_id": line.contest_id,
        "language": line.language,
        "submitted_at": line.submitted_at.isoformat(),
        "state": Queued.state if outcome is None else Judged.state,
        "verdict": outcome.verdict.value if outcome else None,
        "score": outcome.score if outcome else None,
        "cpu_time_ms": outcome.cpu_time_ms if outcome else None,
        "memory_bytes": outcome.memory_bytes if outcome else None,
        "version": 0 if sight is Sight.AS_QUEUED else line.version,
    }


def of_user(cassandra: Cassandra, user_id: UserId, before: Place | None = None) -> AsyncIterator[SubmissionLine]:
    """The user's submissions before that place, newest first, for as long as one asks for more."""
    return _by_time(cassandra, OF_USER.table, user_id, before or NEWEST)


def of_problem(
    cassandra: Cassandra, problem_id: ProblemId, before: Place | None = None
) -> AsyncIterator[SubmissionLine]:
    """The same of a problem."""
    return _by_time(cassandra, OF_PROBLEM.table, problem_id, before or NEWEST)


async def of_contest(
    cassandra: Cassandra, contest_id: ContestId, before: Place | None = None
) -> AsyncIterator[SubmissionLine]:
    """The same of a contest."""
    before = before or NEWEST
    shards = [str(shard) for shard in range(CONTEST_SHARDS)]
    while True:
        chunks = await asyncio.gather(
            *(_chunk(cassandra, OF_CONTEST.table, contest_id, shard, before) for shard in shards)
        )
        # Below the last line of a full chunk that shard may have more, so only what is newer is in order.
        floor = max((Place.of(chunk[-1]) for chunk in chunks if len(chunk) == CHUNK), default=None)
        for line in merge(*chunks, key=Place.of, reverse=True):
            if floor is not None and Place.of(line) < floor:
                break
            yield line
        if floor is None:
            return
        before = floor


async def _by_time(cassandra: Cassandra, table: str, owner: str, before: Place) -> AsyncIterator[SubmissionLine]:
    """Goes through the owner's buckets from the newest; a bucket is a span of time, and its name tells which."""
    rows = await cassandra.execute(f"SELECT bucket FROM {table}_buckets WHERE owner = ?", (owner,))
    latest = _latest_bucket(before)
    for bucket in (row["bucket"] for row in rows):
        if bucket[: len(latest)] > latest[: len(bucket)]:
            continue
        chunk = await _chunk(cassandra, table, owner, bucket, before)
        while chunk:
            for line in chunk:
                yield line
            before = Place.of(chunk[-1])
            chunk = await _chunk(cassandra, table, owner, bucket, before) if len(chunk) == CHUNK else []


def _latest_bucket(before: Place) -> str:
    if before == NEWEST:
        return "9"
    return moment_of(before.submitted_at_us).strftime("%Y%m%d")


async def _chunk(cassandra: Cassandra, table: str, owner: str, bucket: str, before: Place) -> list[SubmissionLine]:
    cql = (
        f"SELECT received, judged, rejudged FROM {table} WHERE owner = ? AND bucket = ? "
        f"AND (submitted_at_us, submission_id) < (?, ?) LIMIT {CHUNK}"
    )
    return [line_of(row) for row in await cassandra.execute(cql, (owner, bucket, *before))]


LINE: Final = TypeAdapter(SubmissionLine)


def line_of(row: Row) -> SubmissionLine:
    """The line that a row tells: what a rejudging made of it, unless that is a judging that had no verdict yet."""
    known = row["judged"] if row["judged"] is not None else row["received"]
    if row["rejudged"] is None:
        return LINE.validate_json(known)
    rejudged = LINE.validate_json(row["rejudged"])
    if rejudged.outcome is not None or known is None:
        return rejudged
    return replace(LINE.validate_json(known), version=rejudged.version)


def _line(
    event: SubmissionReceived | VerdictReached | NowCurrent, outcome: Outcome | None, version: int
) -> SubmissionLine:
    return SubmissionLine(
        submission_id=event.submission_id,
        user_id=event.user_id,
        team_id=event.team_id,
        problem_id=event.problem_id,
        contest_id=event.contest_id,
        language=event.language,
        submitted_at=event.submitted_at,
        outcome=outcome,
        version=version,
    )


def _current_outcome(row: NowCurrent) -> Outcome | None:
    if row.verdict is None:
        return None
    return Outcome(verdict=row.verdict, score=row.score, cpu_time_ms=row.cpu_time_ms, memory_bytes=row.memory_bytes)


def _outcome(event: VerdictReached) -> Outcome:
    return Outcome(
        verdict=event.verdict, score=event.score, cpu_time_ms=event.cpu_time_ms, memory_bytes=event.memory_bytes
    )
