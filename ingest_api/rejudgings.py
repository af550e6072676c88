"""Rejudgings: POST /rejudgings and POST /rejudgings/{id}/apply, cancel, revert, pause, resume.

What is asked for is put into the log; whether it is possible is decided by whoever reads that log in its order. So
here is refused only what is wrong whatever happened before.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ingest_api import limits
from ingest_api.catalog import Catalog
from ingest_api.edits import JSON, Edits, read_model
from ingest_api.openapi import Endpoint
from ingest_api.rejudging_body import ChangeRejudgingBody, OpenRejudgingBody
from ingest_api.submission_ids import draw_submission_id
from schemas.blobs.port import BlobMissing, BlobStore
from schemas.events import RejudgingChangeRequested, RejudgingOpenRequested
from schemas.http import refusals
from schemas.http.identity import Role, require
from schemas.http.refusals import Refusal, RefusalType
from schemas.ids import ProblemId, ProblemRevision, RejudgingId, Sha256, derived_event_id
from schemas.rules.definition import DefinitionUnreadable, parse, revision_of
from schemas.topics import REJUDGING_REQUESTS
from schemas.values import Position, RejudgingChange, RejudgingPriority, SubmissionFilter

REGRADERS = (Role.JURY,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudgings:
    """The resource."""

    edits: Edits
    blobs: BlobStore
    chance: Callable[[], int]

    async def open(self, request: Request) -> Response:
        """Asks for a rejudging; its id is drawn here."""
        who = require(request, *REGRADERS)
        body = await read_model(request, OpenRejudgingBody, limits.REJUDGING_BODY_BYTES)
        wanted, override, now = body.filter.filter(), body.override.override(), self.edits.clock()
        _check_filter(wanted, await self.edits.catalog(), now)
        if override.problem_revision is not None:
            problem_id = await asyncio.to_thread(self._problem_of, override.problem_revision)
            _check_problem_of_revision(problem_id, wanted)
        rejudging_id = RejudgingId(draw_submission_id(now, self.chance()))
        event = RejudgingOpenRequested(
            event_id=derived_event_id(RejudgingOpenRequested.__name__, rejudging_id),
            occurred_at=now,
            caused_by=None,
            rejudging_id=rejudging_id,
            requested_by=who.user_id,
            reason=body.reason,
            filter=wanted,
            override=override,
            repeats=body.repeats,
            priority=RejudgingPriority(body.priority),
            everything=body.everything,
            dry_run=body.dry_run,
        )
        return _requested(rejudging_id, await self.edits.acknowledged(REJUDGING_REQUESTS, event))

    def changing(self, change: RejudgingChange) -> Endpoint:
        """The endpoint that asks for that change."""

        async def ask(request: Request) -> Response:
            return await self._change(request, change)

        return ask

    async def _change(self, request: Request, change: RejudgingChange) -> Response:
        who = require(request, *REGRADERS)
        rejudging_id = _id_in_path(request)
        body = await read_model(request, ChangeRejudgingBody, limits.REJUDGING_BODY_BYTES)
        part, now = None if body.part is None else body.part.filter(), self.edits.clock()
        if part is not None:
            if change is not RejudgingChange.APPLY:
                raise Refusal(refusals.PART_NOT_ALLOWED, f"{change} is for the whole rejudging; leave part out")
            _check_filter(part, await self.edits.catalog(), now)
        event = RejudgingChangeRequested(
            event_id=derived_event_id(
                RejudgingChangeRequested.__name__, f"{rejudging_id}:{change}:{who.user_id}:{now.isoformat()}"
            ),
            occurred_at=now,
            caused_by=None,
            rejudging_id=rejudging_id,
            requested_by=who.user_id,
            reason=body.reason,
            change=change,
            part=part,
        )
        return _requested(rejudging_id, await self.edits.acknowledged(REJUDGING_REQUESTS, event))

    def _problem_of(self, revision: ProblemRevision) -> ProblemId:
        """Whose definition that revision is; any blob may bear such a name, so that no more is read than needed."""
        try:
            with self.blobs.open(Sha256(revision)) as stream:
                content = stream.read(limits.REVISION_BYTES + 1)
            if revision_of(content) == revision:
                return parse(content).problem_id
        except (BlobMissing, DefinitionUnreadable):
            pass  # both are told in the same words
        raise Refusal(refusals.UNKNOWN_REVISION, "no problem ever had it; GET /api/v1/problems/{id} tells the current")


def _id_in_path(request: Request) -> RejudgingId:
    text = request.path_params["rejudging_id"]
    try:
        return RejudgingId(str(UUID(text)))
    except ValueError:
        raise Refusal(refusals.INVALID_PARAMETER, "rejudging_id: as POST /rejudgings has answered it") from None


def _check_filter(wanted: SubmissionFilter, catalog: Catalog, now: datetime) -> None:
    """What it names is there, or was; and its time has begun."""
    _check_known("problem", wanted.problem_ids, catalog.problems, refusals.UNKNOWN_PROBLEM)
    _check_known("contest", wanted.contest_ids, catalog.contests, refusals.UNKNOWN_CONTEST)
    _check_known("language", wanted.languages, catalog.languages, refusals.UNKNOWN_LANGUAGE)
    if wanted.submitted_from is not None and wanted.submitted_from > now:
        raise Refusal(
            refusals.TIME_IN_FUTURE,
            f"submitted_from: it is {now.isoformat(timespec='seconds')}, and nothing was submitted after that yet",
        )


def _check_known(what: str, named: Iterable[str], known: Iterable[str], kind: RefusalType) -> None:
    there = set(known)
    for name in named:
        if name not in there:
            raise Refusal(kind, f"there is no {what} {name!r}, and never was")


def _check_problem_of_revision(problem_id: ProblemId, wanted: SubmissionFilter) -> None:
    if wanted.problem_ids and wanted.problem_ids != (problem_id,):
        raise Refusal(
            refusals.REVISION_OF_OTHER_PROBLEM, f"it is one of {problem_id!r}: let the filter name that problem alone"
        )


def _requested(rejudging_id: RejudgingId, position: Position) -> Response:
    body = orjson.dumps({"rejudging_id": rejudging_id, "position": str(position)})
    return Response(body, 202, headers={"Location": f"/api/v1/rejudgings/{rejudging_id}"}, media_type=JSON)
