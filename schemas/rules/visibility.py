"""Who may see what of a submission, and who may follow what: the one place that knows.

Lists, single submissions, statistics, boards and channels all ask here, so that what a freeze hides is hidden in all
of them alike.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Final, NamedTuple

from schemas.ids import ContestId, TeamId, UserId
from schemas.rules.contest import Contest, hidden_by_freeze
from schemas.rules.icpc_row import View
from schemas.rules.submission import Compiling, Judged, Queued, Running, Shown
from schemas.values import Verdict

JURY_ROLES: Final = frozenset({"jury", "admin"})
"""Setters write problems and see of submissions what everyone sees."""


class Membership(NamedTuple):
    """A viewer belongs to a team in a contest."""

    contest_id: ContestId
    team_id: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks; `user_id` None is someone without a token."""

    user_id: UserId | None
    roles: frozenset[str] = field(default=frozenset())
    memberships: frozenset[Membership] = field(default=frozenset())

    @property
    def is_jury(self) -> bool:
        """Whether nothing is hidden from them."""
        return not JURY_ROLES.isdisjoint(self.roles)


ANONYMOUS: Final = Viewer(user_id=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Whose a submission is and when it was made: what visibility rests on."""

    user_id: UserId
    contest_id: ContestId | None
    team_id: TeamId | None
    submitted_at: datetime


class Sight(IntEnum):
    """How much is seen, from least to most."""

    AS_QUEUED = 0
    """It is there, and looks exactly like one that nobody has begun to judge."""
    OUTCOME = 1
    """Progress, verdict and usage; no source, and nothing that may quote it."""
    FULL = 2
    """All of it, the source too."""


def sight(viewer: Viewer, submission: Author, contest: Contest | None, *, thawed: bool) -> Sight:
    """How much of a submission the viewer sees.

    `contest` and `thawed` are those of the submission's contest. Where it has one that is not known (yet), the
    submission stays hidden: to show too little for a moment harms nobody.
    """
    if viewer.is_jury or _is_own(viewer, submission):
        return Sight.FULL
    if submission.contest_id is None:
        return Sight.OUTCOME
    if contest is None or hidden_by_freeze(contest, submission.submitted_at, thawed=thawed):
        return Sight.AS_QUEUED
    return Sight.OUTCOME


def as_seen(shown: Shown, seen: Sight) -> Shown:
    """What is left of a submission's state for someone who sees that much of it."""
    match seen:
        case Sight.FULL:
            return shown
        case Sight.AS_QUEUED:
            return Queued()
        case Sight.OUTCOME:
            return _outcome(shown)


def visible_verdict(shown: Shown, seen: Sight) -> Verdict | None:
    """The verdict that a viewer may know of, also by filtering a list for it."""
    visible = as_seen(shown, seen)
    return visible.verdict if isinstance(visible, Judged) else None


def may_watch_submission(viewer: Viewer, submission: Author) -> bool:
    """Whether the viewer may follow its channel, which carries all of it: only who sees it in full."""
    return sight(viewer, submission, None, thawed=False) is Sight.FULL


def may_watch_user(viewer: Viewer, user_id: UserId) -> bool:
    """Whether the viewer may follow everything that the user submits."""
    return viewer.is_jury or viewer.user_id == user_id


def may_watch_rejudgings(viewer: Viewer) -> bool:
    """Whether the viewer may look at rejudgings before (and after) they are applied."""
    return viewer.is_jury


def board_view(viewer: Viewer, *, jury_asked: bool) -> View | None:
    """The board that the viewer gets for what they asked for; None is a refusal, never the other board."""
    if not jury_asked:
        return View.PUBLIC
    return View.JURY if viewer.is_jury else None


def _is_own(viewer: Viewer, submission: Author) -> bool:
    if viewer.user_id == submission.user_id:
        return True
    if submission.contest_id is None or submission.team_id is None:
        return False
    return Membership(submission.contest_id, submission.team_id) in viewer.memberships


def _outcome(shown: Shown) -> Shown:
    match shown:
        case Judged():
            # Compilers quote the source; a reason and a provenance speak of our machines.
            return replace(shown, compiler_output=None, reason=None, provenance=None)
        case Queued() | Compiling() | Running():
            return shown
