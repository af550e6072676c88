"""Fixtures that start real engines and the whole system, on ports and in folders of their own.

A test that asks for `engines`, `docker_url` or `stack` is marked so; `make check` leaves out what is marked.
"""

import gc
from collections.abc import Iterator

import pytest

from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.setup.docker import daemon
from tests.engine_supply import EngineSupply, PortSupply, fresh_system

MARKED_FIXTURES = {"engines": "engine", "docker_url": "docker", "stack": "stack"}
SUPPLY = pytest.StashKey[EngineSupply]()
PORTS = pytest.StashKey[PortSupply]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by the fixtures that it asks for."""
    for item in items:
        for fixture, mark in MARKED_FIXTURES.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is left now will run: the first engines can start.

    What was imported and collected stays to the end. To look through it for garbage again and again would be a sixth of
    the CPU time of the unit tests.
    """
    gc.collect()
    gc.freeze()
    folders = {item.path.parent for item in session.items if item.get_closest_marker("engine")}
    session.config.stash[PORTS] = PortSupply()
    session.config.stash[SUPPLY] = EngineSupply(session.config.stash[PORTS], len(folders))
    if not session.config.option.collectonly:
        session.config.stash[SUPPLY].start_ahead()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Behind the last test of a folder its engines are not needed any more."""
    try:
        yield
    finally:
        if nextitem is None or nextitem.path.parent != item.path.parent:
            item.config.stash[SUPPLY].give_back()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing that was started stays."""
    gc.unfreeze()
    if supply := session.config.stash.get(SUPPLY, None):
        supply.close()


@pytest.fixture(scope="module")
def engine_stack(request: pytest.FixtureRequest) -> Stack:
    """Broker, Cassandra and registry, for whoever has to stop one.

    Our topics and schemas are there, and nothing else. The modules of a folder share them: they look at records, groups
    and keyspaces of their own alone. Another folder's services would have the same groups, so that both would share
    partitions.
    """
    return request.config.stash[SUPPLY].take()


@pytest.fixture(scope="module")
def engines(engine_stack: Stack) -> dict[str, str]:
    """The JUDGESTREAM_* variables that name broker, Cassandra and registry."""
    return engine_stack.environment()


@pytest.fixture(scope="session")
def docker_url() -> Iterator[str]:
    """A Docker daemon that answers, started for this session where there is none."""
    with daemon() as url:
        yield url


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The whole system for this session."""
    system = fresh_system("stack", request.config.stash[PORTS].take(), engines_only=False)
    system.start()
    try:
        yield system
    finally:
        system.stop()


@pytest.fixture
def unused_ports(request: pytest.FixtureRequest) -> Ports:
    """Ports for a system that a test starts by itself."""
    return request.config.stash[PORTS].take()
