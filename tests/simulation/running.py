"""Running scenarios: one, many on all cores, and a failing one made as small as it gets."""

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Final

from tests.simulation.faults import Fault
from tests.simulation.kernel import Violation
from tests.simulation.world import Scenario, World, world_of

COLLECT_EVERY: Final = 25
"""Runs between two collections of garbage; collecting within them would take a fifth of the time."""

SMALLEST: Final = (1, 2, 3, 5)
TRACE_LINES: Final = 120
CHUNK: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A scenario in which an invariant does not hold. `about` are ids by which its trace can be searched."""

    scenario: Scenario
    invariant: str
    detail: str
    steps: int
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.invariant}: {self.detail}\n  replay: {replay_of(self.scenario)}"


def replay_of(scenario: Scenario) -> str:
    """What a person types to see it again."""
    without = ",".join(sorted(fault.value for fault in scenario.without))
    parts = [f"python -m tests.simulation --seed {scenario.seed}"]
    parts += [f"--submissions {scenario.submissions}"] if scenario.submissions is not None else []
    parts += [f"--without {without}"] if without else []
    parts += [f"--dies-at {scenario.doomed_step}"] if scenario.doomed_step >= 0 else []
    return " ".join(parts)


def failure_of(scenario: Scenario) -> Failure | None:
    """What goes wrong in the scenario."""
    world = world_of(scenario)
    return _failure(world)


def traced(scenario: Scenario) -> tuple[Failure | None, list[str]]:
    """The same, and everything that happened, line by line."""
    world = world_of(scenario, traced=True)
    failure = _failure(world)
    return failure, world.kernel.trace or []


def shrunk(failure: Failure) -> Failure:
    """The smallest scenario of that seed that breaks the same invariant: few submissions, few kinds of faults."""
    smallest = failure
    for submissions in SMALLEST:
        smallest = _rather(smallest, replace(failure.scenario, submissions=submissions))
        if smallest is not failure:
            break
    for fault in Fault:
        without = smallest.scenario.without | {fault}
        smallest = _rather(smallest, replace(smallest.scenario, without=without))
    return smallest


def told_trace(failure: Failure, trace: Sequence[str]) -> list[str]:
    """The lines that matter: faults, and what is about the ids of the failure; else the last ones."""
    marks = tuple(about[-20:] for about in failure.about if len(about) > 5)
    lines = [line for line in trace if any(mark in line for mark in marks) or _is_fault(line)]
    return (lines if marks else list(trace))[-TRACE_LINES:]


def failures_of(seeds: range, workers: int = 1) -> Iterator[Failure]:
    """The failures among so many seeds, by as many processes; in the order of the seeds."""
    chunks = [range(begin, min(begin + CHUNK, seeds.stop)) for begin in range(seeds.start, seeds.stop, CHUNK)]
    if workers == 1:
        for chunk in chunks:
            yield from failures_in(chunk)
        return
    with get_context("fork").Pool(workers) as pool:
        for found in pool.imap(failures_in, chunks):
            yield from found


def calm_scenario(seed: int) -> Scenario:
    """In which nothing goes wrong; a jury is there, as is every other process."""
    return Scenario(seed=seed, without=frozenset(Fault) - {Fault.REJUDGINGS})


def failures_at_every_step(seed: int, stride: int = 1) -> tuple[int, list[Failure]]:
    """How many steps that seed has when nothing goes wrong, and what goes wrong if a process dies at any of them.

    With a stride, only at every so many-th.
    """
    calm = calm_scenario(seed)
    found: list[Failure] = []
    with quiet():
        world = world_of(calm)
        world.run()
        for number, step in enumerate(range(0, world.kernel.steps, stride)):
            if number % COLLECT_EVERY == 0:
                gc.collect()
            failure = failure_of(replace(calm, doomed_step=step))
            if failure is not None:
                found.append(failure)
    return world.kernel.steps, found


def failures_in(seeds: range) -> list[Failure]:
    """The failures among these seeds, one after the other in this process."""
    found: list[Failure] = []
    with quiet():
        for number, seed in enumerate(seeds):
            if number % COLLECT_EVERY == 0:
                gc.collect()
            failure = failure_of(Scenario(seed=seed))
            if failure is not None:
                found.append(failure)
    return found


def first_failure(most_seeds: int, is_it: Callable[[Failure], bool] = lambda _: True) -> Failure | None:
    """The failure of the first seed that has one."""
    with quiet():
        for seed in range(most_seeds):
            failure = failure_of(Scenario(seed=seed))
            if failure is not None and is_it(failure):
                return failure
    return None


@contextmanager
def quiet() -> Iterator[None]:
    """Without what services log, which tells of every fault, and without collecting garbage in between."""
    logging.disable(logging.CRITICAL)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        if was_enabled:
            gc.enable()


def _failure(world: World) -> Failure | None:
    """A violation, or an exception that nobody has reckoned with: code of ours that does not stand what happens."""
    try:
        world.run()
    except Violation as broken:
        return _told(world, broken.invariant, broken.detail, *broken.about)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
        return _told(world, "something is raised", f"{type(error).__name__}: {error}")
    return None


def _told(world: World, invariant: str, detail: str, *about: str) -> Failure:
    return Failure(
        scenario=world.scenario, invariant=invariant, detail=detail[:600], steps=world.kernel.steps, about=about
    )


def _rather(known: Failure, scenario: Scenario) -> Failure:
    """The failure of the smaller scenario, if it has the same."""
    failure = failure_of(scenario)
    return failure if failure is not None and failure.invariant == known.invariant else known


def _is_fault(line: str) -> bool:
    return any(word.isupper() and len(word) > 3 for word in line.split())
