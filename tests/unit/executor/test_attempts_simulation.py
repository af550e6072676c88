"""Random lives of a pool: starts, ends, deaths, drains, partitions that change hands, commits that get lost.

A job is an innocent or a poison. A poison that runs kills its executor sooner or later; nothing else does. What must
hold whatever happens: every job comes to its end, no innocent is ever given up, two tries never share a number, who
runs alone is alone, no commit passes what is unfinished, and no note outgrows its place.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from executor.attempts import DEATHS_ALLOWED, Attempts, Start
from executor.commit_tracker import CommitTracker
from executor.start_notes import NOTE_BYTES
from schemas.eventlog.port import Committed, Partition
from schemas.values import Position

PARTITIONS = (Partition("jobs.practice", 0), Partition("jobs.practice", 1), Partition("jobs.contest", 0))
JOBS_EACH = 6
STEPS = 150
MOST_STEPS = 20_000


def partition_of(position: Position) -> Partition:
    return Partition(position.topic, position.partition)


@dataclass
class Member:
    """An executor, without threads: what the worker does, step by step."""

    slots: int
    attempts: Attempts = field(default_factory=Attempts)
    tracker: CommitTracker = field(default_factory=CommitTracker)
    next_offset: dict[Partition, int] = field(default_factory=dict)
    waiting: list[Position] = field(default_factory=list)
    chosen: list[Start] = field(default_factory=list)
    runs: list[Start] = field(default_factory=list)


@dataclass
class Pool:
    """The members, what the broker keeps, and what became of each job."""

    chance: Random
    poison: frozenset[Position]
    members: list[Member] = field(default_factory=list)
    committed: dict[Partition, Committed] = field(default_factory=dict)
    judged: set[Position] = field(default_factory=set)
    given_up: set[Position] = field(default_factory=set)
    tries: set[tuple[Position, int]] = field(default_factory=set)
    deaths: Counter[Position] = field(default_factory=Counter)

    def step(self, *, calm: bool) -> None:
        """One act of one member; in calm times nobody is drained and no partition moves."""
        if not self.members or (not calm and len(self.members) < 3 and self.chance.random() < 0.1):
            self.join()
            return
        work = [self.read, self.choose, self.choose, self.commit, self.end, self.die]
        acts = work if calm or self.chance.random() < 0.9 else [self.drain, self.move]
        self.chance.choice(acts)(self.chance.choice(self.members))

    def join(self) -> None:
        self.members.append(Member(slots=self.chance.randint(1, 3)))
        for partition in PARTITIONS:
            if not any(partition in member.next_offset for member in self.members):
                self.assign(partition, self.members[-1])

    def assign(self, partition: Partition, member: Member) -> None:
        known = self.committed.get(partition)
        member.tracker.forget([partition])
        assert member.attempts.take_over(partition, known)
        member.next_offset[partition] = known.offset if known else 0

    def read(self, member: Member) -> None:
        for partition, offset in member.next_offset.items():
            if offset < JOBS_EACH:
                position = Position(topic=partition.topic, partition=partition.number, offset=offset)
                member.tracker.taken(position)
                member.waiting.append(position)
                member.next_offset[partition] += 1

    def choose(self, member: Member) -> None:
        free = member.slots - len(member.attempts.at_work)
        if free > 0 and member.waiting and member.attempts.may_start(member.waiting[0]):
            position = member.waiting.pop(0)
            if member.tracker.is_unfinished(position):
                member.chosen.append(member.attempts.start(position))

    def commit(self, member: Member) -> None:
        self.write(member)
        for start in member.chosen:
            self.begin(member, start)
        member.chosen.clear()

    def write(self, member: Member) -> None:
        for partition, offset in member.tracker.committable().items():
            note = member.attempts.note(partition, offset)
            assert len(note) <= NOTE_BYTES
            ended = self.judged | self.given_up
            for passed in range(offset):
                assert Position(topic=partition.topic, partition=partition.number, offset=passed) in ended
            self.committed[partition] = Committed(offset=offset, metadata=note)

    def begin(self, member: Member, start: Start) -> None:
        if start.exhausted:
            assert start.position in self.poison, "an innocent was given up"
            self.given_up.add(start.position)
            self.close(member, start)
            return
        is_new = (start.position, start.number) not in self.tries
        assert is_new or start.position in self.judged, "two tries share a number"
        assert self.poison or not start.alone, "nobody died, and yet an attempt was lost"
        assert start.position not in [run.position for run in member.runs], "it runs here already"
        self.tries.add((start.position, start.number))
        member.runs.append(start)
        assert len(member.runs) == 1 or not any(run.alone for run in member.runs), "who runs alone is not alone"
        assert len(member.runs) <= member.slots

    def end(self, member: Member) -> None:
        innocents = [run for run in member.runs if run.position not in self.poison]
        if innocents:
            run = self.chance.choice(innocents)
            member.runs.remove(run)
            self.judged.add(run.position)
            self.close(member, run)

    def close(self, member: Member, start: Start) -> None:
        if member.tracker.is_unfinished(start.position):
            member.tracker.finished(start.position)
            member.attempts.finished(start.position)
        member.attempts.ended(start.position)

    def die(self, member: Member) -> None:
        killers = [run.position for run in member.runs if run.position in self.poison]
        if killers:
            self.deaths[self.chance.choice(killers)] += 1
            self.leave(member)

    def leave(self, member: Member) -> None:
        self.members.remove(member)
        for partition in member.next_offset:
            if self.members:
                self.assign(partition, self.chance.choice(self.members))

    def drain(self, member: Member) -> None:
        self.give_up(member, frozenset(member.next_offset))
        self.leave(member)

    def move(self, member: Member) -> None:
        """One partition goes to another member, or comes back at once; what runs of it runs on."""
        if member.next_offset:
            partition = self.chance.choice(sorted(member.next_offset))
            self.give_up(member, frozenset([partition]))
            del member.next_offset[partition]
            member.tracker.forget([partition])
            member.attempts.forget([partition])
            self.assign(partition, self.chance.choice(self.members))

    def give_up(self, member: Member, lost: frozenset[Partition]) -> None:
        member.waiting = [position for position in member.waiting if partition_of(position) not in lost]
        for start in [one for one in member.chosen if partition_of(one.position) in lost]:
            member.chosen.remove(start)
            member.attempts.ended(start.position)
        member.attempts.take_back(lost)
        self.write(member)

    def settle(self) -> None:
        """In calm times all comes to its end, and all of it is committed."""
        for _ in range(MOST_STEPS):
            if {known.offset for known in self.committed.values()} == {JOBS_EACH}:
                assert len(self.committed) == len(PARTITIONS)
                return
            self.step(calm=True)
        raise AssertionError("it does not come to its end")


POSITIONS = [
    Position(topic=partition.topic, partition=partition.number, offset=offset)
    for partition in PARTITIONS
    for offset in range(JOBS_EACH)
]


@settings(max_examples=300)
@given(seed=st.integers(0, 2**32), poison=st.frozensets(st.sampled_from(POSITIONS), max_size=3), calm=st.booleans())
def test_a_pool_gets_over_whatever_happens(seed: int, poison: frozenset[Position], calm: bool) -> None:
    pool = Pool(chance=Random(seed), poison=poison)
    for _ in range(0 if calm else STEPS):
        pool.step(calm=False)
    pool.settle()
    assert pool.given_up == poison
    assert pool.judged == set(POSITIONS) - poison
    if calm:
        assert all(death <= DEATHS_ALLOWED + 1 for death in pool.deaths.values())
