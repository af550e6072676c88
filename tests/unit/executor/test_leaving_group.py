"""A membership that ends while an executor stands aside: others get its partitions, and it comes back."""

from executor.leaving_group import LeavableGroups
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.port import Committed, GroupReader, Partition, Record
from schemas.topics import JOBS
from schemas.values import Lane
from tests.unit.executor.jobs import job

TOPIC = JOBS[Lane.PRACTICE]
GROUP = "executors"
ALL = frozenset(Partition(TOPIC.name, number) for number in range(TOPIC.partitions))
AT = Partition(TOPIC.name, 0)


class Bench:
    """A log, a member that may leave, and what it lost."""

    def __init__(self) -> None:
        self.log = MemoryEventLog()
        self.why: str | None = None
        self.busy = 0
        self.lost: list[frozenset[Partition]] = []
        groups = LeavableGroups(groups=self.log, why_aside=lambda: self.why, busy=lambda: self.busy)
        self.member = groups.group_reader([TOPIC], GROUP, revoked=self._revoked)

    def _revoked(self, lost: frozenset[Partition]) -> None:
        self.lost.append(lost)
        self.member.commit({AT: Committed(offset=1)})

    def submit(self, partition: int = 0) -> None:
        self.log.append(TOPIC, job(), partition=partition).result(1)


def polled(member: GroupReader) -> list[Record]:
    """What comes within a few polls, in which groups settle."""
    return [record for _ in range(3) for record in member.poll(10, 0.0)]


def offsets(records: list[Record]) -> list[int]:
    return [record.position.offset for record in records]


def test_while_nothing_is_wrong_it_is_a_member_like_any_other() -> None:
    bench = Bench()
    bench.submit()
    assert offsets(polled(bench.member)) == [0]
    assert bench.member.assignment() == ALL
    bench.member.commit({AT: Committed(offset=1)})
    assert bench.log.committed(GROUP, TOPIC)[0].offset == 1
    bench.member.close()
    assert bench.lost == [ALL]


def test_it_leaves_with_a_last_commit_and_another_goes_on() -> None:
    bench = Bench()
    bench.submit()
    polled(bench.member)
    bench.why = "off"
    bench.submit()
    assert polled(bench.member) == []
    assert bench.lost == [ALL]
    assert bench.member.assignment() == frozenset()
    assert bench.member.commit({AT: Committed(offset=2)}) == frozenset()
    other = bench.log.group_reader([TOPIC], GROUP)
    assert offsets(polled(other)) == [1]


def test_it_comes_back() -> None:
    bench = Bench()
    bench.why = "off"
    bench.submit()
    assert polled(bench.member) == []
    bench.why = None
    assert offsets(polled(bench.member)) == [0]


def test_what_runs_is_judged_first_and_nothing_new_is_delivered() -> None:
    bench = Bench()
    bench.submit()
    polled(bench.member)
    bench.why, bench.busy = "off", 1
    bench.submit()
    assert polled(bench.member) == []
    bench.member.resume([AT])
    assert polled(bench.member) == []
    assert bench.member.assignment() == ALL
    assert bench.member.commit({AT: Committed(offset=1)}) == {AT}
    bench.busy = 0
    polled(bench.member)
    assert bench.lost == [ALL]


def test_where_it_comes_back_before_it_has_left_only_what_was_paused_stays_so() -> None:
    bench = Bench()
    polled(bench.member)
    bench.member.pause([AT])
    bench.why, bench.busy = "off", 1
    bench.submit(partition=0)
    bench.submit(partition=1)
    assert polled(bench.member) == []
    bench.why = None
    assert [record.position.partition for record in polled(bench.member)] == [1]
    bench.member.resume([AT])
    assert [record.position.partition for record in polled(bench.member)] == [0]


def test_a_pause_ends_with_its_assignment() -> None:
    bench = Bench()
    polled(bench.member)
    bench.member.pause([AT])
    bench.why = "off"
    polled(bench.member)
    bench.submit()
    bench.submit()
    bench.why = None
    assert offsets(polled(bench.member)) == [1]


def test_closing_twice_or_before_joining_is_harmless() -> None:
    bench = Bench()
    bench.member.close()
    polled(bench.member)
    bench.member.close()
    bench.member.close()
    assert bench.lost == [ALL]
