"""One submission, and lists of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query, Request
from starlette.responses import Response

from projections.live.patience import is_fresh
from projections.live.wakes import Wakes
from projections.models.submission_lists import LineBody, Place, SubmissionLine, line_body
from projections.query_api.answers import answered, with_applied
from projections.query_api.eyes import Eyes
from projections.query_api.freshness import Freshness
from projections.query_api.parameters import (
    DEFAULT_LIMIT,
    After,
    At,
    Cursor,
    Filter,
    Limit,
    WaitS,
    Who,
    cursor_of,
    invalid_cursor,
    moment_of,
    place_in,
    submission_id_of,
)
from projections.query_api.past_submissions import PastSubmissions
from projections.query_api.reads import Reads
from projections.query_api.seen_submission import seen_submission
from projections.viewers import author_of
from schemas.http import refusals
from schemas.http.identity import Identity
from schemas.http.refusals import Refusal
from schemas.ids import ContestId, ProblemId, SubmissionId, UserId
from schemas.rules.submission import Judged, Queued
from schemas.values import Verdict

MOST_LOOKED_AT: Final = 1_000
"""Lines that one page looks at, so that a filter that nothing passes ends; the cursor goes on from there."""

Body = dict[str, Any]


class Submissions:
    """The routes of submissions."""

    def __init__(
        self,
        reads: Reads,
        freshness: Freshness,
        past: PastSubmissions,
        wakes: Wakes,
        clock: Callable[[], datetime],
    ) -> None:
        self._reads = reads
        self._past = past
        self._freshness = freshness
        self._wakes = wakes
        self._clock = clock

    async def one(
        self,
        request: Request,
        submission_id: str,
        who: Who,
        wait_s: WaitS = None,
        at: At = None,
        after: After = None,
    ) -> Response:
        """A submission as its viewer may see it; with `wait` once it is judged or the time is over.

        With `at` as it was at that moment, to whoever might have seen it then and may see it now.
        """
        known_id = submission_id_of(submission_id)
        if at is not None:
            if wait_s is not None or after is not None:
                raise Refusal(refusals.MALFORMED_REQUEST, "at: a moment that has been is not waited for")
            moment = moment_of(at, self._clock())
            return answered(request, await self._past.seen(known_id, moment, Eyes(self._reads, who)))
        loop = asyncio.get_running_loop()
        ends = loop.time() + (wait_s or 0)
        applied = await self._freshness.reached("submissions", after, within_s=wait_s)
        body = await self._when_judged(known_id, who, ends)
        if body is None and applied is not False:
            raise Refusal(refusals.UNKNOWN_SUBMISSION, f"there is no submission {known_id}")
        return answered(request, with_applied(body or _on_its_way(known_id), applied))

    async def many(
        self,
        request: Request,
        who: Who,
        problem_id: Filter = None,
        contest_id: Filter = None,
        user_id: Filter = None,
        language: Filter = None,
        verdict: Annotated[Verdict | None, Query()] = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        after: After = None,
    ) -> Response:
        """Submissions, newest first: of a user, a contest or a problem, and filtered by the rest."""
        wanted = Wanted(problem_id, contest_id, user_id, language, verdict)
        model, lines = self._list(wanted, _place(cursor))
        applied = await self._freshness.reached(model, after)
        page = await _page(lines, wanted, Eyes(self._reads, who), limit)
        body: Body = {"submissions": page.lines, "cursor": None if page.end is None else cursor_of(page.end)}
        return answered(request, with_applied(body, applied))

    async def _when_judged(self, submission_id: SubmissionId, who: Identity | None, ends: float) -> Body | None:
        """The submission, once its viewer sees it judged, else as it is at the end; None where there is none.

        Whoever sees it as queued waits to the end, as for one that is. One that is not there is waited for only
        where its id says that it may be on its way.
        """
        loop = asyncio.get_running_loop()
        with self._wakes.watching(f"submission:{submission_id}") as told:
            while True:
                told.clear()
                body = await self._seen(submission_id, who)
                if self._wakes.is_over or loop.time() >= ends:
                    return body
                if body is not None and body["state"] == Judged.state:
                    return body
                if body is None and not is_fresh(submission_id, self._clock()):
                    return None
                try:
                    async with asyncio.timeout_at(ends):
                        await told.wait()
                except TimeoutError:
                    continue  # one last look

    async def _seen(self, submission_id: SubmissionId, who: Identity | None) -> Body | None:
        found = await self._reads.submission(submission_id)
        if found is None:
            return None
        eyes = Eyes(self._reads, who)
        sees = await eyes.sight(author_of(found.submission.accepted))
        return seen_submission(found, sees, is_jury=eyes.viewer.is_jury)

    def _list(self, wanted: "Wanted", before: Place | None) -> tuple[str, AsyncIterator[SubmissionLine]]:
        """The model that is read, and its lines: the one with the fewest."""
        if wanted.user_id is not None:
            return "user_submissions", self._reads.of_user(UserId(wanted.user_id), before)
        if wanted.contest_id is not None:
            return "contest_submissions", self._reads.of_contest(ContestId(wanted.contest_id), before)
        if wanted.problem_id is not None:
            return "problem_submissions", self._reads.of_problem(ProblemId(wanted.problem_id), before)
        raise Refusal(refusals.INVALID_PARAMETER, "say whose: user_id, contest_id or problem_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is filtered by; None is anything."""

    problem_id: str | None
    contest_id: str | None
    user_id: str | None
    language: str | None
    verdict: Verdict | None

    def has(self, line: LineBody) -> bool:
        """Whether the line, as it is seen, passes: a verdict that is hidden cannot be asked for."""
        asked = {
            "problem_id": self.problem_id,
            "contest_id": self.contest_id,
            "user_id": self.user_id,
            "language": self.language,
            "verdict": self.verdict,
        }
        return all(value is None or line[name] == value for name, value in asked.items())  # type: ignore[literal-required]  # names of the same table


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, and the place of the last that was looked at; None where the list ends."""

    lines: list[LineBody]
    end: Place | None


async def _page(lines: AsyncIterator[SubmissionLine], wanted: Wanted, eyes: Eyes, limit: int) -> Page:
    found: list[LineBody] = []
    looked_at = 0
    try:
        async for line in lines:
            body = line_body(line, await eyes.sight(line.author))
            looked_at += 1
            if wanted.has(body):
                found.append(body)
            if len(found) == limit or looked_at == MOST_LOOKED_AT:
                return Page(found, Place.of(line))
    finally:
        if isinstance(lines, AsyncGenerator):
            await lines.aclose()
    return Page(found, None)


def _place(cursor: str | None) -> Place | None:
    try:
        return None if cursor is None else Place.parse(place_in(cursor))
    except ValueError:
        raise invalid_cursor() from None


def _on_its_way(submission_id: SubmissionId) -> Body:
    """A submission that the log has and no model yet: nothing is known but that it waits."""
    unknown = dict.fromkeys(("verdict", "score", "cpu_time_ms", "memory_bytes", "compiler_output", "problem_cases"))
    return {
        "submission_id": submission_id,
        "state": Queued.state,
        **unknown,
        "cases": [],
        "judgings": [],
        "version": 0,
    }
