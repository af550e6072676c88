"""What problems and contests share: an edit is decided on a catalog that has caught up, and is the first one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ingest_api.catalog import Catalog
from ingest_api.catalog_reader import CatalogReader
from ingest_api.claims.port import Claims, ClaimsUnavailable
from ingest_api.limits import OWN_EDIT_SEEN_WITHIN_S, RETRY_AFTER_S
from ingest_api.log_writer import LogWriter
from ingest_api.read_body import read_body
from schemas.eventlog.errors import AppendRefused, LogError
from schemas.events import Event
from schemas.http import refusals
from schemas.http.problem_details import invalid
from schemas.http.refusals import Refusal
from schemas.topics import Topic
from schemas.values import Position

Model = TypeVar("Model", bound=BaseModel)

JSON: Final = "application/json"
RETRY: Final = {"Retry-After": str(RETRY_AFTER_S)}
LOOK_FIRST: Final = "look whether it is there before sending it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """The way of every edit: `catalog`, decide, `is_first`, `append`."""

    reader: CatalogReader
    claims: Claims
    writer: LogWriter
    clock: Callable[[], datetime]

    async def catalog(self) -> Catalog:
        """The catalog with all that was in the log when this was called."""
        try:
            await self.reader.catch_up()
        except LogError as error:
            raise Refusal(refusals.LOG_UNAVAILABLE, str(error), headers=RETRY) from error
        return self.reader.catalog

    async def is_first(self, subject: str, from_revision: str, edit: str) -> bool:
        """Whether no other edit of that revision is under way on another worker."""
        try:
            return await self.claims.first_edit(subject, from_revision, edit) == edit
        except ClaimsUnavailable as error:
            raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers=RETRY) from error

    async def append(self, topic: Topic, event: Event, *, advice: str = LOOK_FIRST, **members: str) -> Position:
        """Appends, and waits a moment for the own catalog, so that the next request here finds the edit.

        `advice` and `members` are for the problem document where nobody knows whether it was accepted.
        """
        position = await self.acknowledged(topic, event, advice=advice, **members)
        await self.reader.seen(position, OWN_EDIT_SEEN_WITHIN_S)
        return position

    async def acknowledged(self, topic: Topic, event: Event, *, advice: str = LOOK_FIRST, **members: str) -> Position:
        """Appends what the catalog does not hold."""
        try:
            return await self.writer.append(topic, event)
        except AppendRefused as error:
            raise Refusal(refusals.LOG_UNAVAILABLE, str(error), headers=RETRY) from error
        except LogError as error:
            told = f"the log did not acknowledge it in time; {advice}"
            raise Refusal(refusals.OUTCOME_UNKNOWN, told, headers=RETRY, **members) from error


async def read_model(request: Request, model: type[Model], max_bytes: int) -> Model:
    """The JSON body as `model`; a `Refusal` where it is something else."""
    require_json(request)
    body = await read_body(request, max_bytes)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False, include_input=False)) from None


def require_json(request: Request) -> None:
    """Refuses another media type than JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refusal(refusals.UNSUPPORTED_MEDIA_TYPE, f"send {JSON}", headers={"Accept": JSON})


def wanted_revision(request: Request) -> str | None:
    """The revision that `If-Match` names; `*` for any, None without the header."""
    header = request.headers.get("if-match")
    return None if header is None else header.strip().removeprefix("W/").strip('"')


def edited(status: int, *, position: Position, revision: str | None = None, **members: str) -> Response:
    """The answer to an edit; its revision is also its ETag."""
    document = {**members, "position": str(position)}
    headers: dict[str, str] = {}
    if revision is not None:
        document["revision"] = revision
        headers["ETag"] = f'"{revision}"'
    return Response(orjson.dumps(document), status, headers=headers, media_type=JSON)
