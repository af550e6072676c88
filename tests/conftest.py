"""Fixtures that start real engines and the whole system, on ports and in folders of their own.

A test that asks for `engines`, `docker_url` or `stack` is marked so; `make check` leaves out what is marked.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.setup.docker import daemon
from deploy.setup.places import HOME

MARKED_FIXTURES = {"engines": "engine", "docker_url": "docker", "stack": "stack"}
BASES = range(30_000, 31_000, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by the fixtures that it asks for."""
    for item in items:
        for fixture, mark in MARKED_FIXTURES.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="module")
def engine_stack() -> Iterator[Stack]:
    """Broker, Cassandra and registry, for whoever has to stop one.

    Each module gets empty ones: groups, topics and what a test leaves in them are the same for everybody, so that two
    modules on one log would read each other's records and share each other's partitions.
    """
    with _running("engines", engines_only=True) as system:
        yield system


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
def stack() -> Iterator[Stack]:
    """The whole system for this session."""
    with _running("stack", engines_only=False) as system:
        yield system


@pytest.fixture
def unused_ports() -> Ports:
    """Ports for a system that a test starts by itself."""
    return _free_ports()


@contextmanager
def _running(name: str, *, engines_only: bool) -> Iterator[Stack]:
    """A system in a fresh folder; its logs stay there for whoever looks for the cause of a failure."""
    ports = _free_ports()
    state = HOME / "test" / f"{name}-{ports.base}"
    shutil.rmtree(state, ignore_errors=True)
    system = Stack(state, ports, engines_only=engines_only)
    system.start()
    try:
        yield system
    finally:
        system.stop()


def _free_ports() -> Ports:
    """Ports that nobody holds; sessions of several checkouts begin to look in different places."""
    first = os.getpid() % len(BASES)
    for base in (*BASES[first:], *BASES[:first]):
        if all(_is_free(port) for port in range(base, base + 20)):
            return Ports(gateway=base + 19, base=base)
    raise RuntimeError("no free ports for the tests")


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
