"""Records gather where cores are scarce, and nowhere else."""

import threading

import pytest

from projections.projector.scarcity import LONGEST_PAUSE_S, LOOK_EVERY_S, Scarcity, of_this_thread


class Machine:
    """Tells the time, and how a thread fared."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.ran_ns = self.waited_ns = 0
        self.scarcity = Scarcity(lambda: (self.ran_ns, self.waited_ns), lambda: self.now_s)

    def passes(self, *, ran_ms: int, waited_ms: int) -> float:
        self.now_s += LOOK_EVERY_S
        self.ran_ns += ran_ms * 1_000_000
        self.waited_ns += waited_ms * 1_000_000
        return self.scarcity.pause_s()


def test_where_cores_are_to_be_had_nothing_waits() -> None:
    machine = Machine()
    assert machine.scarcity.pause_s() == 0.0
    assert machine.passes(ran_ms=200, waited_ms=20) == 0.0
    assert machine.passes(ran_ms=0, waited_ms=0) == 0.0


def test_the_scarcer_they_are_the_longer_records_gather() -> None:
    machine = Machine()
    assert machine.passes(ran_ms=50, waited_ms=50) == pytest.approx(LONGEST_PAUSE_S / 2)
    assert machine.passes(ran_ms=10, waited_ms=190) == pytest.approx(LONGEST_PAUSE_S * 0.95)


def test_it_ends_with_the_scarcity() -> None:
    machine = Machine()
    assert machine.passes(ran_ms=10, waited_ms=190) > 0
    assert machine.scarcity.pause_s() > 0
    assert machine.passes(ran_ms=20, waited_ms=1) == 0.0


def test_the_kernel_tells_how_this_thread_fared() -> None:
    before = of_this_thread()
    told: list[float] = []
    thread = threading.Thread(target=lambda: told.append(of_this_thread().pause_s()))
    thread.start()
    thread.join()
    assert before.pause_s() == told[0] == 0.0
