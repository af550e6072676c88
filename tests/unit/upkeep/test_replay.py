"""Replaying the log into tables of their own, on a log and a store in memory."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from projections.models.boards import BOARDS_MODEL
from projections.models.model import Model
from projections.models.submission import SUBMISSION_MODEL
from projections.projector.manifests import Manifests
from projections.projector.patience import Patience
from projections.upkeep import replay as module
from projections.upkeep.controls import Order
from projections.upkeep.replay import PoisonFound, Replay
from schemas.cassandra import Statement
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.port import Partition
from schemas.topics import CONTEST_FEED, DEAD_LETTERS, LIVE, SUBMISSIONS
from schemas.values import Position
from tests.unit.projections.memory_blobs import MemoryBlobs
from tests.unit.projections.memory_store import MemoryStore, is_checkpoint
from tests.unit.projections.stories import NOON, submission
from tests.unit.projections.test_orders import ORDER, Picky, contest_told
from tests.unit.projections.test_runner import project, told, whole_story

GENERATION = 2


class Second(MemoryStore):
    """Knows the tables of the second generation by their bare names."""

    async def write(self, batches: Iterable[Sequence[Statement]], /) -> None:
        renamed = [
            [Statement(one.cql.replace(f"_g{GENERATION} ", " "), one.values) for one in batch] for batch in batches
        ]
        await super().write(renamed)


def replaying(
    log: MemoryEventLog,
    store: MemoryStore,
    model: Model = SUBMISSION_MODEL,
    skips: Mapping[Position, Order] | None = None,
) -> Replay:
    manifests = Manifests(MemoryBlobs(), Patience(asyncio.Event()))
    return Replay(model, GENERATION, event_log=log, store=store, manifests=manifests, skips=skips or {})


def ends_of(log: MemoryEventLog, model: Model) -> dict[Partition, int]:
    return {
        Partition(topic.name, number): end for topic in model.topics for number, end in log.end_offsets(topic).items()
    }


async def test_a_replay_leaves_the_rows_of_a_projector_and_tells_nobody() -> None:
    log, live, replayed = MemoryEventLog(), MemoryStore(), Second()
    for number in range(40):
        told(log, *whole_story(number))
    log.inject(SUBMISSIONS, b"junk")
    await project(log, live)
    before = (len(log.events(LIVE)), len(log.events(DEAD_LETTERS)))
    replay = replaying(log, replayed)
    await replay.run(ends_of(log, SUBMISSION_MODEL))
    assert replayed.rows_but_checkpoints() == live.rows_but_checkpoints()
    assert (replay.done, replay.given_up) == (40 * 6 + 1, 1)
    assert (len(log.events(LIVE)), len(log.events(DEAD_LETTERS))) == before


async def test_it_ends_where_it_was_told_to_and_goes_on_from_there() -> None:
    log, store = MemoryEventLog(), Second()
    told(log, *whole_story(1))
    ends = ends_of(log, SUBMISSION_MODEL)
    told(log, *whole_story(2))
    replay = replaying(log, store)
    await replay.run(ends)
    assert [len(store.tables.rows("submissions", submission(number))) > 0 for number in (1, 2)] == [True, False]
    assert await replay.left(ends_of(log, SUBMISSION_MODEL)) == 6
    await replay.run(ends_of(log, SUBMISSION_MODEL))
    assert store.tables.rows("submissions", submission(2))


class Killed(Exception):
    """Stands for the end of the process."""


async def test_killed_in_the_middle_it_goes_on_at_its_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BATCH", 50)
    log, live, batches = MemoryEventLog(), MemoryStore(), 0

    def dies(batch: list[Statement]) -> None:
        nonlocal batches
        batches += is_checkpoint(batch)
        if batches == 3:
            raise Killed

    store = Second(dies)
    for number in range(40):
        told(log, *whole_story(number))
    with pytest.raises(Killed):
        await replaying(log, store).run(ends_of(log, SUBMISSION_MODEL))
    store.before_write = lambda _: None
    again = replaying(log, store)
    await again.run(ends_of(log, SUBMISSION_MODEL))
    assert again.done == 40 * 6 - 100
    await project(log, live)
    assert store.rows_but_checkpoints() == live.rows_but_checkpoints()


async def test_a_model_with_a_memory_remembers_after_a_kill() -> None:
    log, store, live = MemoryEventLog(), Second(), MemoryStore()
    last = contest_told(log)
    await replaying(log, store, BOARDS_MODEL).run({Partition(CONTEST_FEED.name, last.partition): last.offset})
    await replaying(log, store, BOARDS_MODEL).run(ends_of(log, BOARDS_MODEL))
    await project(log, live, BOARDS_MODEL)
    assert store.rows_but_checkpoints() == live.rows_but_checkpoints()


async def test_poison_stops_a_replay_until_it_is_passed_over() -> None:
    log, store = MemoryEventLog(), Second()
    poison = contest_told(log)
    model = replace(BOARDS_MODEL, begin=lambda: Picky(poison.offset))
    with pytest.raises(PoisonFound, match=f"{poison}, which has to be skipped first"):
        await replaying(log, store, model).run(ends_of(log, model))
    replay = replaying(log, store, model, {poison: replace(ORDER, at=NOON)})
    await replay.run(ends_of(log, model))
    assert replay.given_up == 1
