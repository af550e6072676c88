"""The blob store as the services see it: content under its own sha256, written once, never changed."""

from collections.abc import Iterable
from typing import BinaryIO, Protocol

from schemas.ids import Sha256


class BlobError(Exception):
    """Anything that went wrong with the store; always ours, except `BlobMismatch`."""


class BlobMissing(BlobError):
    """No blob of that name is there."""


class BlobMismatch(BlobError):
    """The content does not have the sha256 that it was announced under, or is longer than allowed."""


class BlobStore(Protocol):
    """Keeps blobs; a blob that `put` has answered for survives any process kill."""

    def put(self, content: bytes) -> Sha256:
        """Keeps the content and answers its name; again is harmless."""

    def put_stream(self, expected: Sha256, chunks: Iterable[bytes], *, max_bytes: int) -> int:
        """Keeps streamed content whose name is known, and answers its size; `BlobMismatch` leaves nothing behind."""

    def get(self, name: Sha256) -> bytes:
        """The whole content, checked against its name (`BlobMismatch`); `BlobMissing` where there is none."""

    def open(self, name: Sha256) -> BinaryIO:
        """The content as a stream, not checked; `BlobMissing` where there is none."""

    def has(self, name: Sha256) -> bool:
        """Whether it is there."""
