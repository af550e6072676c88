"""`python -m ingest_api.write_openapi`: writes the description of this API to where all services find it."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ingest_api.app import Ports, make_api
from ingest_api.claims.memory import MemoryClaims
from ingest_api.senders.memory import MemorySenders
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from schemas.http.identity import Tokens
from schemas.http.openapi import FOLDER, text_of


def main() -> None:
    """Makes the application on adapters that need no engine, and asks it."""
    key = Ed25519PrivateKey.generate().public_key()
    with TemporaryDirectory() as folder:
        ports = Ports(
            log=MemoryEventLog(),
            claims=MemoryClaims(),
            senders=MemorySenders(),
            blobs=DirectoryBlobStore(Path(folder)),
            tokens=Tokens(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
            clock=lambda: datetime.now(UTC),
            chance=lambda: 0,
        )
        (FOLDER / "ingest_api.json").write_text(text_of(make_api(ports).openapi()))


if __name__ == "__main__":
    main()
