"""POST /submissions and PUT /submissions/{id}."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from ingest_api import limits
from ingest_api.accept_submission import KNOWN_LATER, Pinned, accept_submission, language_to_name, submission_received
from ingest_api.catalog_reader import CatalogReader
from ingest_api.claims.port import Claim, Claims, ClaimsUnavailable
from ingest_api.log_writer import LogWriter
from ingest_api.read_body import read_body
from ingest_api.submission_body import Draft, draft_from_form, draft_from_json
from ingest_api.submission_ids import chosen_submission_id, draw_submission_id, drawn_by_us
from schemas.eventlog.errors import AppendRefused, LogError, LogUnavailable
from schemas.events import SubmissionReceived
from schemas.http import refusals
from schemas.http.identity import Identity, Tokens
from schemas.http.refusals import Refusal
from schemas.ids import SubmissionId
from schemas.log import EventLogger
from schemas.topics import SUBMISSIONS
from schemas.values import Position

JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
FIRST_LOOK_S: Final = 0.02
LONGEST_LOOK_S: Final = 0.1
"""How often a claim is looked at while another request appends its event."""

LEAST_APPEND_S: Final = 0.1
RETRY: Final = {"Retry-After": str(limits.RETRY_AFTER_S)}

log = EventLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submissions:
    """The resource. `clock` is ingest's, aware and UTC; `chance` draws 42 random bits."""

    tokens: Tokens
    catalog: CatalogReader
    claims: Claims
    writer: LogWriter
    clock: Callable[[], datetime]
    chance: Callable[[], int]

    async def post(self, request: Request) -> Response:
        """Accepts a submission under an id of ours."""
        who = self._who(request)
        draft = await _read_draft(request)
        deadline, now = _deadline(), self.clock()
        event = await self._accept(draft, draw_submission_id(now, self.chance()), who, now)
        try:
            position = await self.writer.append(SUBMISSIONS, event, within_s=_left_s(deadline))
        except AppendRefused as error:
            raise log_unavailable(error) from error
        except LogError as error:
            raise await self._outcome_unknown_of_ours(event, draft) from error
        return _accepted(event.submission_id, position)

    async def put(self, request: Request) -> Response:
        """Accepts a submission under the client's own id; the same again gets the same answer."""
        who = self._who(request)
        submission_id = chosen_submission_id(request.path_params["submission_id"], self.clock())
        draft = await _read_draft(request)
        try:
            return _accepted(submission_id, await self._position(submission_id, draft, who, _deadline()))
        except ClaimsUnavailable as error:
            raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers=RETRY) from error

    def _who(self, request: Request) -> Identity:
        who = self.tokens.identify(request.headers.get("authorization"))
        if who is None:
            raise Refusal(refusals.TOKEN_MISSING, "send Authorization: Bearer TOKEN")
        return who

    async def _accept(
        self, draft: Draft, submission_id: SubmissionId, who: Identity, now: datetime
    ) -> SubmissionReceived:
        """Decides; a refusal that the rest of the log may turn is given only after having read it."""

        def decide() -> SubmissionReceived:
            return accept_submission(
                draft, submission_id=submission_id, user_id=who.user_id, catalog=self.catalog.catalog, now=now
            )

        try:
            return decide()
        except Refusal as refusal:
            if refusal.kind not in KNOWN_LATER:
                raise
        try:
            await self.catalog.catch_up()
        except LogUnavailable as error:
            raise log_unavailable(error) from error
        return decide()

    async def _outcome_unknown_of_ours(self, event: SubmissionReceived, draft: Draft) -> Refusal:
        """Claims the id for whoever sends it again; without the claim, nobody can."""
        claim = _claim(event, draft)
        try:
            async with asyncio.timeout(limits.LATE_CLAIM_WITHIN_S):
                await self.claims.claim(claim)
        except (ClaimsUnavailable, TimeoutError) as error:
            log.warning("late_claim_failed", submission_id=event.submission_id, why=error)
            return _outcome_unknown(event.submission_id, "look whether this submission appears before sending anew")
        return _outcome_unknown(event.submission_id)

    async def _position(self, submission_id: SubmissionId, draft: Draft, who: Identity, deadline: float) -> Position:
        claim, ours = await self._claimed(submission_id, draft, who)
        if not ours:
            claim = await self._settled_or_left(claim, deadline)
        if claim.position is not None:
            return claim.position
        event = submission_received(
            draft,
            submission_id=submission_id,
            user_id=who.user_id,
            language=language_to_name(draft, self.catalog.catalog),
            pinned=claim.pinned,
        )
        position = await self._append_claimed(event, deadline, ours=ours)
        await self._settle(submission_id, position)
        return position

    async def _claimed(self, submission_id: SubmissionId, draft: Draft, who: Identity) -> tuple[Claim, bool]:
        """The claim that holds for exactly this submission, and whether it was made just now by this request.

        What was accepted once stays accepted: its claim counts even if the contest has ended since.
        """
        made: Claim | None = None
        held: Claim | None
        if drawn_by_us(submission_id):
            held = await self.claims.find(submission_id)
            if held is None:
                raise Refusal(refusals.SUBMISSION_ID_TAKEN, "that id is one of ours; choose one of your own")
        else:
            try:
                made = _claim(await self._accept(draft, submission_id, who, self.clock()), draft)
            except Refusal:
                held = await self.claims.find(submission_id)
                if held is None:
                    raise
            else:
                held = await self.claims.claim(made)
        if not held.is_for(who.user_id, draft.digest(who.user_id)):
            raise Refusal(refusals.SUBMISSION_ID_TAKEN, "another user or another content has that id")
        return held, held is made

    async def _settled_or_left(self, claim: Claim, deadline: float) -> Claim:
        """The claim with its position, or without one when its claimant must have died or does not know."""
        loop, pause_s = asyncio.get_running_loop(), FIRST_LOOK_S
        while claim.position is None:
            age_s = (self.clock() - claim.pinned.submitted_at).total_seconds()
            if age_s > limits.TAKE_OVER_AFTER_S:
                return claim
            if loop.time() + pause_s > deadline:
                raise _outcome_unknown(claim.submission_id)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_LOOK_S)
            claim = await self.claims.find(claim.submission_id) or claim
        return claim

    async def _append_claimed(self, event: SubmissionReceived, deadline: float, *, ours: bool) -> Position:
        """Appends within what is left of the time; only who claimed just now can know that nothing was accepted."""
        try:
            return await self.writer.append(SUBMISSIONS, event, within_s=_left_s(deadline))
        except AppendRefused as error:
            raise (log_unavailable(error) if ours else _outcome_unknown(event.submission_id)) from error
        except LogError as error:
            raise _outcome_unknown(event.submission_id) from error

    async def _settle(self, submission_id: SubmissionId, position: Position) -> None:
        """Notes the position; without the note the same again appends a harmless repeat."""
        try:
            await self.claims.settle(submission_id, position)
        except ClaimsUnavailable as error:
            log.warning("claim_not_settled", submission_id=submission_id, why=error)


def _deadline() -> float:
    """By the loop's clock; the time that a client takes to send its body does not count."""
    return asyncio.get_running_loop().time() + limits.ANSWER_WITHIN_S


def _left_s(deadline: float) -> float:
    return max(deadline - asyncio.get_running_loop().time(), LEAST_APPEND_S)


def log_unavailable(error: Exception) -> Refusal:
    """The refusal when nothing was written."""
    return Refusal(refusals.LOG_UNAVAILABLE, str(error), headers=RETRY)


def _outcome_unknown(submission_id: SubmissionId, advice: str = "PUT the same to this id") -> Refusal:
    return Refusal(
        refusals.OUTCOME_UNKNOWN,
        f"the log did not acknowledge it in time; {advice}",
        headers=RETRY,
        submission_id=submission_id,
    )


def _claim(event: SubmissionReceived, draft: Draft) -> Claim:
    pinned = Pinned(problem_revision=event.problem_revision, team_id=event.team_id, submitted_at=event.submitted_at)
    return Claim(
        submission_id=event.submission_id,
        user_id=event.user_id,
        digest=draft.digest(event.user_id),
        pinned=pinned,
    )


def _accepted(submission_id: SubmissionId, position: Position) -> Response:
    body = orjson.dumps({"submission_id": submission_id, "position": str(position)})
    location = {"Location": f"/api/v1/submissions/{submission_id}"}
    return Response(body, 202, headers=location, media_type=JSON)


async def _read_draft(request: Request) -> Draft:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == JSON:
        return draft_from_json(await read_body(request, limits.SUBMISSION_BODY_BYTES))
    if media_type == MULTIPART:
        body = await read_body(request, limits.SUBMISSION_BODY_BYTES)
        form = await _parsed_form(request, body)
        try:
            return draft_from_form(form, body)
        finally:
            await form.close()
    raise Refusal(
        refusals.UNSUPPORTED_MEDIA_TYPE, f"send {JSON} or {MULTIPART}", headers={"Accept-Post": f"{JSON}, {MULTIPART}"}
    )


async def _parsed_form(request: Request, body: bytes) -> FormData:
    """Parses a form; the body is within the limit, so that no part of it needs a disk."""

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    size = limits.SUBMISSION_BODY_BYTES
    parser = MultiPartParser(request.headers, whole(), max_files=size, max_fields=size, max_part_size=size)
    parser.spool_max_size = size
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise Refusal(refusals.MALFORMED_MULTIPART, str(error)) from None
