"""What every event log promises to the members of a group."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.port import Assigned, Committed, EventLog, GroupReader, Owner, Partition, Record, Revoked
from schemas.topics import CONTESTS, PROBLEMS
from tests.contract.eventlog.events import retired, thawed
from tests.contract.eventlog.reading import ends, offsets, poll_until, read

ALL = frozenset(Partition(PROBLEMS.name, number) for number in range(PROBLEMS.partitions))
FIRST = Partition(PROBLEMS.name, 0)


@pytest.fixture
def group() -> str:
    return f"group-{uuid.uuid4().hex}"


@contextmanager
def joined(
    log: EventLog, group: str, *, assigned: Assigned | None = None, revoked: Revoked | None = None
) -> Iterator[GroupReader]:
    reader = log.group_reader([PROBLEMS], group, assigned=assigned, revoked=revoked)
    try:
        yield reader
    finally:
        reader.close()


def from_here(log: EventLog) -> Assigned:
    """Begins every partition where the log ends now, as a test does that shares a topic with others."""
    here = ends(log, PROBLEMS)
    return lambda committed: {at: here[at] for at, known in committed.items() if known is None}


def test_one_member_gets_every_partition_and_reads_them_all(log: EventLog, group: str) -> None:
    with joined(log, group, assigned=from_here(log)) as reader:
        poll_until(lambda: reader.assignment() == ALL, reader)
        events = [retired() for _ in range(20)]
        for event in events:
            log.append(PROBLEMS, event).result(10)
        records = read(reader, 20)
    assert {record.event for record in records} == set(events)
    for partition in ALL:
        assert offsets(records, partition) == sorted(offsets(records, partition))


def test_a_group_begins_at_the_beginning_where_nothing_is_committed(log: EventLog, group: str) -> None:
    log.append(PROBLEMS, retired(), partition=0).result(10)
    with joined(log, group) as reader:
        records: list[Record] = []
        poll_until(lambda: bool(offsets(records, FIRST)), reader, records=records)
    assert offsets(records, FIRST)[0] == 0


def test_a_commit_is_kept_with_its_note_and_given_to_the_next_member(log: EventLog, group: str) -> None:
    told: list[Mapping[Partition, Committed | None]] = []
    position, *_ = [log.append(PROBLEMS, retired(), partition=0).result(10) for _ in range(3)]
    committed = Committed(offset=position.offset, metadata="a note")
    with joined(log, group) as reader:
        poll_until(lambda: reader.assignment() == ALL, reader)
        reader.commit({FIRST: committed})
    assert log.committed(group, PROBLEMS) == {0: committed}

    def remember(partitions: Mapping[Partition, Committed | None]) -> Mapping[Partition, int]:
        told.append(partitions)
        return {}

    with joined(log, group, assigned=remember) as reader:
        records: list[Record] = []
        poll_until(lambda: len(offsets(records, FIRST)) >= 3, reader, records=records)
    assert offsets(records, FIRST)[:3] == [position.offset + more for more in range(3)]
    merged = {at: known for partitions in told for at, known in partitions.items()}
    assert merged == dict.fromkeys(ALL) | {FIRST: committed}


def test_a_member_may_choose_where_to_begin(log: EventLog, group: str) -> None:
    positions = [log.append(PROBLEMS, retired(), partition=0).result(10) for _ in range(3)]
    with joined(
        log, group, assigned=lambda committed: {at: positions[1].offset for at in committed if at == FIRST}
    ) as reader:
        records: list[Record] = []
        poll_until(lambda: len(offsets(records, FIRST)) >= 2, reader, records=records)
    assert offsets(records, FIRST)[:2] == [positions[1].offset, positions[2].offset]


def test_nothing_is_committed_by_itself(log: EventLog, group: str) -> None:
    log.append(PROBLEMS, retired()).result(10)
    with joined(log, group) as reader:
        read(reader, 1)
    assert log.committed(group, PROBLEMS) == {}


def test_a_group_that_nobody_has_joined_has_committed_nothing(log: EventLog, group: str) -> None:
    assert log.committed(group, PROBLEMS) == {}


def test_a_note_that_is_too_long_is_refused_before_it_is_sent(log: EventLog, group: str) -> None:
    with joined(log, group) as reader:
        poll_until(lambda: reader.assignment() == ALL, reader)
        with pytest.raises(ValueError, match="longer than 4095 bytes"):
            reader.commit({FIRST: Committed(offset=1, metadata="x" * 4096)})
        reader.commit({FIRST: Committed(offset=1, metadata="x" * 4095)})
    assert log.committed(group, PROBLEMS)[0].metadata == "x" * 4095


def test_a_commit_for_partitions_of_others_is_left_out(log: EventLog, group: str) -> None:
    with joined(log, group) as reader:
        assert reader.commit({FIRST: Committed(offset=1)}) == frozenset()
    assert log.committed(group, PROBLEMS) == {}


def test_a_commit_answers_what_was_acknowledged(log: EventLog, group: str) -> None:
    with joined(log, group, assigned=from_here(log)) as one:
        poll_until(lambda: one.assignment() == ALL, one)
        assert one.commit({at: Committed(offset=0, metadata="first") for at in ALL}) == ALL
        with joined(log, group, assigned=from_here(log)) as two:
            poll_until(lambda: bool(two.assignment()) and one.assignment() | two.assignment() == ALL, one, two)
            assert one.commit({at: Committed(offset=0, metadata="second") for at in ALL}) == one.assignment() < ALL
            kept = {at: log.committed(group, PROBLEMS)[at.number].metadata for at in ALL}
            assert kept == {at: "second" if at in one.assignment() else "first" for at in ALL}


def test_the_same_offset_may_be_committed_with_another_note(log: EventLog, group: str) -> None:
    with joined(log, group, assigned=from_here(log)) as reader:
        poll_until(lambda: reader.assignment() == ALL, reader)
        for note in ("one", "", "two"):
            reader.commit({FIRST: Committed(offset=0, metadata=note)})
            assert log.committed(group, PROBLEMS)[0] == Committed(offset=0, metadata=note)


def test_paused_partitions_are_silent_until_resumed_and_lose_nothing(log: EventLog, group: str) -> None:
    with joined(log, group, assigned=from_here(log)) as reader:
        poll_until(lambda: reader.assignment() == ALL, reader)
        reader.pause([FIRST])
        quiet = log.append(PROBLEMS, retired(), partition=0).result(10)
        heard = log.append(PROBLEMS, retired(), partition=1).result(10)
        assert [record.position for record in read(reader, 1)] == [heard]
        assert reader.poll(10, 0.5) == []
        reader.resume([FIRST])
        assert [record.position for record in read(reader, 1)] == [quiet]


def test_what_was_fetched_before_a_pause_comes_after_it(log: EventLog, group: str) -> None:
    with joined(log, group, assigned=from_here(log)) as reader:
        poll_until(lambda: reader.assignment() == ALL, reader)
        positions = [log.append(PROBLEMS, retired(), partition=0).result(10) for _ in range(5)]
        records = read(reader, 1, at_once=1)
        reader.pause([FIRST])
        assert reader.poll(10, 0.3) == []
        reader.resume([FIRST])
        records += read(reader, 4)
    assert [record.position for record in records] == positions


def test_a_pause_ends_when_the_partition_is_given_up(log: EventLog, group: str) -> None:
    begin = from_here(log)
    with joined(log, group, assigned=begin) as one:
        poll_until(lambda: one.assignment() == ALL, one)
        one.pause(sorted(ALL))
        with joined(log, group, assigned=begin) as two:
            poll_until(lambda: bool(two.assignment()) and one.assignment() | two.assignment() == ALL, one, two)
            (moved, *_) = two.assignment()
        poll_until(lambda: one.assignment() == ALL, one)
        wanted = log.append(PROBLEMS, retired(), partition=moved.number).result(10)
        records: list[Record] = []
        poll_until(lambda: any(record.position == wanted for record in records), one, records=records)


def test_two_members_share_the_partitions_and_each_is_read_by_one(log: EventLog, group: str) -> None:
    given_up: list[frozenset[Partition]] = []
    with joined(log, group, assigned=from_here(log), revoked=given_up.append) as one:
        poll_until(lambda: one.assignment() == ALL, one)
        with joined(log, group, assigned=from_here(log)) as two:
            poll_until(lambda: bool(two.assignment()) and one.assignment() | two.assignment() == ALL, one, two)
            assert not one.assignment() & two.assignment()
            assert frozenset().union(*given_up) == two.assignment()
            positions = {log.append(PROBLEMS, retired()).result(10) for _ in range(30)}
            records: list[Record] = []
            poll_until(lambda: len(records) >= 30, one, two, records=records)
            assert sorted(record.position for record in records) == sorted(positions)
        poll_until(lambda: one.assignment() == ALL, one)


def test_what_a_member_commits_on_giving_up_is_where_the_next_begins(log: EventLog, group: str) -> None:
    ends_now = ends(log, PROBLEMS)
    told: dict[Partition, Committed | None] = {}

    def remember(partitions: Mapping[Partition, Committed | None]) -> Mapping[Partition, int]:
        told.update(partitions)
        return ends_now

    readers: list[GroupReader] = []

    def commit_all(partitions: frozenset[Partition]) -> None:
        readers[0].commit({at: Committed(offset=ends_now[at], metadata="last") for at in partitions})

    with joined(log, group, assigned=from_here(log), revoked=commit_all) as one:
        readers.append(one)
        poll_until(lambda: one.assignment() == ALL, one)
        with joined(log, group, assigned=remember) as two:
            poll_until(lambda: bool(two.assignment()), one, two)
            assert told
            assert all(told[at] == Committed(offset=ends_now[at], metadata="last") for at in two.assignment())
    assert {at.number for at in ALL} == set(log.committed(group, PROBLEMS)), "closing gives up the rest"


def test_a_group_reads_several_topics(log: EventLog, group: str) -> None:
    here = ends(log, PROBLEMS, CONTESTS)
    reader = log.group_reader(
        [PROBLEMS, CONTESTS], group, assigned=lambda committed: {at: here[at] for at in committed}
    )
    poll_until(lambda: reader.assignment() == here.keys(), reader)
    appended = {
        log.append(PROBLEMS, retired()).result(10),
        log.append(CONTESTS, thawed("contest")).result(10),
    }
    records = read(reader, 2)
    reader.close()
    assert {record.position for record in records} == appended


def test_a_member_that_dies_leaves_its_partitions_uncommitted(group: str) -> None:
    """Only where a member can be killed at will; on Kafka the faults suite kills processes."""
    log = MemoryEventLog()
    position = log.append(PROBLEMS, retired(), partition=0).result(1)
    one = log.group_reader([PROBLEMS], group, revoked=lambda _: pytest.fail("the dead give nothing up"))
    assert [record.position for record in read(one, 1)] == [position]
    one.die()
    with joined(log, group) as two:
        assert [record.position for record in read(two, 1)] == [position]


def test_who_reads_which_partition_is_known(log: EventLog, group: str) -> None:
    assert log.owners(group) == {}
    with joined(log, group) as first, joined(log, group) as second:

        def known() -> list[set[Owner | None]]:
            owners = log.owners(group)
            return [{owners.get(at) for at in reader.assignment()} for reader in (first, second)]

        def each_is_known() -> bool:
            first_is, second_is = known()
            return None not in first_is | second_is and len(first_is) == len(second_is) == 1 and first_is != second_is

        poll_until(each_is_known, first, second)
        assert log.owners(group).keys() == ALL
