"""PUT /blobs/{sha256}: test data that is too large to come inline, streamed to the store and checked.

Who sent it is recorded before the answer: from then on that user's problems may name it.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ingest_api.edits import RETRY
from ingest_api.limits import BLOB_BYTES, BLOB_CHUNK_WITHIN_S
from ingest_api.read_body import next_chunk, refuse_large_body, too_large
from ingest_api.senders.port import Senders, SendersUnavailable
from schemas.blobs.port import BlobMismatch, BlobStore
from schemas.http import refusals
from schemas.http.identity import Role, require
from schemas.http.refusals import Refusal
from schemas.ids import SHA256_HEX, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Blobs:
    """The resource."""

    store: BlobStore
    senders: Senders

    async def put(self, request: Request) -> Response:
        """Keeps a blob under its sha256; 201 when it is new, 200 when it was there."""
        who = require(request, Role.SETTER)
        name = Sha256(request.path_params["sha256"])
        if not SHA256_HEX.fullmatch(name):
            raise Refusal(refusals.INVALID_PARAMETER, "sha256: 64 characters 0-9 a-f")
        refuse_large_body(request, BLOB_BYTES)
        there = await asyncio.to_thread(self.store.has, name)
        chunks = _Chunks(request, asyncio.get_running_loop())
        try:
            size = await asyncio.to_thread(self.store.put_stream, name, chunks, max_bytes=BLOB_BYTES)
        except BlobMismatch as error:
            raise (too_large(BLOB_BYTES) if chunks.size > BLOB_BYTES else _mismatch(error)) from None
        try:
            await self.senders.record(who.user_id, name)  # the store has just seen the whole content
        except SendersUnavailable as error:
            raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers=RETRY) from error
        body = orjson.dumps({"sha256": name, "size_bytes": size})
        return Response(body, 200 if there else 201, media_type="application/json")


class _Chunks:
    """A request's body for a thread that wants it as an iterable: one piece at a time, so that memory stays small."""

    def __init__(self, request: Request, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._loop = loop
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        more = True
        while more:
            coming = asyncio.run_coroutine_threadsafe(next_chunk(self._request), self._loop)
            try:
                chunk, more = coming.result(BLOB_CHUNK_WITHIN_S)
            except TimeoutError:
                coming.cancel()
                raise Refusal(refusals.BODY_TIMEOUT, f"nothing came for {BLOB_CHUNK_WITHIN_S:.0f} s") from None
            self.size += len(chunk)
            yield chunk


def _mismatch(error: BlobMismatch) -> Refusal:
    return Refusal(refusals.BLOB_MISMATCH, str(error))
