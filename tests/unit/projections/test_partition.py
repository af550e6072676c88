"""What a projector does with the records of a partition, before anything is written."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from projections.models.model import Each, Effects, Fact, Write
from projections.projector.partition import Held
from projections.projector.rows import AT_ONCE, batches_of, pieces_of
from schemas.eventlog.port import Record, Undecodable
from schemas.events import Event
from schemas.topics import SUBMISSIONS
from schemas.values import DeadLetterReason, Position
from tests.unit.projections.stories import NOON, received, started


def record(offset: int, event: Event | Undecodable | None = None) -> Record:
    position = Position(topic=SUBMISSIONS.name, partition=0, offset=offset)
    return Record(position=position, appended_at=NOON, event=event or received(offset), value=b"raw")


def noted(fact: Fact) -> Effects:
    return Effects(writes=(Write("p", "cql", (fact.position.offset,)),))


def held(written_below: int = 0) -> Held:
    return Held(fold=Each(noted), next_offset=0, written_below=written_below)


def offsets(effects: Effects) -> list[object]:
    return [write.values[0] for write in effects.writes]


class Remembering:
    """Writes how many it has seen; does not take the submission `poison`."""

    def __init__(self, poison: int | None = None) -> None:
        self.seen = 0
        self.poison = poison

    def step(self, facts: Sequence[Fact]) -> Effects:
        if any(fact.position.offset == self.poison for fact in facts):
            raise KeyError("poison")
        self.seen += len(facts)
        return Effects(writes=(Write("p", "cql", (self.seen,)),))


def test_what_was_written_before_only_brings_the_memory_back() -> None:
    partition = Held(fold=Remembering(), next_offset=0, written_below=3)
    assert partition.take([record(0), record(1)]).effects == Effects()
    assert offsets(partition.take([record(2), record(3), record(4)]).effects) == [5]
    assert partition.next_offset == 5


def test_bytes_that_are_no_event_are_given_up_and_their_neighbours_are_not() -> None:
    junk = Undecodable(key=b"k", value=b"junk", why="no magic byte")
    outcome = held().take([record(0), record(1, junk), record(2)])
    assert offsets(outcome.effects) == [0, 2]
    assert [(one.record.position.offset, one.reason) for one in outcome.given_up] == [(1, DeadLetterReason.UNDECODABLE)]


def test_an_event_of_another_topic_is_given_up() -> None:
    outcome = held().take([record(0, started())])
    assert [one.reason for one in outcome.given_up] == [DeadLetterReason.UNEXPECTED_EVENT]
    assert "JudgingStarted" in outcome.given_up[0].detail


def test_a_record_that_cannot_be_folded_is_given_up_alone() -> None:
    partition = Held(fold=Remembering(poison=1), next_offset=0, written_below=0)
    outcome = partition.take([record(0), record(1), record(2)])
    assert offsets(outcome.effects) == [1, 2]
    assert [one.record.position.offset for one in outcome.given_up] == [1]
    assert partition.next_offset == 3


def test_poison_that_was_given_up_before_is_not_given_up_again() -> None:
    junk = Undecodable(key=None, value=b"junk", why="no magic byte")
    assert held(written_below=1).take([record(0, junk)]).given_up == ()


def test_the_highest_cause_of_each_source_is_remembered() -> None:
    partition = held()
    causes = [
        Position(topic="verdicts", partition=number, offset=offset) for number, offset in ((0, 5), (1, 9), (0, 4))
    ]
    partition.take([record(offset, replace(received(offset), caused_by=cause)) for offset, cause in enumerate(causes)])
    assert partition.causes == {"verdicts:0": 5, "verdicts:1": 9}


@given(st.lists(st.integers(0, 40), max_size=200).map(lambda partitions: partitions * 30))
def test_many_rows_are_written_in_pieces_that_part_no_batch(partitions: list[int]) -> None:
    writes = [Write(partition, "cql", (number,)) for number, partition in enumerate(partitions)]
    pieces = [batches_of(piece) for piece in pieces_of(writes)]
    assert [batch for piece in pieces for batch in piece] == batches_of(writes)
    assert all(sum(map(len, piece)) >= AT_ONCE for piece in pieces[:-1])
