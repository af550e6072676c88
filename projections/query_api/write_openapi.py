"""`python -m projections.query_api.write_openapi`: writes the description of this API to where all services find it."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from projections.live.wakes import Wakes
from projections.query_api.app import Ports, make_api
from projections.query_api.reads import Reads
from projections.upkeep.port import Upkeep
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from schemas.http.identity import Tokens
from schemas.http.openapi import FOLDER, text_of


def main() -> None:
    """Makes the application, which reads nothing to describe itself, and asks it."""
    key = Ed25519PrivateKey.generate().public_key()
    with TemporaryDirectory() as folder:
        ports = Ports(
            reads=cast(Reads, None),
            upkeep=cast(Upkeep, None),
            log=MemoryEventLog(),
            blobs=DirectoryBlobStore(Path(folder)),
            tokens=Tokens(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
            wakes=Wakes(),
            clock=lambda: datetime.now(UTC),
            ready={},
        )
        (FOLDER / "query_api.json").write_text(text_of(make_api(ports).openapi()))


if __name__ == "__main__":
    main()
