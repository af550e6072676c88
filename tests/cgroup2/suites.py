"""What runs in the guest, in this order: each suite under one of Docker's two drivers of cgroups.

Containers are slow there (four seconds each), so JUDGESTREAM_TEST_CGROUP2 says how much is wanted: `attacks` alone, the
`usual` contract, accounting and attacks, each attack under one driver, or `everything` under both.
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.hostile.attacks import PROGRAMS
from tests.hostile.compilations import COLLECTIONS

EXTENT: Final = "JUDGESTREAM_TEST_CGROUP2"

SLOWNESS: Final = 20
"""An emulated processor is about so many times slower than this one where it starts processes, and six at sums."""

PYTEST: Final = ("-m", "pytest", "-p", "no:cacheprovider", "--color=no", "--tb=short", "-q", "--junitxml={results}.xml")
HOSTILE: Final = ("-m", "tests.hostile", "--programs={programs}/hostile", "--json={results}.jsonl")
CONTRACT: Final = tuple(f"tests/contract/sandbox/test_{name}.py" for name in ("verdicts", "walls", "accounting"))
FEW: Final = "(cpp and ((sum and AC) or hog)) or runaway or children_memory"
"""Of the contract's tests, those that tell most about accounting."""


class Extent(StrEnum):
    """How much of it; each holds what is above it but for the driver of the attacks by processes."""

    ATTACKS = "attacks"
    USUAL = "usual"
    EVERYTHING = "everything"


class Driver(StrEnum):
    """Who makes the cgroups of containers: systemd, as on most machines, or Docker itself."""

    SYSTEMD = "systemd"
    CGROUPFS = "cgroupfs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Python's arguments; `{results}` and `{programs}` stand for paths. It is ended after `patience_s`.

    Fewer passed tests than `passes_at_least` mean that something was left out that should not have been.
    """

    name: str
    driver: Driver
    arguments: tuple[str, ...]
    passes_at_least: int
    patience_s: int = 400


PROCESSES: Final = ("A1", "A2", "A3", "A4", "A13", "A14")
MEMORY: Final = ("A5", "A6", "A7", "A8", "A21")
COLLECTED: Final = tuple(sorted({collection.id for collection in COLLECTIONS}))


def _without(attacks: tuple[str, ...]) -> tuple[str, ...]:
    """All others that are C programs."""
    tried = {program.id for program in PROGRAMS if program.language == "c"} | {each.id for each in COLLECTIONS}
    return tuple(sorted(tried.difference(attacks), key=lambda attack: int(attack[1:])))


def _hostile(*attacks: str) -> tuple[str, ...]:
    return (*HOSTILE, "--sandbox=nested", "--language=c", *(f"--only={attack}" for attack in attacks))


ATTACKS: Final = (
    Suite(
        name="hostile-memory-systemd",
        driver=Driver.SYSTEMD,
        arguments=_hostile(*MEMORY),
        passes_at_least=25,
    ),
    Suite(
        name="hostile-rest-systemd",
        driver=Driver.SYSTEMD,
        arguments=_hostile(*_without((*PROCESSES, *MEMORY, *COLLECTED))),
        passes_at_least=35,
    ),
    Suite(
        name="hostile-collected-systemd",
        driver=Driver.SYSTEMD,
        arguments=_hostile(*COLLECTED),
        passes_at_least=15,
    ),
)

BY_PROCESSES: Final = Suite(
    name="hostile-processes-systemd",
    driver=Driver.SYSTEMD,
    arguments=_hostile(*PROCESSES),
    passes_at_least=25,
)

USUAL: Final = (
    Suite(
        name="contract-systemd",
        driver=Driver.SYSTEMD,
        arguments=(*PYTEST, *CONTRACT, "-k", f"nested or {FEW} or fork_bomb or closing"),
        passes_at_least=55,
    ),
    *ATTACKS,
    Suite(
        name="contract-cgroupfs",
        driver=Driver.CGROUPFS,
        arguments=(*PYTEST, *CONTRACT, "-k", f"nested or {FEW}"),
        passes_at_least=50,
    ),
    Suite(
        name="hostile-processes-cgroupfs",
        driver=Driver.CGROUPFS,
        arguments=_hostile(*PROCESSES),
        passes_at_least=25,
    ),
)
"""Two of the same driver run side by side: the guest has two cores."""

REST: Final = (
    Suite(
        name="contract-container-systemd",
        driver=Driver.SYSTEMD,
        arguments=(*PYTEST, *CONTRACT, "-k", "not nested"),
        passes_at_least=35,
    ),
    Suite(
        name="hostile-container-systemd",
        driver=Driver.SYSTEMD,
        arguments=(*HOSTILE, "--sandbox=container", "--language=c"),
        passes_at_least=100,
        patience_s=1800,
    ),
    BY_PROCESSES,
    Suite(
        name="hostile-rest-cgroupfs",
        driver=Driver.CGROUPFS,
        arguments=_hostile(*_without(PROCESSES)),
        passes_at_least=75,
    ),
)

OF_EXTENT: Final = {
    Extent.ATTACKS: (BY_PROCESSES, *ATTACKS),
    Extent.USUAL: USUAL,
    Extent.EVERYTHING: (*USUAL, *REST),
}


def extent() -> Extent:
    """What was asked for; the attacks where nothing was."""
    return Extent(os.environ.get(EXTENT) or Extent.ATTACKS)


def wanted_suites() -> tuple[Suite, ...]:
    """Those of this session, by driver, for changing it takes a while."""
    return tuple(sorted(OF_EXTENT[extent()], key=lambda suite: suite.driver is Driver.CGROUPFS))
