"""Contests and their teams."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from projections.models.contests import Team
from projections.query_api.answers import answered, with_applied
from projections.query_api.freshness import Freshness
from projections.query_api.parameters import (
    DEFAULT_LIMIT,
    After,
    Cursor,
    Limit,
    Who,
    contest_id_of,
    cursor_of,
    invalid_cursor,
    place_in,
)
from projections.query_api.reads import Reads
from projections.viewers import viewer_of
from schemas.http import refusals
from schemas.http.identity import Identity
from schemas.http.refusals import Refusal
from schemas.ids import CLICS_ID, ContestId
from schemas.rules.contest import Contest, state_at

MODEL: Final = "contests"

MOST_CONTESTS: Final = 5_000
"""All that there will be for a long time; a page is cut from them."""

Body = dict[str, Any]


class Contests:
    """The routes of contests. `clock` says where they stand."""

    def __init__(self, reads: Reads, freshness: Freshness, clock: Callable[[], datetime]) -> None:
        self._reads = reads
        self._freshness = freshness
        self._clock = clock

    async def one(self, request: Request, contest_id: str, who: Who, after: After = None) -> Response:
        """A contest with its teams; members are shown to the jury and to themselves."""
        known_id = contest_id_of(contest_id)
        applied = await self._freshness.reached(MODEL, after)
        contest = await self._reads.contest(known_id)
        if contest is None:
            raise _unknown(known_id)
        teams = [_team(team, shows_members=_sees_members(who, team)) for team in contest.teams]
        body = {**self._contest(contest.contest, thawed=contest.thawed), "teams": teams}
        return answered(request, with_applied(body, applied))

    async def many(
        self, request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, after: After = None
    ) -> Response:
        """Contests, the one that starts last first."""
        applied = await self._freshness.reached(MODEL, after)
        lines = await self._reads.contests(MOST_CONTESTS)
        begin = 0 if cursor is None else _after(cursor, [line.contest for line in lines])
        page = lines[begin : begin + limit]
        end = cursor_of(page[-1].contest.contest_id) if begin + limit < len(lines) else None
        contests = [self._contest(line.contest, thawed=line.thawed) for line in page]
        return answered(request, with_applied({"contests": contests, "cursor": end}, applied))

    def _contest(self, contest: Contest, *, thawed: bool) -> Body:
        return {
            "contest_id": contest.contest_id,
            "name": contest.name,
            "starts_at": contest.starts_at.isoformat(),
            "ends_at": contest.ends_at.isoformat(),
            "duration_s": contest.duration_s,
            "freeze_s": contest.freeze_s,
            "penalty_minutes": contest.penalty_minutes,
            "scoring": contest.scoring.value,
            "state": state_at(contest, self._clock(), thawed=thawed).value,
            "thawed": thawed,
            "problems": [
                {"problem_id": problem.problem_id, "label": problem.label, "color": problem.color}
                for problem in contest.problems
            ],
        }


def _sees_members(who: Identity | None, team: Team) -> bool:
    viewer = viewer_of(who)
    return viewer.is_jury or viewer.user_id in team.members


def _team(team: Team, *, shows_members: bool) -> Body:
    shown: Body = {"team_id": team.team_id, "name": team.name}
    return {**shown, "members": team.members} if shows_members else shown


def _after(cursor: str, contests: list[Contest]) -> int:
    """Where the page after that cursor begins."""
    place = place_in(cursor)
    if not CLICS_ID.fullmatch(place):
        raise invalid_cursor()
    ids = [contest.contest_id for contest in contests]
    if place not in ids:
        raise invalid_cursor()
    return ids.index(ContestId(place)) + 1


def _unknown(contest_id: ContestId) -> Refusal:
    return Refusal(refusals.UNKNOWN_CONTEST, f"there is no contest {contest_id!r}")
