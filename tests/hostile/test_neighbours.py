"""What an attack does to an honest program in the next slot: nothing to its verdict, little to its CPU time.

Pairs of runs, one beside the attack and one alone, alternate, so that whatever else the machine does hits both. Cores
share the last cache and the memory bus, which no container shares out: a program that works in memory, beside one
that does nothing but thrash it, is held to a wider bound.
"""

import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from executor.policy import case_verdict
from executor.sandbox.nested import KIND as NESTED
from executor.sandbox.port import RunOutcome
from schemas.values import Verdict
from tests.hostile.arena import Arena
from tests.hostile.attack import LIMITS, MEBIBYTE, Attack

PAIRS = 5
DIFFERENCE = 0.10
SHARED_CACHE_DIFFERENCE = 0.50

ATTACK_LIMITS = replace(LIMITS, cpu_time_ms=60_000, wall_time_ms=400, memory_bytes=256 * MEBIBYTE)
HONEST_LIMITS = replace(LIMITS, cpu_time_ms=10_000)
NEAR = Attack(id="A1", name="honest", program="honest", mode=("near",), limits=HONEST_LIMITS)
FAR = replace(NEAR, mode=("far",))


def _attack(name: str, program: str, mode: str = "") -> Attack:
    return Attack(id="A1", name=name, program=program, mode=(mode,), limits=ATTACK_LIMITS)


ATTACKS = [
    (_attack("fork bomb", "fork_bomb", "spin"), NEAR, DIFFERENCE),
    (_attack("memory hog", "memory", "heap"), NEAR, DIFFERENCE),
    (_attack("output flood", "output", "flood_stderr"), NEAR, DIFFERENCE),
    (_attack("disk fill", "disk", "fill"), NEAR, DIFFERENCE),
    (_attack("cache thrash", "thrash"), NEAR, DIFFERENCE),
    (_attack("cache thrash", "thrash"), FAR, SHARED_CACHE_DIFFERENCE),
]


@contextmanager
def _beside(ground: Arena, attack: Attack) -> Iterator[None]:
    """Attacks in the second slot, again and again, as long as the context lasts."""
    begun, ending = threading.Event(), threading.Event()

    def go_on() -> None:
        while not ending.is_set():
            begun.set()
            ground.run_in(1, attack)

    thread = threading.Thread(target=go_on)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _run(ground: Arena, honest: Attack) -> RunOutcome:
    outcome = ground.run_in(0, honest)
    assert case_verdict(outcome, honest.allowance(), lambda output: output.strip().isdigit()) is Verdict.AC
    return outcome


@pytest.mark.parametrize("ground", [NESTED], indirect=True)
@pytest.mark.parametrize(
    ("attack", "honest", "difference"),
    ATTACKS,
    ids=[f"{attack.name}-{honest.mode[0]}" for attack, honest, _ in ATTACKS],
)
def test_a_neighbour_changes_little(ground: Arena, attack: Attack, honest: Attack, difference: float) -> None:
    alone, disturbed = [], []
    _run(ground, honest)
    for _ in range(PAIRS):
        alone.append(_run(ground, honest).cpu_time_ns)
        with _beside(ground, attack):
            disturbed.append(_run(ground, honest).cpu_time_ns)
    ratio = statistics.median(disturbed) / statistics.median(alone)
    print(f"{attack.name}, {honest.mode[0]}: {ratio - 1:+.1%} of {statistics.median(alone) / 1e6:.1f} ms")
    assert ratio - 1 <= difference
