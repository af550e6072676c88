"""Which blobs a problem's body may name by their sha256 alone.

A name is no leave: whatever a sample case names is shown to everyone, and a problem's revision is itself the name of
the blob that holds its hidden cases and its editorial.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from ingest_api.catalog import KnownProblem
from ingest_api.edits import RETRY
from ingest_api.problem_body import BlobName, CaseBody
from ingest_api.senders.port import Senders, SendersUnavailable
from schemas.blobs.port import BlobStore
from schemas.http import refusals
from schemas.http.identity import Identity, Role
from schemas.http.refusals import Refusal
from schemas.ids import Sha256
from schemas.rules.definition import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBlobs:
    """The rule, on the blobs and on who sent them."""

    blobs: BlobStore
    senders: Senders

    async def check(self, cases: Iterable[CaseBody], who: Identity, known: KnownProblem | None) -> None:
        """A `Refusal` unless every blob that is named is there and `who` may name it in that problem.

        A blob that may not be named is refused as one that is not there, so that nobody learns which are.
        """
        named = [
            Sha256(content.sha256)
            for case in cases
            for content in (case.input, case.answer)
            if isinstance(content, BlobName)
        ]
        allowed = await self._allowed(frozenset(named), who, known)
        await asyncio.to_thread(self._refuse_missing, named, allowed)

    async def _allowed(self, names: frozenset[Sha256], who: Identity, known: KnownProblem | None) -> frozenset[Sha256]:
        """Jury and admins see all cases anyway; others name what they sent, or what the problem holds already."""
        if not names or who.has_any(Role.JURY):
            return names
        held = await asyncio.to_thread(self._held, known) if known is not None else frozenset()
        rest = names - held
        if not rest:
            return names
        try:
            return held | await self.senders.sent(who.user_id, rest)
        except SendersUnavailable as error:
            raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers=RETRY) from error

    def _held(self, known: KnownProblem) -> frozenset[Sha256]:
        """What the cases of the current revision name: an edit may send again what it was shown."""
        definition = parse(self.blobs.get(Sha256(known.revision)))
        return frozenset(name for case in definition.cases for name in (case.input_sha256, case.answer_sha256))

    def _refuse_missing(self, named: list[Sha256], allowed: frozenset[Sha256]) -> None:
        for name in named:
            if name not in allowed or not self.blobs.has(name):
                raise Refusal(refusals.BLOB_MISSING, f"send it first: PUT /api/v1/blobs/{name}", sha256=name)
