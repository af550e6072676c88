"""Blobs as a judge asks for them: the same cases again and again, so that contents are kept in memory."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import BinaryIO, Final

from schemas.blobs.port import BlobStore
from schemas.ids import Sha256

KEPT_BYTES: Final = 64 * 1024 * 1024
"""In all: the cases of a few contests' problems."""

LONGEST_KEPT: Final = KEPT_BYTES // 16
"""What is longer is read in about the time in which a program reads it, and would displace many."""


class RememberedBlobs:
    """A `BlobStore` before another one, that keeps the contents asked for last; for all slots at once."""

    def __init__(self, blobs: BlobStore, *, kept_bytes: int = KEPT_BYTES, longest_kept: int = LONGEST_KEPT) -> None:
        self._blobs = blobs
        self._kept_bytes = kept_bytes
        self._longest_kept = longest_kept
        self._kept: OrderedDict[Sha256, bytes] = OrderedDict()
        self._bytes = 0
        self._turn = Lock()

    def get(self, name: Sha256) -> bytes:
        """See the port; checked when it was read from the store."""
        with self._turn:
            if (known := self._kept.get(name)) is not None:
                self._kept.move_to_end(name)
                return known
        content = self._blobs.get(name)
        if len(content) <= self._longest_kept:
            self._keep(name, content)
        return content

    def put(self, content: bytes) -> Sha256:
        """See the port."""
        return self._blobs.put(content)

    def put_stream(self, expected: Sha256, chunks: Iterable[bytes], *, max_bytes: int) -> int:
        """See the port."""
        return self._blobs.put_stream(expected, chunks, max_bytes=max_bytes)

    def open(self, name: Sha256) -> BinaryIO:
        """See the port."""
        return self._blobs.open(name)

    def has(self, name: Sha256) -> bool:
        """See the port."""
        return name in self._kept or self._blobs.has(name)

    def _keep(self, name: Sha256, content: bytes) -> None:
        with self._turn:
            if name not in self._kept:
                self._kept[name] = content
                self._bytes += len(content)
            while self._bytes > self._kept_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])
