"""What runs in the guest, in this order: each suite under one of Docker's two drivers of cgroups.

Containers are slow there (four seconds each), so by default only a part of the plain adapter's contract is held there;
with JUDGESTREAM_TEST_CGROUP2 set, all of it is.
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EVERYTHING: Final = "JUDGESTREAM_TEST_CGROUP2"

SLOWNESS: Final = 10
"""An emulated processor is about so many times slower than this one."""

PYTEST: Final = ("-m", "pytest", "-p", "no:cacheprovider", "--color=no", "--tb=short", "-q", "--junitxml={results}.xml")
HOSTILE: Final = ("-m", "tests.hostile", "--programs={programs}/hostile", "--json={results}.jsonl")
CONTRACT: Final = ("tests/contract/sandbox/test_verdicts.py", "tests/contract/sandbox/test_walls.py")
FEW: Final = "(cpp and (sum or hog)) or runaway or children_memory"
"""Of the contract's tests, those that tell most about accounting."""


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
    patience_s: int = 300


SUITES: Final = (
    Suite(
        name="contract-systemd",
        driver=Driver.SYSTEMD,
        arguments=(*PYTEST, *CONTRACT, "-k", f"nested or {FEW} or orphans or fork_bomb or closing or our_fault"),
        passes_at_least=45,
    ),
    Suite(
        name="hostile-systemd",
        driver=Driver.SYSTEMD,
        arguments=(*HOSTILE, "--sandbox=nested", "--language=c"),
        passes_at_least=40,
    ),
    Suite(
        name="contract-cgroupfs",
        driver=Driver.CGROUPFS,
        arguments=(*PYTEST, *CONTRACT, "-k", f"nested or {FEW}"),
        passes_at_least=40,
    ),
)

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
        passes_at_least=40,
        patience_s=1200,
    ),
    Suite(
        name="hostile-cgroupfs",
        driver=Driver.CGROUPFS,
        arguments=(*HOSTILE, "--sandbox=nested", "--language=c"),
        passes_at_least=40,
    ),
)


def wanted_suites() -> tuple[Suite, ...]:
    """Those of this session, by driver, for changing it takes a while."""
    wanted = (*SUITES, *(REST if EVERYTHING in os.environ else ()))
    return tuple(sorted(wanted, key=lambda suite: suite.driver is Driver.CGROUPFS))
