"""What a projector does with poison and with orders: parking, passing over, pausing, writing two generations."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from projections.models.boards import BOARDS_MODEL
from projections.models.model import Effects, Fact, Model
from projections.models.submission import SUBMISSION_MODEL
from projections.projector.partition import Held
from projections.projector.runner import Runner
from projections.projector.shared_reader import SharedReader
from projections.upkeep.controls import Control, Controls, Order
from schemas.cassandra import CassandraRefused
from schemas.eventlog.memory import MemoryEventLog
from schemas.events import DeadLettered
from schemas.topics import CONTEST_FEED, DEAD_LETTERS, SUBMISSIONS
from schemas.values import DeadLetterReason, Position
from tests.unit.projections.memory_blobs import MemoryBlobs
from tests.unit.projections.memory_store import Batch, MemoryStore
from tests.unit.projections.stories import NOON, received, submission
from tests.unit.projections.test_boards_model import feed, judged, team
from tests.unit.projections.test_partition import Remembering, offsets, record
from tests.unit.rules.contests import revised

DEADLINE_S = 10.0
ORDER = Order(by="ada", at=NOON, reason="it is broken")


class Orders:
    """What a person orders, as a projector reads it."""

    def __init__(self) -> None:
        self.control = Control()
        self.projection = ""

    async def read(self) -> Mapping[str, Control]:
        return {self.projection: self.control}


@asynccontextmanager
async def projecting(
    log: MemoryEventLog, store: MemoryStore, model: Model, orders: Orders
) -> AsyncIterator[tuple[Runner, Controls]]:
    """A projector of the model that knows the orders, for the time of a block."""
    orders.projection = model.projection
    controls, stopping = Controls(orders.read), asyncio.Event()
    await controls.refresh()
    reader = SharedReader([model], log, stopping=stopping)
    runner = Runner(
        model,
        event_log=log,
        reader=reader,
        store=store,
        blobs=MemoryBlobs(),
        stopping=stopping,
        controls=controls,
    )
    running = asyncio.gather(reader.run(), runner.run())
    try:
        yield runner, controls
    finally:
        stopping.set()
        await running


async def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < ends, "not in time"
        await asyncio.sleep(0.005)


def checkpoints(store: MemoryStore, model: Model) -> int:
    rows = store.tables.cells.get("projection_checkpoints", {})
    return sum(row["next_offset"].value for key, row in rows.items() if key[0] == model.projection)


def parking(poison: int | None = None) -> Held:
    return Held(fold=Remembering(poison), next_offset=0, written_below=0, parks=True)


def test_where_it_parks_nothing_of_the_poison_or_behind_it_is_taken() -> None:
    partition = parking(poison=1)
    outcome = partition.take([record(0), record(1), record(2)])
    assert offsets(outcome.effects) == [1]
    assert outcome.parked is not None
    assert (outcome.parked.record.position.offset, outcome.given_up, partition.next_offset) == (1, (), 1)


def test_what_a_person_had_passed_over_is_put_aside_with_their_words() -> None:
    partition = replace(parking(poison=1), skips={1: "ada: it is broken"})
    outcome = partition.take([record(0), record(1), record(2)])
    assert (outcome.parked, partition.next_offset) == (None, 3)
    assert [(one.reason, one.detail) for one in outcome.given_up] == [(DeadLetterReason.SKIPPED, "ada: it is broken")]


def test_poison_below_the_checkpoint_parks_as_well() -> None:
    partition = replace(parking(poison=0), written_below=2)
    assert partition.take([record(0), record(1), record(2)]).parked is not None
    assert partition.checkpoint() is None


class Picky:
    """A board's fold that cannot fold what is at an offset."""

    def __init__(self, poison: int) -> None:
        self._poison = poison
        self._fold = BOARDS_MODEL.begin()

    def step(self, facts: Sequence[Fact]) -> Effects:
        if any(fact.position.offset == self._poison for fact in facts):
            raise KeyError("poison")
        return self._fold.step(facts)


def contest_told(log: MemoryEventLog) -> Position:
    """A contest with one team, and then one judged submission; where that stands."""
    futures = [log.append(CONTEST_FEED, fact.event) for fact in feed(revised(), team("a"), judged(1))]
    return [future.result() for future in futures][-1]


async def test_a_parked_partition_goes_on_once_a_person_has_it_passed_over() -> None:
    log, store, orders = MemoryEventLog(), MemoryStore(), Orders()
    poison = contest_told(log)
    model = replace(BOARDS_MODEL, begin=lambda: Picky(poison.offset))
    async with projecting(log, store, model, orders) as (runner, controls):
        await until(lambda: bool(runner.progress().parked))
        await until(lambda: checkpoints(store, model) == poison.offset)
        (parked,) = runner.progress().parked.values()
        assert (parked.offset, log.events(DEAD_LETTERS)) == (poison.offset, [])
        orders.control = replace(orders.control, skips={poison: ORDER})
        await controls.refresh()
        await until(lambda: checkpoints(store, model) == poison.offset + 1)
        assert runner.progress().parked == {}
    (letter,) = log.events(DEAD_LETTERS)
    assert isinstance(letter, DeadLettered)
    assert (letter.caused_by, letter.reason) == (poison, DeadLetterReason.SKIPPED)
    assert "it is broken" in letter.detail


async def test_a_board_whose_rows_are_refused_parks_at_the_record_to_blame_until_it_is_tried_again() -> None:
    def picky(batch: Batch) -> None:
        if any("team_row" in statement.cql and 'solved":1' in str(statement.values) for statement in batch):
            raise CassandraRefused("the row is too long")

    log, store, orders = MemoryEventLog(), MemoryStore(picky), Orders()
    poison = contest_told(log)
    async with projecting(log, store, BOARDS_MODEL, orders) as (runner, controls):
        await until(lambda: bool(runner.progress().parked))
        (parked,) = runner.progress().parked.values()
        assert (parked.offset, "too long" in parked.detail) == (poison.offset, True)
        await until(lambda: checkpoints(store, BOARDS_MODEL) == poison.offset)
        store.before_write = lambda _: None
        orders.control = replace(orders.control, retries=1)
        await controls.refresh()
        await until(lambda: checkpoints(store, BOARDS_MODEL) == poison.offset + 1)


async def test_a_paused_model_stands_still_and_goes_on_where_it_was() -> None:
    log, store, orders = MemoryEventLog(), MemoryStore(), Orders()
    log.append(SUBMISSIONS, received(1)).result()
    async with projecting(log, store, SUBMISSION_MODEL, orders) as (runner, controls):
        await until(lambda: len(store.tables.rows("submissions", submission(1))) == 1)
        orders.control = replace(orders.control, paused=ORDER)
        await controls.refresh()
        await until(lambda: runner.next_offsets() == {})
        log.append(SUBMISSIONS, received(2)).result()
        assert runner.waiting_for() is None
        orders.control = replace(orders.control, paused=None)
        await controls.refresh()
        await until(lambda: len(store.tables.rows("submissions", submission(2))) == 1)


async def test_a_model_that_was_paused_before_does_not_begin() -> None:
    log, store, orders = MemoryEventLog(), MemoryStore(), Orders()
    log.append(SUBMISSIONS, received(1)).result()
    orders.control = Control(paused=ORDER)
    async with projecting(log, store, SUBMISSION_MODEL, orders) as (runner, _):
        await until(lambda: runner.waiting_for() is None)
        assert store.tables.cells == {}


@pytest.mark.parametrize("is_refused", [False, True])
async def test_a_generation_beside_is_written_and_never_stands_in_the_way(is_refused: bool) -> None:
    beside: list[str] = []

    class TwoGenerations(MemoryStore):
        async def write(self, batches: object, /) -> None:
            for batch in map(list, batches):  # type: ignore[call-overload]  # as the port has it
                if "submissions_g2" not in batch[0].cql:
                    await super().write([batch])
                elif is_refused:
                    raise CassandraRefused("there is no such table")
                else:
                    beside.append(batch[0].cql)

    log, store, orders = MemoryEventLog(), TwoGenerations(), Orders()
    orders.control = Control(revision=1, beside=2)
    log.append(SUBMISSIONS, received(1)).result()
    async with projecting(log, store, SUBMISSION_MODEL, orders):
        await until(lambda: checkpoints(store, SUBMISSION_MODEL) == 1)
    assert len(store.tables.rows("submissions", submission(1))) == 1
    assert len(beside) == (0 if is_refused else 1)
