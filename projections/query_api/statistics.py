"""Statistics of problems and users: counted when they are asked for, of what the viewer may see."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from projections.models.contests import ContestView
from projections.models.problem_statistics import PROBLEM_STATISTICS_MODEL, problem_statistics
from projections.models.statistic_rows import Outcome, outcomes_of
from projections.models.user_statistics import USER_STATISTICS_MODEL, user_statistics
from projections.query_api.answers import answered, with_applied
from projections.query_api.freshness import Freshness
from projections.query_api.parameters import After, UserPath, Who, problem_id_of
from projections.query_api.reads import Reads
from projections.viewers import viewer_of
from schemas.cassandra import Row
from schemas.http import refusals
from schemas.http.identity import Identity
from schemas.http.refusals import Refusal
from schemas.ids import ContestId, ProblemId, UserId
from schemas.rules.visibility import ANONYMOUS, Sight, Viewer, sight

KEPT_S: Final = 5.0
"""A problem's figures may be as old; who gives `after` gets them counted anew."""

KEPT: Final = 256

Body = dict[str, Any]
Count = Callable[[Iterator[Outcome]], Mapping[str, object]]


class Statistics:
    """The routes of statistics. One owner's rows are counted at a time: a hundred thousand keep a core busy."""

    def __init__(self, reads: Reads, freshness: Freshness) -> None:
        self._reads = reads
        self._freshness = freshness
        self._turns = asyncio.Lock()
        self._kept: OrderedDict[tuple[ProblemId, bool], tuple[float, Body]] = OrderedDict()

    async def of_problem(self, request: Request, problem_id: str, who: Who, after: After = None) -> Response:
        """A problem's figures: the jury's count everything, all others' what a freeze does not hide from the public."""
        known_id = problem_id_of(problem_id)
        applied = await self._freshness.reached(PROBLEM_STATISTICS_MODEL.name, after)
        if await self._reads.problem(known_id) is None:
            raise Refusal(refusals.UNKNOWN_PROBLEM, f"there is no problem {known_id!r}")
        jury = viewer_of(who)
        viewer = jury if jury.is_jury else ANONYMOUS
        body = await self._of_problem(known_id, viewer, is_new=after is not None)
        return answered(request, with_applied(body, applied))

    async def of_user(self, request: Request, user_id: UserPath, who: Who, after: After = None) -> Response:
        """A user's figures, of what the viewer sees of their submissions; a user without any has zeros."""
        applied = await self._freshness.reached(USER_STATISTICS_MODEL.name, after)
        rows = self._reads.user_statistics(UserId(user_id))
        figures = await self._counted(rows, viewer_of(who), who, user_statistics)
        return answered(request, with_applied({"user_id": user_id, **figures}, applied))

    async def _of_problem(self, problem_id: ProblemId, viewer: Viewer, *, is_new: bool) -> Body:
        key = (problem_id, viewer.is_jury)
        until, known = self._kept.get(key, (0.0, {}))
        if not is_new and time.monotonic() < until:
            return known
        rows = self._reads.problem_statistics(problem_id)
        body: Body = {"problem_id": problem_id, **await self._counted(rows, viewer, None, problem_statistics)}
        self._kept[key] = (time.monotonic() + KEPT_S, body)
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return body

    async def _counted(
        self, pages: AsyncIterator[list[Row]], viewer: Viewer, who: Identity | None, count: Count
    ) -> Mapping[str, object]:
        async with self._turns:
            outcomes: list[Outcome] = []
            async for rows in pages:
                outcomes += await asyncio.to_thread(outcomes_of, rows)
            wanted = {it.contest_id for it in outcomes if it.contest_id is not None}
            contests = {contest_id: await self._reads.contest(contest_id) for contest_id in sorted(wanted)}
            viewers = {contest_id: _in_contest(viewer, who, contest) for contest_id, contest in contests.items()}
            return await asyncio.to_thread(lambda: count(_seen(outcomes, contests, viewer, viewers)))


def _in_contest(viewer: Viewer, who: Identity | None, contest: ContestView | None) -> Viewer:
    """The viewer with their team there."""
    own = None if who is None or contest is None else contest.membership_of(who.user_id)
    return viewer if own is None else viewer_of(who, own)


def _seen(
    outcomes: Sequence[Outcome],
    contests: Mapping[ContestId, ContestView | None],
    viewer: Viewer,
    viewers: Mapping[ContestId, Viewer],
) -> Iterator[Outcome]:
    """Each as the one visibility function shows it: what looks queued has no verdict here either."""
    for one in outcomes:
        found = None if one.contest_id is None else contests[one.contest_id]
        looks = viewer if one.contest_id is None else viewers[one.contest_id]
        contest, thawed = (None, False) if found is None else (found.contest, found.thawed)
        is_shown = sight(looks, one.author, contest, thawed=thawed) is not Sight.AS_QUEUED
        yield one if is_shown else replace(one, verdict=None, cpu_time_ms=0)
