"""Problems: what solvers need. Hidden cases, digests and editorials are for the jury and the problem's author."""

import asyncio
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from projections.models.problems import ProblemLine, ProblemView
from projections.query_api.answers import answered, with_applied
from projections.query_api.freshness import Freshness
from projections.query_api.parameters import (
    DEFAULT_CATALOG_LIMIT,
    After,
    CatalogLimit,
    Cursor,
    Who,
    cursor_of,
    invalid_cursor,
    place_in,
    problem_id_of,
)
from projections.query_api.reads import Reads
from projections.query_api.samples import Samples
from projections.viewers import viewer_of
from schemas.http import refusals
from schemas.http.identity import Identity
from schemas.http.refusals import Refusal
from schemas.ids import CLICS_ID, ProblemId
from schemas.values import Comparison, Limits, ProblemCase, Stub

MODEL: Final = "problems"

Body = dict[str, Any]


class Problems:
    """The routes of problems."""

    def __init__(self, reads: Reads, freshness: Freshness, samples: Samples) -> None:
        self._reads = reads
        self._freshness = freshness
        self._samples = samples

    async def one(self, request: Request, problem_id: str, who: Who, after: After = None) -> Response:
        """A problem; its revision is the ETag, which edits name in `If-Match`."""
        known_id = problem_id_of(problem_id)
        applied = await self._freshness.reached(MODEL, after)
        problem = await self._reads.problem(known_id)
        if problem is None:
            raise Refusal(refusals.UNKNOWN_PROBLEM, f"there is no problem {known_id!r}")
        shown = [case for case in problem.definition.cases if case.sample]
        samples = await asyncio.gather(*map(self._samples.text, shown))
        body = {**_for_all(problem), "samples": samples, **(_for_setters(problem) if _sees_all(who, problem) else {})}
        return answered(request, with_applied(body, applied), etag=problem.revision)

    async def many(
        self, request: Request, limit: CatalogLimit = DEFAULT_CATALOG_LIMIT, cursor: Cursor = None, after: After = None
    ) -> Response:
        """Problems that take submissions, by id."""
        place = _place(cursor)
        applied = await self._freshness.reached(MODEL, after)
        lines = await self._reads.problems(place, limit)
        end = cursor_of(lines[-1].problem_id) if len(lines) == limit else None
        return answered(request, with_applied({"problems": [_line(line) for line in lines], "cursor": end}, applied))


def _sees_all(who: Identity | None, problem: ProblemView) -> bool:
    viewer = viewer_of(who)
    return viewer.is_jury or viewer.user_id == problem.author_id


def _place(cursor: str | None) -> ProblemId | None:
    if cursor is None:
        return None
    place = place_in(cursor)
    if not CLICS_ID.fullmatch(place):
        raise invalid_cursor()
    return ProblemId(place)


def _line(line: ProblemLine) -> Body:
    return {
        "problem_id": line.problem_id,
        "title": line.title,
        "difficulty": line.difficulty,
        "tags": line.tags,
        "revision": line.revision,
    }


def _for_all(problem: ProblemView) -> Body:
    definition = problem.definition
    return {
        "problem_id": problem.problem_id,
        "revision": problem.revision,
        "title": definition.title,
        "statement": definition.statement,
        "difficulty": definition.difficulty,
        "tags": definition.tags,
        "limits": _limits(definition.limits),
        "comparison": _comparison(definition.comparison),
        "all_cases": definition.all_cases,
        "stubs": {stub.language: {"starter": stub.starter} for stub in definition.stubs},
        "retired": problem.retired,
    }


def _for_setters(problem: ProblemView) -> Body:
    definition = problem.definition
    return {
        "author_id": problem.author_id,
        "revised_at": problem.revised_at,
        "editorial": definition.editorial,
        "cases": [_case(case) for case in definition.cases],
        "stubs": {stub.language: _whole_stub(stub) for stub in definition.stubs},
    }


def _limits(limits: Limits) -> Body:
    return {
        "cpu_time_ms": limits.cpu_time_ms,
        "memory_bytes": limits.memory_bytes,
        "output_bytes": limits.output_bytes,
        "wall_time_ms": limits.wall_time_ms,
    }


def _comparison(comparison: Comparison) -> Body:
    return {"kind": comparison.kind.value, "absolute": comparison.absolute, "relative": comparison.relative}


def _case(case: ProblemCase) -> Body:
    """A case in the form in which a problem may be sent again."""
    return {
        "name": case.name,
        "input": {"sha256": case.input_sha256},
        "answer": {"sha256": case.answer_sha256},
        "sample": case.sample,
    }


def _whole_stub(stub: Stub) -> Body:
    return {"before": stub.before, "starter": stub.starter, "after": stub.after}
