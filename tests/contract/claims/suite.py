"""What every adapter of the claims promises."""

import asyncio
import secrets
from datetime import UTC, datetime

import pytest

from ingest_api.accept_submission import Pinned
from ingest_api.claims.port import Claim, Claims
from ingest_api.submission_ids import CHANCE_BITS, draw_submission_id
from schemas.ids import ProblemRevision, SubmissionId, TeamId, UserId
from schemas.values import Position

MOMENT = datetime(2026, 11, 21, 12, 0, 0, 123457, UTC)


def new_claim(user: str = "ada", *, submission_id: SubmissionId | None = None, team: str | None = "red") -> Claim:
    return Claim(
        submission_id=submission_id or draw_submission_id(MOMENT, secrets.randbits(CHANCE_BITS)),
        user_id=UserId(user),
        digest="d" * 64,
        pinned=Pinned(
            problem_revision=ProblemRevision("a" * 64),
            team_id=None if team is None else TeamId(team),
            submitted_at=MOMENT,
        ),
    )


class ClaimsContract:
    """Subclasses have a fixture `claims`."""

    async def test_what_was_never_claimed_is_not_found(self, claims: Claims) -> None:
        assert await claims.find(new_claim().submission_id) is None

    @pytest.mark.parametrize("team", ["red", None])
    async def test_a_claim_is_found_as_it_was_made_to_the_microsecond(self, claims: Claims, team: str | None) -> None:
        claim = new_claim(team=team)
        assert await claims.claim(claim) is claim
        assert await claims.find(claim.submission_id) == claim

    async def test_the_first_claim_holds_whoever_comes_later(self, claims: Claims) -> None:
        first = new_claim("ada")
        await claims.claim(first)
        late = new_claim("grace", submission_id=first.submission_id)
        assert await claims.claim(late) == first
        assert await claims.find(first.submission_id) == first

    async def test_of_ten_at_once_one_holds_for_all(self, claims: Claims) -> None:
        submission_id = new_claim().submission_id
        rivals = [new_claim(f"user{number}", submission_id=submission_id) for number in range(10)]
        held = await asyncio.gather(*(claims.claim(rival) for rival in rivals))
        assert len(set(held)) == 1
        winners = [rival for rival, holder in zip(rivals, held, strict=True) if holder is rival]
        assert len(winners) == 1

    async def test_a_settled_claim_keeps_all_and_has_its_position(self, claims: Claims) -> None:
        claim = new_claim()
        await claims.claim(claim)
        position = Position(topic="submissions", partition=3, offset=2**40)
        await claims.settle(claim.submission_id, position)
        found = await claims.find(claim.submission_id)
        assert found is not None
        assert (found.position, found.user_id, found.pinned) == (position, claim.user_id, claim.pinned)
        assert (await claims.claim(claim)).position == position

    async def test_the_first_edit_of_a_revision_holds_and_the_next_revision_is_free(self, claims: Claims) -> None:
        subject = f"problem:{secrets.token_hex(8)}"
        assert await claims.first_edit(subject, "", "one") == "one"
        assert await claims.first_edit(subject, "", "two") == "one"
        assert await claims.first_edit(subject, "", "one") == "one"
        assert await claims.first_edit(subject, "one", "two") == "two"
