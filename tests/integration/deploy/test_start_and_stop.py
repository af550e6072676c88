"""Starting and stopping: what stays, what must not stay, and what is said where it cannot start."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from confluent_kafka.admin import AdminClient

from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.setup.places import HOME, ROOT

STOP_S = 10.0
"""What the stop of everything may take."""

PATIENCE_S = 90.0


@pytest.mark.engine
def test_a_stop_leaves_the_state_and_nothing_else(unused_ports: Ports) -> None:
    state = fresh_folder(f"stopped-{unused_ports.base}")
    system = Stack(state, unused_ports, engines_only=True)
    system.start()
    cluster = cluster_of(system)
    began = time.monotonic()
    system.stop()
    assert time.monotonic() - began < STOP_S
    assert processes_of(state) == []

    system.start()
    assert cluster_of(system) == cluster
    system.stop()


@pytest.mark.engine
def test_whoever_is_killed_takes_everything_along(unused_ports: Ports) -> None:
    state = fresh_folder(f"killed-{unused_ports.base}")
    with engines_by_command(state, unused_ports) as command:
        await_line(command.stdout, "Ready after")
        assert processes_of(state) != []
        command.kill()
        deadline = time.monotonic() + 2 * STOP_S
        while left := processes_of(state):
            assert time.monotonic() < deadline, f"still there: {left}"
            time.sleep(0.1)


@pytest.mark.engine
def test_an_interrupt_ends_it_well(unused_ports: Ports) -> None:
    state = fresh_folder(f"interrupted-{unused_ports.base}")
    with engines_by_command(state, unused_ports) as command:
        await_line(command.stdout, "broker")  # in the middle of its start
        command.send_signal(signal.SIGINT)
        assert command.wait(2 * STOP_S) == 0
    assert processes_of(state) == []


def test_a_port_that_is_taken_is_told_in_one_line(engines: dict[str, str], unused_ports: Ports) -> None:
    taken = int(engines["JUDGESTREAM_KAFKA"].rsplit(":", 1)[1])
    gateway_alone = Ports(gateway=taken, base=unused_ports.base)
    with engines_by_command(fresh_folder("beside"), gateway_alone) as command:
        _, told = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 1
    assert told == f"port {taken} (gateway) is in use: end who holds it, or choose another with JUDGESTREAM_PORT\n"


def fresh_folder(name: str) -> Path:
    """A state folder that holds nothing yet; what a test leaves there is for whoever looks for a cause."""
    folder = HOME / "test" / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@contextmanager
def engines_by_command(state: Path, ports: Ports) -> Iterator[subprocess.Popen[str]]:
    """`python -m deploy.local engines` as a person would start it; stopped at the end whatever happens."""
    environment = {
        **os.environ,
        "JUDGESTREAM_STATE": str(state),
        "JUDGESTREAM_PORT": str(ports.gateway),
        "JUDGESTREAM_PORT_BASE": str(ports.base),
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "engines"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        try:
            yield command
        finally:
            command.terminate()


def await_line(lines: IO[str] | None, wanted: str) -> None:
    """Reads until a line with these words comes; the end of the lines is a failure."""
    assert lines is not None
    assert any(wanted in line for line in lines), f"ended without {wanted!r}"


def cluster_of(system: Stack) -> str:
    """The id that the broker drew when its storage was made."""
    admin = AdminClient({"bootstrap.servers": system.environment()["JUDGESTREAM_KAFKA"]})
    return str(admin.list_topics(timeout=PATIENCE_S).cluster_id)


def processes_of(state: Path) -> list[str]:
    """The commands of all processes that run with this state, by their environment."""
    mark = f"JUDGESTREAM_BLOBS={state}/".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
        except OSError:  # it has just ended
            continue
    return found
