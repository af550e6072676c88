"""Claims: the one place where two ingest processes agree on who was first.

A submission's claim holds all that makes its event, so that whoever sends the same again can finish what a
claimant that died has begun, and the log gets the same event. Claims are kept for 48 h, edits for seconds: after
that the log alone says what happened.
"""

from dataclasses import dataclass
from typing import Protocol

from ingest_api.accept_submission import Pinned
from schemas.ids import SubmissionId, UserId
from schemas.values import Position


class ClaimsUnavailable(Exception):
    """The store of claims does not answer; whether a claim was made is not known, and making it again is harmless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A submission's id, claimed for a user and a content; `position` once its event is acknowledged."""

    submission_id: SubmissionId
    user_id: UserId
    digest: str
    pinned: Pinned
    position: Position | None = None

    def is_for(self, user_id: UserId, digest: str) -> bool:
        """Whether it is the same submission of the same user."""
        return self.user_id == user_id and self.digest == digest


class Claims(Protocol):
    """All raise `ClaimsUnavailable` within two seconds."""

    async def find(self, submission_id: SubmissionId) -> Claim | None:
        """The claim of that id."""

    async def claim(self, claim: Claim) -> Claim:
        """Claims the id, and answers the claim that holds: this very object, or another one that was first."""

    async def settle(self, submission_id: SubmissionId, position: Position) -> None:
        """Notes where the event stands."""

    async def first_edit(self, subject: str, from_revision: str, edit: str) -> str:
        """Which edit of that revision of the subject came first: this one, or an earlier one."""
