"""The process manager itself, with programs that do nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from deploy.local.programs import Program
from deploy.local.supervision import Supervision, configuration

SLEEPER = Program(name="sleeper", command="sleep 1000")
STUMBLER = Program(name="stumbler", command="sh -c 'test -e DONE || { touch DONE; exit 1; }'", once=True)
PROGRAMS = (SLEEPER, STUMBLER)
PATIENCE_S = 20.0
T = TypeVar("T")

pytestmark = pytest.mark.engine


class Manager(NamedTuple):
    process: subprocess.Popen[bytes]
    supervision: Supervision


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    (tmp_path / "log").mkdir()
    path = tmp_path / "supervisord.conf"
    path.write_text(configuration(tmp_path, PROGRAMS, {}))
    command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(path)]
    with subprocess.Popen(command, cwd=tmp_path) as process:
        try:
            yield Manager(process, Supervision(tmp_path, PROGRAMS))
        finally:
            process.terminate()


@pytest.fixture
def supervision(manager: Manager) -> Supervision:
    return manager.supervision


def test_a_killed_program_is_there_again_as_another_process(supervision: Supervision) -> None:
    first = eventually(lambda: supervision.pid("sleeper"))
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: supervision.pid("sleeper") not in (0, first))


def test_a_stopped_program_stays_stopped_until_it_is_started(supervision: Supervision) -> None:
    eventually(lambda: supervision.pid("sleeper"))
    supervision.stop("sleeper")
    assert supervision.pid("sleeper") == 0
    supervision.start("sleeper")
    assert eventually(lambda: supervision.pid("sleeper"))


def test_a_one_shot_that_fails_is_tried_again_until_it_ends_well(supervision: Supervision) -> None:
    assert eventually(lambda: supervision.ended_well("stumbler"))


def test_a_killed_manager_takes_its_programs_along(manager: Manager) -> None:
    sleeper = Path("/proc") / str(eventually(lambda: manager.supervision.pid("sleeper"))) / "cmdline"
    eventually(lambda: sleeper.read_bytes().startswith(b"sleep"))  # from here on it is bound to the manager's life
    manager.process.kill()
    assert eventually(lambda: not is_running(sleeper))


def eventually(ask: Callable[[], T]) -> T:
    """The first answer that is not empty."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            if answer := ask():
                return answer
        except OSError:  # the manager is just starting
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(command_line: Path) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return bool(command_line.read_bytes())
    except OSError:
        return False
