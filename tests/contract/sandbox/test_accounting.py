"""Known work is measured as what it is, wherever in a run it is done."""

import pytest

from executor.sandbox import nested
from executor.sandbox.port import Exited, RunOutcome
from tests import machine
from tests.contract.sandbox.conftest import MEBIBYTE, Bench

KINDS = ["alone", "children", "orphans", "threads", "ignored"]
"""Where the work is done: the program itself, its children, theirs that nobody waits for, its threads, and children
that the kernel buries without telling their parent what they used."""

CPU_MS = 300
NANOSECONDS_PER_MS = 1_000_000
STARTS_MS = {nested.KIND: 2.0, "container": 20.0}
"""What may be counted beside the work; a container's gate is a shell, which starts the program."""


def worked(bench: Bench, what: str, kind: str, amount: int) -> RunOutcome:
    count = 1 if kind == "alone" else 3
    outcome = bench.run("cpp", "work", f"{what} {kind} {count} {amount // count}\n".encode())
    assert outcome.ending == Exited(0)
    return outcome


@pytest.mark.parametrize("where", KINDS)
def test_cpu_time_is_true(bench: Bench, kind: str, where: str) -> None:
    measured_ms = worked(bench, "cpu", where, CPU_MS).cpu_time_ns / NANOSECONDS_PER_MS
    allowed_ms = max(CPU_MS * 0.05, STARTS_MS[kind]) * machine.SLOWNESS
    assert CPU_MS - 2 <= measured_ms <= CPU_MS + allowed_ms


@pytest.mark.parametrize("where", [kind for kind in KINDS if kind != "threads"])
@pytest.mark.parametrize("mebibytes", [3, 48])
def test_peak_memory_is_true(bench: Bench, where: str, mebibytes: int) -> None:
    measured = worked(bench, "memory", where, mebibytes).memory_bytes
    empty = worked(bench, "memory", where, 0).memory_bytes
    assert abs(measured - empty - mebibytes * MEBIBYTE) <= MEBIBYTE + bench.start_bytes
    assert empty <= 2 * MEBIBYTE + bench.start_bytes
