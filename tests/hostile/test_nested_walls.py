"""What the nested adapter alone promises: a user of its own for every run, and nothing that outlives the supervisor."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from executor.sandbox.errors import SandboxFault
from executor.sandbox.nested import KIND as NESTED
from executor.sandbox.port import Halted, Limit, RunOutcome
from executor.sandbox.waiting import until
from tests.hostile.arena import Arena
from tests.hostile.attack import LIMITS, SLEEPING, Attack
from tests.hostile.machine import Process

PATIENCE_S = 20.0
SLEEPER = Attack(id="A42", name="sleeper", program="sleepers", mode=("sleep",), limits=SLEEPING)
LONG_SLEEPER = replace(SLEEPER, limits=replace(LIMITS, wall_time_ms=60_000))

pytestmark = pytest.mark.parametrize("ground", [NESTED], indirect=True)


@contextmanager
def _sleeping(ground: Arena, attack: Attack) -> Iterator[tuple[Process, Future[RunOutcome]]]:
    """The program's process while it sleeps, and what will come of its run."""
    with ThreadPoolExecutor(max_workers=1) as other:
        run = other.submit(ground.run_in, 0, attack)
        assert until(lambda: bool(_programs(ground)), patience_s=PATIENCE_S)
        yield _programs(ground)[0], run


def _programs(ground: Arena) -> list[Process]:
    return [process for process in ground.machine.processes() if process.name == "main"]


def test_a42_no_two_runs_are_the_same_user(ground: Arena) -> None:
    users = []
    for _ in range(3):
        with _sleeping(ground, SLEEPER) as (program, run):
            users.append(program.user)
            assert run.result().ending == Halted(Limit.WALL)
    assert len(set(users)) == len(users)
    assert all(user in ground.machine.users for user in users)


@pytest.mark.parametrize("victim", ["supervisor", "init"])
def test_nothing_of_a_run_survives_whoever_watches_over_it(ground: Arena, victim: str) -> None:
    ground.run_in(0, SLEEPER)
    before = ground.machine.settled()
    with _sleeping(ground, LONG_SLEEPER) as (program, run):
        above = ground.machine.ancestors(program)
        os.kill(above[0] if victim == "init" else above[-1], signal.SIGKILL)
        with pytest.raises(SandboxFault):
            run.result()
    assert _programs(ground) == []
    assert ground.machine.left_since(before) == []
    assert ground.run_in(0, SLEEPER).ending == Halted(Limit.WALL)
