"""Brings the manifests that events name, which are blobs, before the events are folded."""

import asyncio
from collections.abc import Iterable

from projections.projector.patience import Patience
from schemas.blobs.port import BlobMissing, BlobStore
from schemas.eventlog.port import Record, Undecodable
from schemas.ids import Sha256
from schemas.manifests import manifest_named_by
from schemas.values import Position


class Manifests:
    """Reads them off the event loop. One that is not there was kept before it was named: we wait until it is back."""

    def __init__(self, blobs: BlobStore, patience: Patience) -> None:
        self._blobs = blobs
        self._patience = patience

    async def named_by(self, records: Iterable[Record]) -> dict[Position, bytes]:
        """The manifest of each record that names one."""
        found: dict[Position, bytes] = {}
        for record in records:
            name = None if isinstance(record.event, Undecodable) else manifest_named_by(record.event)
            if name is not None:
                found[record.position] = await self._manifest(name)
        return found

    async def _manifest(self, name: Sha256) -> bytes:
        return await self._patience.until_done("blobs", lambda: asyncio.to_thread(self._read, name))

    def _read(self, name: Sha256) -> bytes:
        try:
            return self._blobs.get(name)
        except OSError as error:
            raise BlobMissing(f"the blob {name} cannot be read: {error}") from error
