"""Rejudgings: POST /rejudgings, PUT /rejudgings/{id} and POST /rejudgings/{id}/apply, cancel, revert, pause, resume.

What is asked for is put into the log; whether it is possible is decided by whoever reads that log in its order. So
here is refused only what is wrong whatever happened before.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ingest_api import limits
from ingest_api.catalog import Catalog
from ingest_api.edits import JSON, Edits, read_model
from ingest_api.openapi import Endpoint
from ingest_api.rejudging_body import ChangeRejudgingBody, OpenRejudgingBody
from ingest_api.submission_ids import EPOCH, chosen_submission_id, draw_submission_id
from schemas.blobs.port import BlobMissing, BlobStore
from schemas.events import RejudgingChangeRequested, RejudgingOpenRequested
from schemas.http import refusals
from schemas.http.identity import Identity, Role, require
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
        who, now = require(request, *REGRADERS), self.edits.clock()
        wanted = await _wanted(request, RejudgingId(draw_submission_id(now, self.chance())), who, now)
        await self._check(wanted, await self.edits.catalog())
        return await self._ask(wanted)

    async def open_chosen(self, request: Request) -> Response:
        """Asks for a rejudging under the client's own id; the same again asks for nothing more."""
        who, now = require(request, *REGRADERS), self.edits.clock()
        wanted = await _wanted(request, _chosen_id(request.path_params["rejudging_id"], now), who, now)
        catalog = await self.edits.catalog()
        asked = catalog.rejudgings.get(wanted.rejudging_id)
        if asked is not None:
            if replace(wanted, occurred_at=asked.request.occurred_at) != asked.request:
                raise _taken()
            return _requested(wanted.rejudging_id, asked.position)
        await self._check(wanted, catalog)
        if not await self.edits.is_first(f"rejudging {wanted.rejudging_id}", "", _digest(wanted)):
            raise _taken()
        return await self._ask(wanted)

    async def _ask(self, wanted: RejudgingOpenRequested) -> Response:
        rejudging_id = wanted.rejudging_id
        advice = f"PUT the same to rejudgings/{rejudging_id}"
        position = await self.edits.append(REJUDGING_REQUESTS, wanted, advice=advice, rejudging_id=rejudging_id)
        return _requested(rejudging_id, position)

    async def _check(self, wanted: RejudgingOpenRequested, catalog: Catalog) -> None:
        _check_filter(wanted.filter, catalog, wanted.occurred_at)
        if wanted.override.problem_revision is not None:
            problem_id = await asyncio.to_thread(self._problem_of, wanted.override.problem_revision)
            _check_problem_of_revision(problem_id, wanted.filter)

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


async def _wanted(request: Request, rejudging_id: RejudgingId, who: Identity, now: datetime) -> RejudgingOpenRequested:
    body = await read_model(request, OpenRejudgingBody, limits.REJUDGING_BODY_BYTES)
    return RejudgingOpenRequested(
        event_id=derived_event_id(RejudgingOpenRequested.__name__, rejudging_id),
        occurred_at=now,
        caused_by=None,
        rejudging_id=rejudging_id,
        requested_by=who.user_id,
        reason=body.reason,
        filter=body.filter.filter(),
        override=body.override.override(),
        repeats=body.repeats,
        priority=RejudgingPriority(body.priority),
        everything=body.everything,
        dry_run=body.dry_run,
    )


def _digest(wanted: RejudgingOpenRequested) -> str:
    """Of all that is asked for, whenever that is."""
    return sha256(orjson.dumps(replace(wanted, occurred_at=EPOCH))).hexdigest()


def _taken() -> Refusal:
    return Refusal(refusals.REJUDGING_ID_TAKEN, "somebody else, or with another body, has asked under that id")


def _chosen_id(text: str, now: datetime) -> RejudgingId:
    try:
        return RejudgingId(chosen_submission_id(text, now))
    except Refusal as refusal:
        raise Refusal(refusals.INVALID_PARAMETER, f"rejudging_id: {refusal.detail}") from None


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
