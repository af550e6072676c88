"""Reading a request's body within limits of size and time."""

import asyncio

from starlette.requests import Request

from ingest_api.limits import BODY_WITHIN_S
from schemas.http import refusals
from schemas.http.refusals import Refusal


def refuse_large_body(request: Request, max_bytes: int) -> None:
    """Refuses a body that announces more than `max_bytes`, before any of it is read."""
    announced = request.headers.get("content-length")
    if announced is not None and announced.isdigit() and int(announced) > max_bytes:
        raise too_large(max_bytes)


async def read_body(request: Request, max_bytes: int, within_s: float = BODY_WITHIN_S) -> bytes:
    """The whole body; refused as soon as it is larger than `max_bytes`, announced or not, or takes too long."""
    refuse_large_body(request, max_bytes)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within_s):
            while True:
                chunk, more = await next_chunk(request)
                size += len(chunk)
                if size > max_bytes:
                    raise too_large(max_bytes)
                chunks.append(chunk)
                if not more:
                    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    except TimeoutError:
        raise Refusal(refusals.BODY_TIMEOUT, f"the body should arrive within {within_s:.0f} s") from None


async def next_chunk(request: Request) -> tuple[bytes, bool]:
    """The next piece of the body, and whether there is more."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise Refusal(refusals.MALFORMED_REQUEST, "the body ended early")
    return message.get("body", b""), message.get("more_body", False)


def too_large(max_bytes: int) -> Refusal:
    """The refusal of a body over the limit."""
    return Refusal(refusals.BODY_TOO_LARGE, f"at most {max_bytes:,} bytes", max_bytes=max_bytes)
