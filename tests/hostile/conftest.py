"""An arena for each adapter, with the programs compiled once for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.adapters import KINDS
from tests.hostile.arena import Arena, arena
from tests.hostile.building import KEPT, build


@pytest.fixture(scope="session")
def programs() -> dict[str, Path]:
    """The hostile C programs as static files."""
    return build(KEPT)


@pytest.fixture(scope="session", params=KINDS)
def ground(
    request: pytest.FixtureRequest,
    docker_url: str,
    programs: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Arena]:
    """Where one adapter is attacked."""
    with arena(request.param, docker_url, tmp_path_factory.mktemp("arena"), programs) as made:
        yield made
