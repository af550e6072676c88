"""Some seeds of the simulation every time; `make simulate` runs as many as one has time for."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.faults import Fault
from tests.simulation.planted import PLANTED, Planted, found
from tests.simulation.running import failures_at_every_step, failures_in, quiet, shrunk, traced
from tests.simulation.world import Scenario

SEEDS = 200
QUICK = (
    "the router acknowledges before it appends",
    "the commit tracker commits past a gap",
    "the last verdict wins",
    "checkpoint before rows",
    "announcement before rows",
    "a zombie's checkpoint goes back",
)
BY_NAME = {bug.name: bug for bug in PLANTED}


def test_invariants_hold_whatever_is_killed_lost_and_repeated() -> None:
    """A failure tells its seed, by which `python -m tests.simulation --seed` replays it."""
    assert [str(failure) for failure in failures_in(range(SEEDS))] == []


def test_a_death_between_any_two_effects_is_got_over() -> None:
    """Every so many-th step of a life in which nothing else goes wrong; `make simulate` takes every one."""
    steps, failures = failures_at_every_step(32, stride=37)
    assert steps > 500
    assert [str(failure) for failure in failures] == []


@pytest.mark.parametrize("bug", [BY_NAME[name] for name in QUICK], ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Planted) -> None:
    assert found(bug, SEEDS // 4) is not None


def test_a_seed_is_replayed_exactly() -> None:
    scenario = Scenario(seed=17)
    with quiet():
        assert traced(scenario)[1] == traced(scenario)[1]


def test_a_seed_is_replayed_exactly_by_another_process() -> None:
    """Sets and dicts of strings stand in another order there."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", "3", "--whole"]
    told = [
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, check=True, text=True
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(told[0].splitlines()) > 100


def test_a_failure_is_made_smaller() -> None:
    bug = BY_NAME["checkpoint before rows"]
    failure = found(bug, 1)
    assert failure is not None
    from tests.simulation.planted import planted

    with quiet(), planted(bug):
        smallest = shrunk(failure)
    assert smallest.invariant == failure.invariant
    assert smallest.steps <= failure.steps
    assert smallest.scenario == replace(
        smallest.scenario, seed=failure.scenario.seed, without=smallest.scenario.without & frozenset(Fault)
    )


def test_the_architecture_page_lists_every_planted_bug() -> None:
    page = (Path(__file__).resolve().parents[2] / "ARCHITECTURE.md").read_text()
    table = page.partition("<!-- planted -->")[2].partition("<!-- end -->")[0]
    assert [line.split(" | ")[0].removeprefix("| ") for line in table.strip().splitlines()[2:]] == list(BY_NAME)
