"""A job that kills its executor, on a log in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

import pytest

from executor.attempts import Start
from executor.sandbox.errors import Stopped
from executor.slots import CountAgain
from executor.worker import Worker
from schemas.eventlog.port import Committed, Partition, Record
from schemas.topics import executor_group
from schemas.values import DeadLetterReason, Lane, Verdict
from tests.unit.executor.house import DEADLINE_S, POOL, PRACTICE, House, wait_until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.released.set()
    for life in made.lives:
        life.end()


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_poison_among_innocents_ends_alone_and_blames_nobody(house: House, slots: int) -> None:
    innocents = [f"go-{number}" for number in range(12)]
    for number, name in enumerate(innocents):
        house.put(name, partition=number % 3)
        if number == 4:
            house.put("poison", partition=1)
    house.until_judged(slots)
    assert house.verdicts() == {"poison": Verdict.JUDGE_ERROR, **dict.fromkeys(innocents, Verdict.AC)}
    (letter,) = house.letters()
    assert letter.reason is DeadLetterReason.ATTEMPTS_EXHAUSTED
    assert "died 3 times while it ran alone" in letter.detail
    assert house.attempts("poison") == [1, 2, 3, 4]
    assert house.company[1:] == [["poison"]] * 3


def test_two_poisons_in_one_partition_both_end(house: House) -> None:
    for name in ("go-1", "poison-1", "go-2", "poison-2", "go-3"):
        house.put(name)
    house.until_judged(2)
    assert {name for name, verdict in house.verdicts().items() if verdict is Verdict.JUDGE_ERROR} == {
        "poison-1",
        "poison-2",
    }
    assert len(house.letters()) == 2


def test_no_run_begins_before_its_start_is_in_the_log(house: House) -> None:
    house.put("hold")
    house.start()
    wait_until(lambda: house.running)
    assert house.note() == Committed(offset=0, metadata="1 0:01r0")


def test_a_drain_takes_back_the_counts_of_what_it_stops(house: House) -> None:
    house.put("hold-1")
    house.put("hold-2")
    life = house.start()
    wait_until(lambda: len(house.running) == 2)
    life.stop.set()
    life.thread.join(DEADLINE_S)
    assert house.note() == Committed(offset=0, metadata="1 0:01f0 1:01f0")
    house.start()
    wait_until(lambda: len(house.running) == 2)
    house.released.set()
    wait_until(lambda: len(house.verdicts()) == 2)
    assert (house.attempts("hold-1"), house.attempts("hold-2")) == ([1, 2], [1, 2])


def test_who_ran_at_a_death_is_judged_in_the_end_and_nobody_is_blamed(house: House) -> None:
    house.put("hold-1")
    house.put("hold-2")
    life = house.start()
    wait_until(lambda: len(house.running) == 2)
    life.die()
    life.end()
    assert house.note() == Committed(offset=0, metadata="1 0:01r0 1:01r0")
    house.put("hold-3", lane=Lane.CONTEST)
    house.put("hold-4", lane=Lane.CONTEST)
    house.start()
    wait_until(lambda: house.running == ["hold-3", "hold-4"] or house.running == ["hold-4", "hold-3"])
    house.released.set()
    wait_until(lambda: len(house.verdicts()) == 4)
    assert set(house.verdicts().values()) == {Verdict.AC}
    assert house.letters() == []


@dataclass
class Breaking:
    """A runner with a fault that nobody had reckoned with."""

    fault: Exception

    def bring_to_its_end(self, record: Record, start: Start, count_again: CountAgain) -> None:  # noqa: ARG002
        raise self.fault

    def stop(self) -> None:
        """There is nothing to end."""


@pytest.mark.parametrize("fault", [ZeroDivisionError(), Stopped("by nobody")], ids=["a slip", "stopped by nobody"])
def test_a_job_that_breaks_a_slot_is_counted_too(house: House, fault: Exception) -> None:
    house.put("go")
    for _ in range(4):
        with pytest.raises(type(fault)):
            Worker(event_log=house.log, pool=POOL, runners=[Breaking(fault)]).run(Flag())
    assert house.note() == Committed(offset=0, metadata="1 0:04a2")
    house.until_judged(1)
    assert house.verdicts() == {"go": Verdict.JUDGE_ERROR}


def test_a_damaged_note_counts_nothing_and_stops_nobody(house: House) -> None:
    house.put("go")
    with_note = house.log.group_reader([PRACTICE], executor_group(POOL))
    with_note.poll(1, 0)
    with_note.commit({Partition(PRACTICE.name, 0): Committed(offset=0, metadata="\u2603 what is this")})
    with_note.close()
    house.until_judged(2)
    assert house.attempts("go") == [1]
