"""What statistics are counted from: one lean row per submission and owner, whole in each of three columns.

Counting when it is read, from absolute rows, is what makes repeats, any order between topics, rejudgings and the freeze
harmless: nothing is ever added to or taken from a stored number.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final
from zlib import crc32

import orjson

from projections.models.model import (
    NOTHING,
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
    now_current,
    request_offset,
)
from projections.models.moments import microseconds, moment_of
from schemas.cassandra import Cassandra, Row
from schemas.events import RejudgingApplied, RejudgingReverted, SubmissionReceived, VerdictReached
from schemas.ids import ContestId, LanguageId, ProblemId, SubmissionId, TeamId, UserId
from schemas.manifests import NowCurrent
from schemas.rules.visibility import Author
from schemas.topics import REJUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import Verdict

CHUNK: Final = 5_000
"""Rows read at a time: less than a megabyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A submission as statistics see it; `verdict` None: nothing is current yet."""

    submission_id: SubmissionId
    user_id: UserId
    team_id: TeamId | None
    contest_id: ContestId | None
    problem_id: ProblemId
    language: LanguageId
    submitted_at: datetime
    verdict: Verdict | None
    cpu_time_ms: int

    @property
    def author(self) -> Author:
        """What visibility rests on."""
        return Author(
            user_id=self.user_id, contest_id=self.contest_id, team_id=self.team_id, submitted_at=self.submitted_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticRows:
    """Rows of one kind of owner, spread over so many partitions each; the number is part of the key and stays."""

    table: str
    owner: Callable[[Outcome], str]
    shards: int

    def model(self, version: int) -> Model:
        """They as a read model, called like their table."""
        topics = (SUBMISSIONS, VERDICTS, REJUDGINGS)
        return Model(name=self.table, version=version, topics=topics, begin=partial(Each, self.tell))

    def tell(self, fact: Fact) -> Effects:
        """What a fact writes. Nothing is announced: statistics are looked at, not followed."""
        first = first_wins(fact.position.offset)
        match fact.event:
            case SubmissionReceived() as event:
                return self._written(_outcome(event, None, 0), "submitted", first)
            case VerdictReached() as event if is_original(event.submission_id, event.judging_id):
                return self._written(_outcome(event, event.verdict, event.cpu_time_ms), "judged", first)
            case RejudgingApplied() | RejudgingReverted():
                moved = (_outcome(row, row.verdict, row.cpu_time_ms) for row in now_current(fact))
                written = joined(self._written(outcome, "became_current", request_offset(fact)) for outcome in moved)
                return replace(written, writes=tuple(in_batches(written.writes)))
            case _:
                return NOTHING

    async def read(self, cassandra: Cassandra, owner: str) -> AsyncIterator[list[Row]]:
        """The rows of an owner, some at a time; `outcomes_of` reads them."""
        cql = f"SELECT * FROM {self.table} WHERE owner = ? AND shard = ? AND submission_id > ? LIMIT {CHUNK}"
        for shard in range(self.shards):
            after = ""
            while True:
                rows = await cassandra.execute(cql, (owner, shard, after))
                yield rows
                if len(rows) < CHUNK:
                    break
                after = rows[-1]["submission_id"]

    def _written(self, outcome: Outcome, column: str, timestamp: int) -> Effects:
        owner, shard = self.owner(outcome), crc32(outcome.submission_id.encode()) % self.shards
        cql = insert(self.table, "owner", "shard", "submission_id", column)
        values = (owner, shard, outcome.submission_id, _packed(outcome), timestamp)
        return Effects(writes=(Write((owner, shard), cql, values),))


def outcomes_of(rows: Iterable[Row]) -> list[Outcome]:
    """What these rows tell: what a rejudging made current, else the original verdict, else that it is there."""
    return [_unpacked(row["submission_id"], _current(row)) for row in rows]


def _current(row: Row) -> Sequence[object]:
    columns = (row["became_current"], row["judged"], row["submitted"])
    told: list[Sequence[object]] = [orjson.loads(column) for column in columns if column is not None]
    # Where it was reverted to an original judging without a verdict, one may have come since.
    return next((one for one in told if one[VERDICT] is not None), told[0])


VERDICT: Final = 6
"""Its place in a packed row."""


def _packed(outcome: Outcome) -> str:
    """Half as long as with names, which every row would repeat."""
    return orjson.dumps(
        [
            outcome.user_id,
            outcome.team_id,
            outcome.contest_id,
            outcome.problem_id,
            outcome.language,
            microseconds(outcome.submitted_at),
            None if outcome.verdict is None else outcome.verdict.value,
            outcome.cpu_time_ms,
        ]
    ).decode()


def _unpacked(submission_id: str, told: Sequence[object]) -> Outcome:
    user_id, team_id, contest_id, problem_id, language, submitted_at_us, verdict, cpu_time_ms = told
    assert isinstance(submitted_at_us, int), "we wrote a number"
    assert isinstance(cpu_time_ms, int), "we wrote a number"
    return Outcome(
        submission_id=SubmissionId(submission_id),
        user_id=UserId(str(user_id)),
        team_id=None if team_id is None else TeamId(str(team_id)),
        contest_id=None if contest_id is None else ContestId(str(contest_id)),
        problem_id=ProblemId(str(problem_id)),
        language=LanguageId(str(language)),
        submitted_at=moment_of(submitted_at_us),
        verdict=None if verdict is None else Verdict(str(verdict)),
        cpu_time_ms=cpu_time_ms,
    )


def _outcome(told: SubmissionReceived | VerdictReached | NowCurrent, verdict: Verdict | None, cpu_ms: int) -> Outcome:
    return Outcome(
        submission_id=told.submission_id,
        user_id=told.user_id,
        team_id=told.team_id,
        contest_id=told.contest_id,
        problem_id=told.problem_id,
        language=told.language,
        submitted_at=told.submitted_at,
        verdict=verdict,
        cpu_time_ms=cpu_ms,
    )
