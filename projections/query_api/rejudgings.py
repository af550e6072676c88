"""Rejudgings: how far each is, and what it would change. All of it is the jury's, and for others not there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query, Request
from starlette.responses import Response

from projections.live.wakes import Wakes
from projections.models.contests import ContestView
from projections.models.rejudging_reads import RejudgingView
from projections.models.rejudgings import channel_of
from projections.query_api.answers import answered, with_applied
from projections.query_api.freshness import Freshness
from projections.query_api.parameters import (
    CANONICAL_UUID,
    DEFAULT_LIMIT,
    After,
    Cursor,
    Limit,
    WaitS,
    Who,
    contest_id_of,
    cursor_of,
    invalid_cursor,
    place_in,
)
from projections.query_api.reads import Reads
from projections.rejudging_body import RejudgingBody, rejudging_body
from projections.viewers import viewer_of
from schemas.events import VerdictReached
from schemas.http import refusals
from schemas.http.identity import Identity
from schemas.http.refusals import Refusal
from schemas.ids import ContestId, RejudgingId, SubmissionId
from schemas.rules.board_diff import Entry, board_diff
from schemas.rules.rejudging import RejudgingState
from schemas.rules.rejudging_effect import Rejudged, is_flaky, matrix
from schemas.rules.submission import NEVER_APPLIED
from schemas.rules.visibility import may_watch_rejudgings
from schemas.values import JudgingOverride, Verdict

MODEL: Final = "rejudgings"

UNSETTLED: Final = frozenset(
    state.value for state in (RejudgingState.REQUESTED, RejudgingState.JUDGING, RejudgingState.PAUSED)
)
"""In these one waits for something."""

Body = dict[str, Any]


class RejudgingRoutes:
    """The routes of rejudgings."""

    def __init__(self, reads: Reads, freshness: Freshness, wakes: Wakes, clock: Callable[[], datetime]) -> None:
        self._reads = reads
        self._freshness = freshness
        self._wakes = wakes
        self._clock = clock

    async def one(
        self, request: Request, rejudging_id: str, who: Who, wait_s: WaitS = None, after: After = None
    ) -> Response:
        """A rejudging: state, progress, history. With `wait` once all is judged or decided, or the time is over."""
        known_id = _id_for_the_jury(rejudging_id, who)
        loop = asyncio.get_running_loop()
        ends = loop.time() + (wait_s or 0)
        applied = await self._freshness.reached(MODEL, after, within_s=wait_s)
        body = await self._when_settled(known_id, ends)
        return answered(request, with_applied({**body}, applied))

    async def many(
        self, request: Request, who: Who, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, after: After = None
    ) -> Response:
        """Rejudgings, the newest first."""
        _check_is_jury(who)
        before = None if cursor is None else RejudgingId(_place(cursor))
        applied = await self._freshness.reached(MODEL, after)
        views = await self._reads.rejudgings(before, limit)
        end = cursor_of(views[-1].rejudging_id) if len(views) == limit else None
        bodies = [rejudging_body(view, self._clock()) for view in views]
        return answered(request, with_applied({"rejudgings": bodies, "cursor": end}, applied))

    async def matrix(self, request: Request, rejudging_id: str, who: Who, after: After = None) -> Response:
        """How many submissions go from which verdict to which, of those that are judged."""
        known_id = _id_for_the_jury(rejudging_id, who)
        applied = await self._freshness.reached(MODEL, after)
        view = await self._view(known_id)
        rejudged = [one async for one in self._reads.rejudged(known_id, None)]
        flaky = sum(is_flaky(one, view.override) for one in rejudged)
        rows = [asdict(moves) for moves in matrix(rejudged)]
        body: Body = {"rejudging_id": known_id, "state": view.state.value, "selected": view.selected, "rows": rows}
        return answered(request, with_applied({**body, "flaky": flaky}, applied))

    async def changes(
        self,
        request: Request,
        rejudging_id: str,
        who: Who,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        after: After = None,
    ) -> Response:
        """The submissions whose verdict is another one, or not the same in all repeats, in the order of their ids."""
        known_id = _id_for_the_jury(rejudging_id, who)
        since = None if cursor is None else SubmissionId(_place(cursor))
        applied = await self._freshness.reached(MODEL, after)
        view = await self._view(known_id)
        page = await _first(self._reads.rejudged(known_id, since), limit)
        end = cursor_of(page[-1].submission_id) if len(page) == limit else None
        changes = await asyncio.gather(*(self._change(one, view.override) for one in page))
        return answered(request, with_applied({"rejudging_id": known_id, "changes": changes, "cursor": end}, applied))

    async def diff(
        self,
        request: Request,
        rejudging_id: str,
        who: Who,
        contest_id: Annotated[str, Query(description="Whose board")],
        after: After = None,
    ) -> Response:
        """The teams that would stand otherwise on the jury's board if all verdicts of the rejudging counted."""
        known_id, of_contest = _id_for_the_jury(rejudging_id, who), contest_id_of(contest_id)
        applied = await self._freshness.reached(MODEL, after)
        view = await self._view(known_id)
        contest = await self._reads.contest(of_contest)
        if contest is None:
            raise Refusal(refusals.UNKNOWN_CONTEST, f"there is no contest {of_contest!r}")
        instead = await self._instead(known_id, of_contest)
        body = await self._diff(view, contest, instead)
        return answered(request, with_applied(body, applied))

    async def _when_settled(self, rejudging_id: RejudgingId, ends: float) -> RejudgingBody:
        loop = asyncio.get_running_loop()
        with self._wakes.watching(channel_of(rejudging_id)) as told:
            while True:
                told.clear()
                view = await self._reads.rejudging(rejudging_id)
                body = None if view is None else rejudging_body(view, self._clock())
                is_settled = body is not None and body["state"] not in UNSETTLED
                if is_settled or self._wakes.is_over or loop.time() >= ends:
                    if body is None:
                        raise _unknown(rejudging_id)
                    return body
                try:
                    async with asyncio.timeout_at(ends):
                        await told.wait()
                except TimeoutError:
                    continue  # one last look

    async def _view(self, rejudging_id: RejudgingId) -> RejudgingView:
        view = await self._reads.rejudging(rejudging_id)
        if view is None:
            raise _unknown(rejudging_id)
        return view

    async def _change(self, rejudged: Rejudged, override: JudgingOverride) -> Body:
        """Old times and memory are those of the verdict that was current when the rejudging was opened."""
        selected = rejudged.selected
        old = None
        if selected is not None and selected.verdict is not None:
            old = await self._reads.verdict(rejudged.submission_id, selected.judging_id)
        return {**_change(rejudged, old), "flaky": is_flaky(rejudged, override)}

    async def _instead(self, rejudging_id: RejudgingId, contest_id: ContestId) -> dict[SubmissionId, Verdict]:
        """What an application would make current in that contest."""
        return {
            one.submission_id: one.new.verdict
            async for one in self._reads.rejudged(rejudging_id, None)
            if one.new is not None and one.new.contest_id == contest_id and one.new.verdict not in NEVER_APPLIED
        }

    async def _diff(self, view: RejudgingView, contest: ContestView, instead: dict[SubmissionId, Verdict]) -> Body:
        of_contest = contest.contest.contest_id
        entries = [
            Entry(
                line.team_id,
                line.problem_id,
                line.submitted_at,
                line.submission_id,
                None if line.outcome is None else line.outcome.verdict,
            )
            async for line in self._reads.of_contest(of_contest, None)
            if line.team_id is not None
        ]
        names = {team.team_id: team.name for team in contest.teams}
        moved = await asyncio.to_thread(board_diff, contest.contest, names, entries, instead)
        places = [one.rank_before - one.rank_after for one in moved]
        return {
            "rejudging_id": view.rejudging_id,
            "contest_id": of_contest,
            "state": view.state.value,
            "rises": sum(place > 0 for place in places),
            "falls": sum(place < 0 for place in places),
            "rows": [asdict(one) for one in moved],
        }


async def _first(rejudged: AsyncIterator[Rejudged], limit: int) -> list[Rejudged]:
    found: list[Rejudged] = []
    async for one in rejudged:
        if one.is_changed:
            found.append(one)
        if len(found) == limit:
            break
    return found


def _change(rejudged: Rejudged, old: VerdictReached | None) -> Body:
    new = rejudged.new or rejudged.outcomes[0]
    return {
        "submission_id": rejudged.submission_id,
        "user_id": new.user_id,
        "team_id": new.team_id,
        "contest_id": new.contest_id,
        "problem_id": new.problem_id,
        "language": new.language,
        "submitted_at": new.submitted_at.isoformat(),
        "old": rejudged.old,
        "new": None if rejudged.new is None else new.verdict.value,
        "old_cpu_time_ms": None if old is None else old.cpu_time_ms,
        "new_cpu_time_ms": new.cpu_time_ms,
        "old_memory_bytes": None if old is None else old.memory_bytes,
        "new_memory_bytes": new.memory_bytes,
        "cases_stored": sum(one.cases_stored for one in rejudged.outcomes),
        "cases_run": sum(one.cases_run for one in rejudged.outcomes),
        "repeats": [one.verdict.value for one in rejudged.outcomes],
    }


def _id_for_the_jury(text: str, who: Identity | None) -> RejudgingId:
    """The id in a path, for the jury; to everybody else no rejudging is there."""
    if not (CANONICAL_UUID.fullmatch(text) and may_watch_rejudgings(viewer_of(who))):
        raise _unknown(text[:80])
    return RejudgingId(text)


def _check_is_jury(who: Identity | None) -> None:
    if not may_watch_rejudgings(viewer_of(who)):
        raise Refusal(refusals.UNKNOWN_REJUDGING, "rejudgings are for the jury")


def _place(cursor: str) -> str:
    place = place_in(cursor)
    if not CANONICAL_UUID.fullmatch(place):
        raise invalid_cursor()
    return place


def _unknown(rejudging_id: str) -> Refusal:
    return Refusal(refusals.UNKNOWN_REJUDGING, f"there is no rejudging {rejudging_id}")
