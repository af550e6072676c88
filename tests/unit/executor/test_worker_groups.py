"""What the worker does when its group gives and takes partitions in ways that a broker seldom does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag

import pytest

from schemas.eventlog.memory_readers import MemoryGroupReader
from schemas.eventlog.port import Assigned, Committed, GroupReader, Partition, Record, Revoked
from schemas.topics import Topic, executor_group
from schemas.values import Verdict
from tests.unit.executor.house import POOL, PRACTICE, House, wait_until


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.released.set()
    for life in made.lives:
        life.end()


@dataclass
class OddGroups:
    """Groups whose members can be told to be lost and found again without a word, or to deliver a stray."""

    house: House
    lose: Flag = field(default_factory=Flag)
    meanwhile: Callable[[], object] = lambda: None
    strays: list[Record] = field(default_factory=list)

    def group_reader(
        self, topics: Sequence[Topic], group: str, *, assigned: Assigned | None = None, revoked: Revoked | None = None
    ) -> GroupReader:
        def join() -> MemoryGroupReader:
            return self.house.log.group_reader(topics, group, assigned=assigned, revoked=revoked)

        return OddReader(self, join)


class OddReader:
    """A member of it."""

    def __init__(self, groups: OddGroups, join: Callable[[], MemoryGroupReader]) -> None:
        self._groups = groups
        self._join = join
        self._member: MemoryGroupReader = join()

    def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        if self._groups.lose.is_set():
            self._groups.lose.clear()
            self._member.die()
            self._groups.meanwhile()
            self._member = self._join()
        strays, self._groups.strays = self._groups.strays, []
        return strays + self._member.poll(max_records, timeout_s)

    def next_offsets(self) -> dict[Partition, int]:
        return self._member.next_offsets()

    def assignment(self) -> frozenset[Partition]:
        return self._member.assignment()

    def commit(self, offsets: Mapping[Partition, Committed]) -> frozenset[Partition]:
        return self._member.commit(offsets)

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._member.pause(partitions)

    def resume(self, partitions: Sequence[Partition]) -> None:
        self._member.resume(partitions)

    def close(self) -> None:
        self._member.close()


def test_what_was_known_of_a_partition_is_forgotten_when_it_is_assigned_again(house: House) -> None:
    groups = OddGroups(house)
    house.put("hold")
    for number in range(5):
        house.put(f"go-{number}")
    house.start(slots=1, groups=groups)
    wait_until(lambda: house.running == ["hold"])
    groups.lose.set()
    wait_until(lambda: not groups.lose.is_set() and len(house.log.members) == 2)
    house.put("after")
    house.released.set()
    wait_until(lambda: len(house.verdicts()) == 7)
    wait_until(lambda: house.note() == Committed(offset=7))
    assert house.begun.count("hold") == 1, "it was still running here"
    assert set(house.verdicts().values()) == {Verdict.AC}
    assert house.letters() == []


def test_what_another_has_done_meanwhile_is_neither_done_nor_taken_back(house: House) -> None:
    def another_judges_three() -> None:
        with_it = house.log.group_reader([PRACTICE], executor_group(POOL))
        wait_until(lambda: bool(with_it.poll(1, 0.01)))
        with_it.commit({Partition(PRACTICE.name, 0): Committed(offset=3)})
        with_it.close()

    groups = OddGroups(house, meanwhile=another_judges_three)
    house.put("hold")
    for number in range(1, 6):
        house.put(f"go-{number}")
    house.start(slots=1, groups=groups)
    wait_until(lambda: house.running == ["hold"])
    groups.lose.set()
    wait_until(lambda: len(house.log.members) == 3)
    house.released.set()
    wait_until(lambda: house.note() == Committed(offset=6))
    assert house.begun == ["hold", "go-3", "go-4", "go-5"]


def test_a_record_of_a_partition_that_is_anothers_is_left_to_it(house: House) -> None:
    groups = OddGroups(house)
    other = house.log.group_reader([PRACTICE], executor_group(POOL))
    house.start(groups=groups)
    wait_until(lambda: bool(other.poll(1, 0.01) or other.assignment()) and len(other.assignment()) < 6)
    stray_at = max(other.assignment()).number
    house.put("stray", partition=stray_at)
    groups.strays = [record for record in house.log.records(PRACTICE) if record.position.partition == stray_at]
    wait_until(lambda: groups.strays == [])
    house.put("ours", partition=min(set(range(6)) - {at.number for at in other.assignment()}))
    wait_until(lambda: "ours" in house.verdicts())
    assert house.begun == ["ours"]
    other.close()
    wait_until(lambda: "stray" in house.verdicts())
