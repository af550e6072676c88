"""Claims in Cassandra, by lightweight transactions; tables in `ingest_api/cql`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ingest_api import limits
from ingest_api.accept_submission import Pinned
from ingest_api.claims.port import Claim, ClaimsUnavailable
from schemas.cassandra import Cassandra, CassandraError, Row
from schemas.ids import ProblemRevision, SubmissionId, TeamId, UserId
from schemas.values import Position

CQL: Final = Path(__file__).parent.parent / "cql"
AREA: Final = "ingest_api"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
CLAIM_TTL_S: Final = int(limits.CLAIM_KEPT.total_seconds())
EDIT_TTL_S: Final = int(limits.EDIT_CLAIM_KEPT.total_seconds())

FIND: Final = "SELECT * FROM submission_claims WHERE submission_id = ?"
CLAIM: Final = (
    "INSERT INTO submission_claims (submission_id, user_id, digest, problem_revision, team_id, submitted_at_us) "
    f"VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL {CLAIM_TTL_S}"
)
SETTLE: Final = f"UPDATE submission_claims USING TTL {CLAIM_TTL_S} SET position = ? WHERE submission_id = ?"
EDIT: Final = (
    f"INSERT INTO edit_claims (subject, from_revision, edit) VALUES (?, ?, ?) IF NOT EXISTS USING TTL {EDIT_TTL_S}"
)
APPLIED: Final = "[applied]"


class CassandraClaims:
    """Implements `Claims`."""

    def __init__(self, cassandra: Cassandra) -> None:
        self._cassandra = cassandra

    async def find(self, submission_id: SubmissionId) -> Claim | None:
        """See the port."""
        rows = await self._execute(FIND, (submission_id,))
        return _claim(rows[0]) if rows else None

    async def claim(self, claim: Claim) -> Claim:
        """See the port."""
        pinned = claim.pinned
        submitted_at_us = (pinned.submitted_at - EPOCH) // MICROSECOND
        row = (
            claim.submission_id,
            claim.user_id,
            claim.digest,
            pinned.problem_revision,
            pinned.team_id,
            submitted_at_us,
        )
        (held,) = await self._execute(CLAIM, row, serial=True)
        return claim if held[APPLIED] else _claim(held)

    async def settle(self, submission_id: SubmissionId, position: Position) -> None:
        """See the port."""
        await self._execute(SETTLE, (str(position), submission_id))

    async def first_edit(self, subject: str, from_revision: str, edit: str) -> str:
        """See the port."""
        (held,) = await self._execute(EDIT, (subject, from_revision, edit), serial=True)
        return edit if held[APPLIED] else str(held["edit"])

    async def _execute(self, cql: str, values: tuple[object, ...], *, serial: bool = False) -> list[Row]:
        try:
            return await self._cassandra.execute(cql, values, serial=serial, timeout_s=limits.CLAIM_WITHIN_S)
        except CassandraError as error:
            raise ClaimsUnavailable(str(error)) from error


def _claim(row: Row) -> Claim:
    team_id, position = row["team_id"], row["position"]
    return Claim(
        submission_id=SubmissionId(row["submission_id"]),
        user_id=UserId(row["user_id"]),
        digest=row["digest"],
        pinned=Pinned(
            problem_revision=ProblemRevision(row["problem_revision"]),
            team_id=None if team_id is None else TeamId(team_id),
            submitted_at=EPOCH + row["submitted_at_us"] * MICROSECOND,
        ),
        position=None if position is None else Position.parse(position),
    )
