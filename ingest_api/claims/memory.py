"""Claims in memory: for tests, and for one process alone. Nothing is forgotten."""

from dataclasses import replace

from ingest_api.claims.port import Claim
from schemas.ids import SubmissionId
from schemas.values import Position


class MemoryClaims:
    """`Claims` for as long as the process lives."""

    def __init__(self) -> None:
        self._claims: dict[SubmissionId, Claim] = {}
        self._edits: dict[tuple[str, str], str] = {}

    async def find(self, submission_id: SubmissionId) -> Claim | None:
        """As the port says."""
        return self._claims.get(submission_id)

    async def claim(self, claim: Claim) -> Claim:
        """As the port says."""
        return self._claims.setdefault(claim.submission_id, claim)

    async def settle(self, submission_id: SubmissionId, position: Position) -> None:
        """As the port says."""
        self._claims[submission_id] = replace(self._claims[submission_id], position=position)

    async def first_edit(self, subject: str, from_revision: str, edit: str) -> str:
        """As the port says."""
        return self._edits.setdefault((subject, from_revision), edit)
