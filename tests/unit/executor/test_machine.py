"""What the kernel counts, read from files as it writes them."""

from pathlib import Path

import pytest

from executor.machine import Machine
from executor.policy import Strain


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    write(tmp_path, steal=7, cpu_us=1_000, memory_us=20)
    return tmp_path


def write(proc: Path, *, steal: int, cpu_us: int, memory_us: int) -> None:
    lines = [
        f"cpu  68421 8805 23679 75971 1433 0 795 {10 * steal} 0 0",
        f"cpu0 1 2 3 4 5 6 7 {2 * steal} 0 0",
        f"cpu1 1 2 3 4 5 6 7 {steal} 0 0",
        f"cpu10 1 2 3 4 5 6 7 {3 * steal} 0 0",
        "intr 12345 0 9",
    ]
    (proc / "stat").write_text("\n".join(lines) + "\n")
    (proc / "pressure").mkdir(exist_ok=True)
    for resource, waited_us in (("cpu", cpu_us), ("memory", memory_us)):
        text = f"some avg10=54.69 avg60=51.32 avg300=38.15 total={waited_us}\nfull avg10=0.00 total=77777\n"
        (proc / "pressure" / resource).write_text(text)


def test_tells_what_has_come_on_top(proc: Path) -> None:
    strain = Machine(1, proc).watch()
    assert strain() == Strain()
    write(proc, steal=9, cpu_us=1_500, memory_us=21)
    assert strain() == Strain(stolen_ns=20_000_000, cpu_waited_ns=500_000, memory_waited_ns=1_000)


def test_without_a_core_of_its_own_the_mean_of_all_counts(proc: Path) -> None:
    strain = Machine(None, proc).watch()
    write(proc, steal=9, cpu_us=1_000, memory_us=20)
    assert strain() == Strain(stolen_ns=40_000_000)


def test_a_kernel_without_pressure_tells_of_theft_alone(proc: Path) -> None:
    for resource in ("cpu", "memory"):
        (proc / "pressure" / resource).unlink()
    strain = Machine(1, proc).watch()
    write(proc, steal=8, cpu_us=1, memory_us=1)
    for resource in ("cpu", "memory"):
        (proc / "pressure" / resource).unlink()
    assert strain() == Strain(stolen_ns=10_000_000)


def test_watches_that_begin_close_together_share_one_look(proc: Path) -> None:
    machine = Machine(1, proc)
    machine.watch()
    write(proc, steal=8, cpu_us=1_000, memory_us=20)
    assert machine.watch()().stolen_ns == 10_000_000


def test_the_counts_of_this_machine_can_be_read() -> None:
    strain = Machine(None).watch()()
    assert min(strain.stolen_ns, strain.cpu_waited_ns, strain.memory_waited_ns) >= 0
