"""The read models as the query API needs them, and their adapter."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from projections.models.boards import BoardView, read_board
from projections.models.contests import ContestLine, ContestView, list_contests, read_contest
from projections.models.executors import read_languages
from projections.models.positions import has_applied
from projections.models.problems import ProblemLine, ProblemView, list_problems, read_problem
from projections.models.submission import SubmissionView, read_submission
from projections.models.submission_lists import Place, SubmissionLine, of_contest, of_problem, of_user
from schemas.cassandra import Cassandra
from schemas.ids import ContestId, ProblemId, SubmissionId, UserId
from schemas.rules.icpc_row import View
from schemas.values import LanguageInfo, Position


class Reads(Protocol):
    """What is read; None is what is not there. All of it raises `CassandraUnavailable` while the store is away."""

    async def submission(self, submission_id: SubmissionId) -> SubmissionView | None:
        """A submission with its judgings."""

    def of_user(self, user_id: UserId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """A user's submissions, newest first."""

    def of_problem(self, problem_id: ProblemId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """A problem's submissions, newest first."""

    def of_contest(self, contest_id: ContestId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """A contest's submissions, newest first."""

    async def problem(self, problem_id: ProblemId) -> ProblemView | None:
        """A problem, also a retired one."""

    async def problems(self, after: ProblemId | None, limit: int) -> list[ProblemLine]:
        """Problems by id, without retired ones."""

    async def contest(self, contest_id: ContestId) -> ContestView | None:
        """A contest with its teams."""

    async def contests(self, limit: int) -> list[ContestLine]:
        """Contests, the one that starts last first."""

    async def board(self, contest_id: ContestId, view: View) -> BoardView | None:
        """A board at one moment."""

    async def languages(self, now: datetime) -> list[LanguageInfo]:
        """What executors offer now."""

    async def has_applied(self, model: str, position: Position, key: str | None) -> bool:
        """Whether a model has that record; `UnknownTopic` where it never will."""


class CassandraReads:
    """Implements `Reads`."""

    def __init__(self, cassandra: Cassandra) -> None:
        self._cassandra = cassandra

    async def submission(self, submission_id: SubmissionId) -> SubmissionView | None:
        """See the port."""
        return await read_submission(self._cassandra, submission_id)

    def of_user(self, user_id: UserId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """See the port."""
        return of_user(self._cassandra, user_id, before)

    def of_problem(self, problem_id: ProblemId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """See the port."""
        return of_problem(self._cassandra, problem_id, before)

    def of_contest(self, contest_id: ContestId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        """See the port."""
        return of_contest(self._cassandra, contest_id, before)

    async def problem(self, problem_id: ProblemId) -> ProblemView | None:
        """See the port."""
        return await read_problem(self._cassandra, problem_id)

    async def problems(self, after: ProblemId | None, limit: int) -> list[ProblemLine]:
        """See the port."""
        return await list_problems(self._cassandra, after, limit)

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

    async def has_applied(self, model: str, position: Position, key: str | None) -> bool:
        """See the port."""
        return await has_applied(self._cassandra, model, position, key=key)
