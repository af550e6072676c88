"""Fixtures of the write side's unit tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ingest_api.claims.memory import MemoryClaims
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from tests.unit.ingest_api.write_side import CPP, Clock, Senders, WriteSide, running


@pytest.fixture
async def write_side(tmp_path: Path) -> AsyncIterator[WriteSide]:
    """A write side that runs and offers C++."""
    clock = Clock()
    side = WriteSide(
        log=MemoryEventLog(clock=clock),
        claims=MemoryClaims(),
        senders=Senders(),
        blobs=DirectoryBlobStore(tmp_path),
        clock=clock,
    )
    side.offer(CPP)
    async with running(side) as http:
        side.http = http
        yield side
