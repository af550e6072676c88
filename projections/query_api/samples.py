"""Samples as text. They are blobs, which never change: what was read once need not be read again."""

import asyncio
from collections import OrderedDict
from typing import Final

from schemas.blobs.port import BlobError, BlobStore
from schemas.http import refusals
from schemas.http.refusals import Refusal
from schemas.ids import Sha256
from schemas.log import EventLogger
from schemas.values import ProblemCase

log = EventLogger(__name__)

LONGEST_BYTES: Final = 64 * 1024
"""More of a sample nobody reads on a page."""

REMEMBERED: Final = 256


class Samples:
    """Reads samples from the blob store, off the event loop."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._known: OrderedDict[Sha256, str] = OrderedDict()

    async def text(self, case: ProblemCase) -> dict[str, str]:
        """A sample's input and answer; a `Refusal` where the store does not have what it must have."""
        return {
            "name": case.name,
            "input": await self._text(case.input_sha256),
            "answer": await self._text(case.answer_sha256),
        }

    async def _text(self, name: Sha256) -> str:
        known = self._known.get(name)
        if known is None:
            known = await asyncio.to_thread(self._read, name)
            self._known[name] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _read(self, name: Sha256) -> str:
        try:
            with self._blobs.open(name) as blob:
                content = blob.read(LONGEST_BYTES + 1)
        except (BlobError, OSError) as error:
            log.error("sample_unreadable", error=error, sha256=name)
            raise Refusal(refusals.STORE_UNAVAILABLE, headers={"Retry-After": "5"}) from error
        text = content[:LONGEST_BYTES].decode(errors="replace")
        return text if len(content) <= LONGEST_BYTES else f"{text}…"
