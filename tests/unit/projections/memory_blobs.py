"""A blob store in memory: a fake of the port, from which a blob can be taken away for a while."""

import hashlib
import io
from collections.abc import Iterable
from typing import BinaryIO

from schemas.blobs.port import BlobMismatch, BlobMissing
from schemas.ids import Sha256


class MemoryBlobs:
    """Keeps what was put; names in `missing` are not found; `asked` counts readings."""

    def __init__(self) -> None:
        self.kept: dict[Sha256, bytes] = {}
        self.missing: set[Sha256] = set()
        self.asked = 0

    def put(self, content: bytes) -> Sha256:
        """See the port."""
        name = Sha256(hashlib.sha256(content).hexdigest())
        self.kept[name] = content
        return name

    def put_stream(self, expected: Sha256, chunks: Iterable[bytes], *, max_bytes: int) -> int:
        """See the port."""
        content = b"".join(chunks)
        if len(content) > max_bytes or hashlib.sha256(content).hexdigest() != expected:
            raise BlobMismatch(expected)
        self.put(content)
        return len(content)

    def get(self, name: Sha256) -> bytes:
        """See the port."""
        self.asked += 1
        if name in self.missing or name not in self.kept:
            raise BlobMissing(f"there is no blob {name}")
        return self.kept[name]

    def open(self, name: Sha256) -> BinaryIO:
        """See the port."""
        return io.BytesIO(self.get(name))

    def has(self, name: Sha256) -> bool:
        """See the port."""
        return name in self.kept and name not in self.missing
