"""The read side that every test here gets."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.query_api.read_side import ReadSide, made, reading


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[ReadSide]:
    """A read side that runs, with nothing in it."""
    async with reading(tmp_path) as side:
        yield side


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ReadSide:
    """One for all tests of a module that only ask: to make an application takes longer than they do."""
    return made(tmp_path_factory.mktemp("blobs"))
