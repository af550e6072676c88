"""Answers: JSON, and who may keep it for how long."""

from hashlib import blake2b
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

JSON: Final = "application/json"
PRIVATE: Final = "private, no-store"
REVALIDATED: Final = "public, no-cache"
"""A GET never lags an announcement, so whoever keeps an answer asks each time whether it still holds."""


def answered(request: Request, body: object, *, etag: str | None = None) -> Response:
    """The body as JSON. What was asked for with a token is kept by nobody; the rest is revalidated by its ETag.

    `etag` where the body has a revision of its own, which edits name in `If-Match`.
    """
    content = orjson.dumps(body)
    is_private = "authorization" in request.headers
    tag = f'"{etag}"' if etag is not None else f'W/"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"Cache-Control": PRIVATE if is_private else REVALIDATED, "Vary": "Authorization"}
    if etag is not None or not is_private:
        headers["ETag"] = tag
    if not is_private and tag in request.headers.get("if-none-match", "").split(", "):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=JSON)


def with_applied(body: dict[str, object], applied: bool | None) -> dict[str, object]:
    """The body, with what was asked for: whether it holds what stands at a position."""
    return body if applied is None else {**body, "applied": applied}
