"""The read models as the query API needs them, and their adapter."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from projections.models.boards import BoardView, read_board
from projections.models.contests import ContestLine, ContestView, list_contests, read_contest
from projections.models.executors import read_executors, read_languages
from projections.models.lag import read_positions
from projections.models.positions import has_applied
from projections.models.problem_statistics import read_problem_statistics
from projections.models.problems import ProblemLine, ProblemView, list_problems, read_problem
from projections.models.rejudging_reads import RejudgingReader, RejudgingView, rejudged_of
from projections.models.submission import SubmissionView, read_submission, read_verdict
from projections.models.submission_lists import Place, SubmissionLine, of_contest, of_problem, of_user
from projections.models.submission_past import NO_ENDS, Ends
from projections.models.user_statistics import read_user_statistics
from schemas.cassandra import Cassandra, Row
from schemas.eventlog.port import Partition
from schemas.events import ExecutorReported, VerdictReached
from schemas.ids import ContestId, JudgingId, ProblemId, RejudgingId, SubmissionId, UserId
from schemas.rules.icpc_row import View
from schemas.rules.rejudging_effect import Rejudged
from schemas.values import LanguageInfo, Position


class Reads(Protocol):
    """What is read; None is what is not there. All of it raises `CassandraUnavailable` while the store is away."""

    async def submission(self, submission_id: SubmissionId, ends: Ends = NO_ENDS) -> SubmissionView | None:
        """A submission with its judgings; of topics in `ends` without what they say from that offset on."""

    def of_user(self, user_id: UserId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """A user's submissions, newest first."""

    def of_problem(self, problem_id: ProblemId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """A problem's submissions, newest first."""

    def of_contest(self, contest_id: ContestId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """A contest's submissions, newest first."""

    async def verdict(self, submission_id: SubmissionId, judging_id: JudgingId) -> VerdictReached | None:
        """The verdict of one judging."""

    async def rejudging(self, rejudging_id: RejudgingId) -> RejudgingView | None:
        """A rejudging with its progress."""

    async def rejudgings(self, before: RejudgingId | None, limit: int) -> list[RejudgingView]:
        """Rejudgings, the newest first."""

    def rejudged(self, rejudging_id: RejudgingId, after: SubmissionId | None) -> AsyncIterator[Rejudged]:
        """What came of a rejudging's submissions, by id."""

    async def problem(self, problem_id: ProblemId) -> ProblemView | None:
        """A problem, also a retired one."""

    async def problems(self, after: ProblemId | None, limit: int) -> list[ProblemLine]:
        """Problems by id, without retired ones."""

    def problem_statistics(self, problem_id: ProblemId) -> AsyncIterator[list[Row]]:
        """The rows that a problem's statistics are counted from, some at a time."""

    def user_statistics(self, user_id: UserId) -> AsyncIterator[list[Row]]:
        """The rows that a user's statistics are counted from, some at a time."""

    async def contest(self, contest_id: ContestId) -> ContestView | None:
        """A contest with its teams."""

    async def contests(self, limit: int) -> list[ContestLine]:
        """Contests, the one that starts last first."""

    async def board(self, contest_id: ContestId, view: View) -> BoardView | None:
        """A board at one moment."""

    async def languages(self, now: datetime) -> list[LanguageInfo]:
        """What executors offer now."""

    async def executors(self, now: datetime) -> list[ExecutorReported]:
        """The last report of every executor that is there, by id."""

    async def positions(self) -> dict[str, dict[Partition, int]]:
        """By model: the first offset of each partition that is not in it."""

    async def has_applied(self, model: str, position: Position, key: str | None) -> bool:
        """Whether a model has that record; `UnknownTopic` where it never will."""


class CassandraReads:
    """Implements `Reads`."""

    def __init__(self, cassandra: Cassandra) -> None:
        self._cassandra = cassandra
        self._rejudgings = RejudgingReader(cassandra)

    async def submission(self, submission_id: SubmissionId, ends: Ends = NO_ENDS) -> SubmissionView | None:
        """See the port."""
        return await read_submission(self._cassandra, submission_id, ends)

    def of_user(self, user_id: UserId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """See the port."""
        return of_user(self._cassandra, user_id, before)

    def of_problem(self, problem_id: ProblemId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """See the port."""
        return of_problem(self._cassandra, problem_id, before)

    def of_contest(self, contest_id: ContestId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """See the port."""
        return of_contest(self._cassandra, contest_id, before)

    async def verdict(self, submission_id: SubmissionId, judging_id: JudgingId) -> VerdictReached | None:
        """See the port."""
        return await read_verdict(self._cassandra, submission_id, judging_id)

    async def rejudging(self, rejudging_id: RejudgingId) -> RejudgingView | None:
        """See the port."""
        return await self._rejudgings.read(rejudging_id)

    async def rejudgings(self, before: RejudgingId | None, limit: int) -> list[RejudgingView]:
        """See the port."""
        return await self._rejudgings.page(before, limit)

    def rejudged(self, rejudging_id: RejudgingId, after: SubmissionId | None) -> AsyncIterator[Rejudged]:
        """See the port."""
        return rejudged_of(self._cassandra, rejudging_id, after)

    async def problem(self, problem_id: ProblemId) -> ProblemView | None:
        """See the port."""
        return await read_problem(self._cassandra, problem_id)

    async def problems(self, after: ProblemId | None, limit: int) -> list[ProblemLine]:
        """See the port."""
        return await list_problems(self._cassandra, after, limit)

    def problem_statistics(self, problem_id: ProblemId) -> AsyncIterator[list[Row]]:
        """See the port."""
        return read_problem_statistics(self._cassandra, problem_id)

    def user_statistics(self, user_id: UserId) -> AsyncIterator[list[Row]]:
        """See the port."""
        return read_user_statistics(self._cassandra, user_id)

    async def contest(self, contest_id: ContestId) -> ContestView | None:
        """See the port."""
        return await read_contest(self._cassandra, contest_id)

    async def contests(self, limit: int) -> list[ContestLine]:
        """See the port."""
        return await list_contests(self._cassandra, limit)

    async def board(self, contest_id: ContestId, view: View) -> BoardView | None:
        """See the port."""
        return await read_board(self._cassandra, contest_id, view)

    async def languages(self, now: datetime) -> list[LanguageInfo]:
        """See the port."""
        return await read_languages(self._cassandra, now)

    async def executors(self, now: datetime) -> list[ExecutorReported]:
        """See the port."""
        return await read_executors(self._cassandra, now)

    async def positions(self) -> dict[str, dict[Partition, int]]:
        """See the port."""
        return await read_positions(self._cassandra)

    async def has_applied(self, model: str, position: Position, key: str | None) -> bool:
        """See the port."""
        return await has_applied(self._cassandra, model, position, key=key)
