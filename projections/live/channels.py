"""Channels: what can be subscribed to."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from projections.models.boards import VERSION as BOARD_VERSION
from projections.models.rejudgings import VERSION as REJUDGING_VERSION
from projections.models.rejudgings import channel_of
from projections.models.submission import VERSION as SUBMISSION_VERSION
from projections.models.submission_lists import VERSION as LIST_VERSION
from schemas.ids import CLICS_ID, ContestId, RejudgingId, SubmissionId, UserId
from schemas.rules.icpc_row import View

LONGEST_NAME: Final = 160
"""Longer than any prefix and a user id of 128 characters."""

CANONICAL_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UUID_TIME_SHIFT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionChannel:
    """One submission, for those who see all of it."""

    submission_id: SubmissionId

    @property
    def name(self) -> str:
        return f"submission:{self.submission_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChannel:
    """Everything that a user submits."""

    user_id: UserId

    @property
    def name(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardChannel:
    """A contest's board, as the public or as the jury sees it."""

    contest_id: ContestId
    view: View

    @property
    def name(self) -> str:
        return f"board:{self.contest_id}" + (":jury" if self.view is View.JURY else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingChannel:
    """How far a rejudging is and what is decided about it, for the jury."""

    rejudging_id: RejudgingId

    @property
    def name(self) -> str:
        return channel_of(self.rejudging_id)


Channel: TypeAlias = SubmissionChannel | UserChannel | BoardChannel | RejudgingChannel


def parse_channel(name: str) -> Channel | None:
    """The channel of that name; None where there can be none."""
    if len(name) > LONGEST_NAME:
        return None
    kind, _, rest = name.partition(":")
    match kind:
        case "submission" if CANONICAL_UUID.fullmatch(rest):
            return SubmissionChannel(submission_id=SubmissionId(rest))
        case "user" if rest and rest.isprintable():
            return UserChannel(user_id=UserId(rest))
        case "board":
            return _board(*rest.partition(":"))
        case "rejudging" if CANONICAL_UUID.fullmatch(rest):
            return RejudgingChannel(rejudging_id=RejudgingId(rest))
    return None


def model_version(channel: Channel) -> int:
    """The version of the read model behind the channel: part of its epoch."""
    match channel:
        case SubmissionChannel():
            return SUBMISSION_VERSION
        case UserChannel():
            return LIST_VERSION
        case BoardChannel():
            return BOARD_VERSION
        case RejudgingChannel():
            return REJUDGING_VERSION


def made_at_ms(submission_id: SubmissionId) -> int:
    """The moment in the id (RFC 9562, version 7), in Unix milliseconds."""
    return UUID(submission_id).int >> UUID_TIME_SHIFT


def _board(contest_id: str, colon: str, suffix: str) -> BoardChannel | None:
    if not CLICS_ID.fullmatch(contest_id):
        return None
    match colon, suffix:
        case "", "":
            return BoardChannel(contest_id=ContestId(contest_id), view=View.PUBLIC)
        case ":", "jury":
            return BoardChannel(contest_id=ContestId(contest_id), view=View.JURY)
    return None
