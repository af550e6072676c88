"""`python -m tests.simulation`: runs seeds, replays one with its trace, or shows which planted bugs are found."""

import argparse
import os
import time
from typing import Final

from tests.simulation.faults import Fault
from tests.simulation.planted import print_planted
from tests.simulation.running import Failure, failures_at_every_step, failures_of, quiet, shrunk, told_trace, traced
from tests.simulation.world import Scenario

SEEDS: Final = 10_000
TOLD: Final = 3
"""Failures of which the shortest trace is looked for; of more than these only the seeds are told."""


def main() -> int:
    """0 where all is well."""
    arguments = _arguments()
    if arguments.planted:
        return print_planted()
    if arguments.every_step is not None:
        return die_at_every_step(arguments.every_step)
    if arguments.seed is not None:
        return replay(
            Scenario(
                seed=arguments.seed,
                submissions=arguments.submissions,
                without=frozenset(Fault(name) for name in arguments.without.split(",") if name),
                doomed_step=arguments.dies_at,
            ),
            whole=arguments.whole,
        )
    return simulate(range(arguments.begin, arguments.begin + arguments.seeds))


def replay(scenario: Scenario, *, whole: bool) -> int:
    """Runs one scenario and prints what happened in it."""
    with quiet():
        failure, trace = traced(scenario)
    print("\n".join(trace if whole or failure is None else told_trace(failure, trace)))
    print(f"{len(trace)} lines", "holds" if failure is None else failure, sep="\n")
    return 0 if failure is None else 1


def simulate(seeds: range) -> int:
    """Runs many seeds on all cores; tells the first failures with their traces."""
    began, failed = time.perf_counter(), 0
    for failure in failures_of(seeds, workers=os.cpu_count() or 1):
        failed += 1
        if failed <= TOLD:
            tell(failure)
        else:
            print(failure, flush=True)
    seconds = time.perf_counter() - began
    print(f"{len(seeds)} seeds, {failed} failed, {seconds:.1f} s, {len(seeds) / seconds:.0f} seeds/s")
    return 1 if failed else 0


def die_at_every_step(seed: int) -> int:
    """One life after the other, each with one death more than nothing going wrong."""
    began = time.perf_counter()
    steps, failures = failures_at_every_step(seed)
    for failure in failures:
        print(failure)
    seconds = time.perf_counter() - began
    print(f"a death at each of {steps} steps of seed {seed}: {len(failures)} failed, {seconds:.1f} s")
    return 1 if failures else 0


def tell(failure: Failure) -> None:
    """Prints it as small as it gets."""
    with quiet():
        smallest = shrunk(failure)
        _, trace = traced(smallest.scenario)
    print("\n".join(told_trace(smallest, trace)), failure, "  as small as it gets:", smallest, "", sep="\n", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this one")
    parser.add_argument("--submissions", type=int, help="with --seed: as many of them, instead of the seed's number")
    parser.add_argument("--without", default="", help="with --seed: without these faults, separated by commas")
    parser.add_argument("--dies-at", type=int, default=-1, help="with --seed: at this step, who has the turn dies")
    parser.add_argument("--every-step", type=int, metavar="SEED", help="a death at every step of a calm seed")
    parser.add_argument("--whole", action="store_true", help="with --seed: the whole trace")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many to run")
    parser.add_argument("--begin", type=int, default=0, help="the first of them")
    parser.add_argument("--planted", action="store_true", help="plant bugs, and see which are found")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
