"""Problems: POST /problems, PUT and DELETE /problems/{id}."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ingest_api import limits
from ingest_api.catalog import Catalog, KnownProblem
from ingest_api.edits import Edits, edited, require_json, wanted_revision
from ingest_api.named_blobs import NamedBlobs
from ingest_api.problem_body import BlobName, CaseBody, ProblemBody
from ingest_api.read_body import read_body
from ingest_api.senders.port import Senders
from schemas.blobs.port import BlobStore
from schemas.events import ProblemRetired, ProblemRevised
from schemas.http import refusals
from schemas.http.identity import Identity, Role, require
from schemas.http.problem_details import invalid
from schemas.http.refusals import Refusal, RefusalType
from schemas.ids import EventId, ProblemId, ProblemRevision, Sha256, UserId, derived_event_id
from schemas.rules.definition import Definition, canonical, revision_of
from schemas.topics import PROBLEMS
from schemas.values import ProblemCase


def _bodies_at_once() -> asyncio.Semaphore:
    return asyncio.Semaphore(limits.PROBLEM_BODIES_AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """The resource. Blobs are kept before the event that names them is appended."""

    edits: Edits
    blobs: BlobStore
    senders: Senders
    bodies_at_once: asyncio.Semaphore = field(default_factory=_bodies_at_once)

    async def create(self, request: Request) -> Response:
        """Creates a problem; who creates it is its author."""
        who = require(request, Role.SETTER)
        async with self.bodies_at_once:
            body = await _read_problem(request)
            if body.problem_id is None:
                raise Refusal(refusals.INVALID_BODY, "problem_id is needed")
            problem_id = ProblemId(body.problem_id)
            if problem_id in (await self.edits.catalog()).problems:
                raise Refusal(refusals.PROBLEM_EXISTS, f"{problem_id!r} exists")
            await self._check_names(body, who, None)
            event = await self._event(problem_id, who.user_id, body, None)
        return await self._append(event, None, lost=refusals.PROBLEM_EXISTS)

    async def revise(self, request: Request) -> Response:
        """Changes a problem; `If-Match` names the revision that it is a change of."""
        who = require(request, Role.SETTER)
        problem_id = ProblemId(request.path_params["problem_id"])
        if wanted_revision(request) is None:
            raise Refusal(refusals.REVISION_REQUIRED, "read the problem, and send its revision in If-Match")
        _editable(problem_id, who, await self.edits.catalog(), wanted_revision(request))
        async with self.bodies_at_once:
            body = await _read_problem(request)
            if body.problem_id not in (None, problem_id):
                raise Refusal(refusals.INVALID_BODY, "problem_id differs from the one in the path")
            known = _editable(problem_id, who, await self.edits.catalog(), wanted_revision(request))
            await self._check_names(body, who, known)
            event = await self._event(problem_id, known.author_id, body, known)
        if event.revision == known.revision:
            return edited(200, problem_id=problem_id, revision=known.revision, position=known.position)
        return await self._append(event, known, lost=refusals.REVISION_CHANGED)

    async def retire(self, request: Request) -> Response:
        """Retires a problem: no more submissions, not listed; again is harmless."""
        who = require(request, Role.SETTER)
        problem_id = ProblemId(request.path_params["problem_id"])
        catalog = await self.edits.catalog()
        known = catalog.problems.get(problem_id)
        if known is None or not known.retired:
            known = _editable(problem_id, who, catalog, wanted_revision(request))
            now = self.edits.clock()
            event = ProblemRetired(
                event_id=derived_event_id("ProblemRetired", f"{problem_id}:{now.isoformat()}"),
                occurred_at=now,
                caused_by=None,
                problem_id=problem_id,
            )
            position = await self.edits.append(PROBLEMS, event)
        else:
            position = known.position
        return edited(200, problem_id=problem_id, revision=known.revision, position=position)

    async def _check_names(self, body: ProblemBody, who: Identity, known: KnownProblem | None) -> None:
        await NamedBlobs(blobs=self.blobs, senders=self.senders).check(body.cases, who, known)

    async def _event(
        self, problem_id: ProblemId, author_id: UserId, body: ProblemBody, known: KnownProblem | None
    ) -> ProblemRevised:
        """Keeps the blobs, the definition last, and answers the event that names them.

        Which blobs the cases name was checked before.
        Its id follows from what was there and what is said, so that the same edit sent again is the same event.
        """
        definition = Definition(
            problem_id=problem_id,
            title=body.title,
            statement=body.statement,
            difficulty=body.difficulty,
            tags=tuple(dict.fromkeys(body.tags)),
            editorial=body.editorial,
            limits=body.limits.limits(),
            comparison=body.comparison.comparison(),
            cases=await asyncio.to_thread(self._keep_cases, body.cases),
            all_cases=body.all_cases,
            stubs=body.stub_values(),
        )
        content = canonical(definition)
        await asyncio.to_thread(self.blobs.put, content)
        revision = revision_of(content)
        before = str(known.position) if known is not None else ""
        event_id = derived_event_id("ProblemRevised", f"{problem_id}:{before}:{author_id}:{revision}")
        return _revised(definition, revision, author_id, event_id, self.edits.clock())

    def _keep_cases(self, cases: Sequence[CaseBody]) -> tuple[ProblemCase, ...]:
        return tuple(
            ProblemCase(
                name=case.name,
                input_sha256=self._keep(case.input),
                answer_sha256=self._keep(case.answer),
                sample=case.sample,
            )
            for case in cases
        )

    def _keep(self, content: str | BlobName) -> Sha256:
        return self.blobs.put(content.encode()) if isinstance(content, str) else Sha256(content.sha256)

    async def _append(self, event: ProblemRevised, known: KnownProblem | None, *, lost: RefusalType) -> Response:
        """Appends, unless another edit of the same revision was first: `lost` says so."""
        before = known.revision if known is not None else ""
        if not await self.edits.is_first(f"problem:{event.problem_id}", before, event.event_id):
            raise Refusal(lost, "another request was first")
        position = await self.edits.append(PROBLEMS, event)
        status = 200 if known is not None else 201
        return edited(status, problem_id=event.problem_id, revision=event.revision, position=position)


def _revised(
    definition: Definition, revision: ProblemRevision, author_id: UserId, event_id: EventId, now: datetime
) -> ProblemRevised:
    return ProblemRevised(
        event_id=event_id,
        occurred_at=now,
        caused_by=None,
        problem_id=definition.problem_id,
        revision=revision,
        author_id=author_id,
        title=definition.title,
        statement=definition.statement,
        difficulty=definition.difficulty,
        tags=definition.tags,
        editorial=definition.editorial,
        limits=definition.limits,
        comparison=definition.comparison,
        cases=definition.cases,
        all_cases=definition.all_cases,
        stubs=definition.stubs,
    )


def _editable(problem_id: ProblemId, who: Identity, catalog: Catalog, revision: str | None) -> KnownProblem:
    """The problem, if it may be edited by `who` from that revision (None and `*`: from any)."""
    known = catalog.problems.get(problem_id)
    if known is None:
        raise Refusal(refusals.UNKNOWN_PROBLEM, f"there is no problem {problem_id!r}")
    if who.user_id != known.author_id and not who.has_any(Role.ADMIN):
        raise Refusal(refusals.FORBIDDEN, "only its author and admins may")
    if known.retired:
        raise Refusal(refusals.PROBLEM_RETIRED, f"{problem_id!r} is retired")
    if revision not in (None, "*", known.revision):
        raise Refusal(refusals.REVISION_CHANGED, "read it again", revision=known.revision)
    return known


async def _read_problem(request: Request) -> ProblemBody:
    require_json(request)
    raw = await read_body(request, limits.PROBLEM_BODY_BYTES)
    return await asyncio.to_thread(_parsed, raw)


def _parsed(raw: bytes) -> ProblemBody:
    try:
        body = ProblemBody.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False, include_input=False)) from None
    shown = sum(len(text.encode()) for text in (body.statement, body.editorial or "", *_stub_texts(body)))
    if shown > limits.DEFINITION_BYTES:
        raise Refusal(
            refusals.INVALID_PROBLEM, f"statement, editorial and stubs: at most {limits.DEFINITION_BYTES:,} bytes"
        )
    return body


def _stub_texts(body: ProblemBody) -> list[str]:
    return [text for stub in body.stubs.values() for text in (stub.before, stub.starter, stub.after)]
