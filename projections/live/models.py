"""The read models as the live service needs them, and their adapter."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import orjson

from projections.live.channels import (
    BoardChannel,
    Channel,
    RejudgingChannel,
    SubmissionChannel,
    UserChannel,
    model_version,
)
from projections.live.hub import NOTHING_SEEN, Snapshot
from projections.models.boards import read_board
from projections.models.contests import read_contest
from projections.models.rejudging_reads import RejudgingReader
from projections.models.submission import read_submission
from projections.models.submission_body import submission_body
from projections.models.submission_lists import line_body, of_user
from projections.rejudging_body import rejudging_body
from projections.viewers import author_of
from projections.whole_board import whole_board
from schemas.cassandra import Cassandra
from schemas.ids import ContestId, SubmissionId, UserId
from schemas.rules.visibility import Author, Membership

NEWEST: Final = 50
"""How many of a user's submissions a snapshot has; older ones are for the query API."""


class LiveModels(Protocol):
    """What is read; all of it raises `CassandraUnavailable` while the store is away."""

    async def author(self, submission_id: SubmissionId) -> Author | None:
        """Whose submission it is; None where it is not there (yet)."""

    async def membership(self, contest_id: ContestId, user_id: UserId) -> Membership | None:
        """The team that the user is in."""

    async def snapshot(self, channel: Channel) -> Snapshot | None:
        """All that the channel is about, as it is now; None where it is not there (yet)."""


class CassandraModels:
    """Implements `LiveModels`. `clock` says where contests stand."""

    def __init__(self, cassandra: Cassandra, clock: Callable[[], datetime]) -> None:
        self._cassandra = cassandra
        self._clock = clock
        self._rejudgings = RejudgingReader(cassandra)

    async def author(self, submission_id: SubmissionId) -> Author | None:
        """See the port."""
        view = await read_submission(self._cassandra, submission_id)
        return None if view is None else author_of(view.submission.accepted)

    async def membership(self, contest_id: ContestId, user_id: UserId) -> Membership | None:
        """See the port."""
        contest = await read_contest(self._cassandra, contest_id)
        return None if contest is None else contest.membership_of(user_id)

    async def snapshot(self, channel: Channel) -> Snapshot | None:
        """See the port."""
        match channel:
            case SubmissionChannel():
                return await self._submission(channel)
            case UserChannel():
                return await self._user(channel)
            case BoardChannel():
                return await self._board(channel)
            case RejudgingChannel():
                return await self._rejudging(channel)

    async def _submission(self, channel: SubmissionChannel) -> Snapshot | None:
        view = await read_submission(self._cassandra, channel.submission_id)
        if view is None:
            return None
        body = submission_body(view.published(), version=view.version, applied=view.applied)
        return Snapshot(epoch=str(model_version(channel)), version=view.version, data=orjson.dumps(body))

    async def _user(self, channel: UserChannel) -> Snapshot:
        lines = []
        async for line in of_user(self._cassandra, channel.user_id):
            lines.append(line_body(line))
            if len(lines) == NEWEST:
                break
        data = orjson.dumps({"user_id": channel.user_id, "submissions": lines})
        return Snapshot(epoch=str(model_version(channel)), version=NOTHING_SEEN, data=data)

    async def _board(self, channel: BoardChannel) -> Snapshot | None:
        board = await read_board(self._cassandra, channel.contest_id, channel.view)
        if board is None:
            return None
        data = orjson.dumps(whole_board(board, channel.view, self._clock()))
        return Snapshot(epoch=board.epoch, version=board.offset, data=data)

    async def _rejudging(self, channel: RejudgingChannel) -> Snapshot | None:
        view = await self._rejudgings.read(channel.rejudging_id)
        if view is None:
            return None
        data = orjson.dumps(rejudging_body(view, self._clock()))
        return Snapshot(epoch=str(model_version(channel)), version=NOTHING_SEEN, data=data)
