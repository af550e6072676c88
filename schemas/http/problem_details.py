"""Problem documents (RFC 9457): how every HTTP service of ours says no."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from schemas.http import refusals
from schemas.http.refusals import REFUSAL_TYPES, Refusal, RefusalType

MEDIA_TYPE: Final = "application/problem+json"

LISTED_ERRORS: Final = 20
"""How many faults of one body are listed; a body of a million wrong cases must not be answered with a million."""

OWN_VALIDATOR: Final = "Value error, "
"""What pydantic puts before the message of a validator of ours."""

FOR_STATUS: Final[dict[int, RefusalType]] = {
    400: refusals.MALFORMED_REQUEST,
    404: refusals.NOT_FOUND,
    405: refusals.METHOD_NOT_ALLOWED,
    413: refusals.BODY_TOO_LARGE,
    415: refusals.UNSUPPORTED_MEDIA_TYPE,
}


def problem_response(refusal: Refusal) -> Response:
    """The response that carries a refusal."""
    kind = refusal.kind
    document: dict[str, object] = {"type": kind.urn, "title": kind.title, "status": kind.status}
    if refusal.detail:
        document["detail"] = refusal.detail
    headers = {"Cache-Control": "no-store", **refusal.headers}
    if kind.status == HTTPStatus.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return Response(
        orjson.dumps({**document, **refusal.extensions}), kind.status, headers=headers, media_type=MEDIA_TYPE
    )


def install_problem_details(app: Starlette) -> None:
    """Makes every refusal, wrong path, wrong method, wrong body and fault of that app a problem document."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem_response(error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(allowed_methods(request)))
    known = FOR_STATUS.get(error.status_code)
    if known is None:
        phrase = HTTPStatus(error.status_code).phrase
        known = RefusalType(name=f"http-{error.status_code}", status=error.status_code, title=phrase)
    said_more = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    return problem_response(Refusal(known, said_more, headers=headers))


async def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(invalid(error.errors()))


async def _on_unexpected(_: Request, __: Exception) -> Response:
    """Says nothing of the inside; the server logs the exception, which is raised again after this response."""
    return problem_response(Refusal(refusals.UNEXPECTED))


def invalid(faults: object) -> Refusal:
    """The refusal for what pydantic found wrong (`ValidationError.errors()`), without what the client had sent.

    A fault whose type is the name of a refusal of ours (`PydanticCustomError`) makes it that refusal.
    """
    assert isinstance(faults, list | tuple)
    errors = [_error(fault) for fault in faults[:LISTED_ERRORS]]
    kinds = {fault["type"] for fault in faults}
    if "json_invalid" in kinds:
        return Refusal(refusals.MALFORMED_JSON, errors[0]["message"])
    in_body = any(fault["loc"][:1] not in (("query",), ("path",), ("header",)) for fault in faults)
    kind = refusals.INVALID_BODY if in_body else refusals.INVALID_PARAMETER
    told = next((fault for fault in faults if fault["type"] in REFUSAL_TYPES), faults[0])
    error = _error(told)
    where = f"{error['where']}: " if error["where"] else ""
    return Refusal(REFUSAL_TYPES.get(told["type"], kind), f"{where}{error['message']}", errors=errors)


def _error(fault: Mapping[str, Any]) -> dict[str, str]:
    where = "/".join(str(part) for part in fault["loc"])
    return {"where": where, "message": fault["msg"].removeprefix(OWN_VALIDATOR)}


def allowed_methods(request: Request) -> set[str]:
    """All methods that the app has for this path, over all of its routes."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= set(getattr(route, "methods", None) or ())
    return methods


__all__ = ["MEDIA_TYPE", "Refusal", "allowed_methods", "install_problem_details", "invalid", "problem_response"]
