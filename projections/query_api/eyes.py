"""What one viewer sees of submissions: brings the one visibility function the facts that it asks for."""

from projections.models.contests import ContestView
from projections.query_api.reads import Reads
from projections.viewers import viewer_of
from schemas.http.identity import Identity
from schemas.ids import ContestId
from schemas.rules.visibility import Author, Sight, Viewer, sight


class Eyes:
    """For one request; reads each contest once, and only where it matters."""

    def __init__(self, reads: Reads, identity: Identity | None) -> None:
        self._reads = reads
        self._identity = identity
        self._contests: dict[ContestId, ContestView | None] = {}

    @property
    def viewer(self) -> Viewer:
        """Who looks, without their teams."""
        return viewer_of(self._identity)

    async def sight(self, author: Author) -> Sight:
        """How much the viewer sees of a submission."""
        without_contest = sight(self.viewer, author, None, thawed=False)
        if author.contest_id is None or without_contest is Sight.FULL:
            return without_contest
        contest = await self._contest(author.contest_id)
        if contest is None:
            return without_contest
        return sight(self._with_team(contest), author, contest.contest, thawed=contest.thawed)

    def _with_team(self, contest: ContestView) -> Viewer:
        own = None if self._identity is None else contest.membership_of(self._identity.user_id)
        return self.viewer if own is None else viewer_of(self._identity, own)

    async def _contest(self, contest_id: ContestId) -> ContestView | None:
        if contest_id not in self._contests:
            self._contests[contest_id] = await self._reads.contest(contest_id)
        return self._contests[contest_id]
