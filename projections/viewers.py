"""From identities and submissions to what the visibility function asks for."""

from schemas.http.identity import Identity
from schemas.rules.submission import Accepted
from schemas.rules.visibility import ANONYMOUS, Author, Membership, Viewer


def viewer_of(identity: Identity | None, *memberships: Membership) -> Viewer:
    """Who looks, with those of their teams that matter."""
    if identity is None:
        return ANONYMOUS
    roles = frozenset(str(role) for role in identity.roles)
    return Viewer(user_id=identity.user_id, roles=roles, memberships=frozenset(memberships))


def author_of(accepted: Accepted) -> Author:
    """Whose the submission is."""
    return Author(
        user_id=accepted.user_id,
        contest_id=accepted.contest_id,
        team_id=accepted.team_id,
        submitted_at=accepted.submitted_at,
    )
