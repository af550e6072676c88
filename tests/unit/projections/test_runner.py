"""The projector's order and its repeats, on a log and a store in memory."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from projections.models.boards import BOARDS_MODEL
from projections.models.model import Each, Effects, Fact, Model, Write
from projections.models.submission import SUBMISSION_MODEL
from projections.models.submission_lists import USER_SUBMISSIONS_MODEL
from projections.projector.runner import Runner
from projections.projector.shared_reader import SharedReader
from schemas.cassandra import CassandraRefused, CassandraUnavailable
from schemas.dead_letters import LETTER_BYTES
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.topic_checks import MESSAGE_BYTES
from schemas.events import ChannelUpdated, DeadLettered, Event, RejudgingReverted
from schemas.ids import EventId, RejudgingId, Sha256, SubmissionId, UserId
from schemas.manifests import current_manifest
from schemas.topics import (
    CONTEST_FEED,
    DEAD_LETTERS,
    JUDGINGS,
    LIVE,
    REJUDGING_REQUESTS,
    REJUDGINGS,
    SUBMISSIONS,
    VERDICTS,
    Topic,
)
from schemas.values import DeadLetterReason, Position, Verdict
from tests.unit.projections.memory_blobs import MemoryBlobs
from tests.unit.projections.memory_store import Batch, MemoryStore, is_checkpoint
from tests.unit.projections.rejudging_stories import now_of
from tests.unit.projections.stories import NOON, case, received, started, submission, verdict
from tests.unit.projections.test_boards_model import feed, judged, team
from tests.unit.rules.contests import revised

DEADLINE_S = 10.0


class Killed(Exception):
    """Stands for the end of the process."""


def told(log: MemoryEventLog, *events: Event) -> None:
    for event in events:
        topic = next(topic for topic in (SUBMISSIONS, JUDGINGS, VERDICTS) if isinstance(event, topic.events))
        log.append(topic, event).result()


def whole_story(number: int) -> list[Event]:
    return [received(number), started(number), *(case(number, 0, index) for index in range(3)), verdict(number)]


async def project(
    log: MemoryEventLog,
    store: MemoryStore,
    model: Model = SUBMISSION_MODEL,
    until: Callable[[], bool] | None = None,
    blobs: MemoryBlobs | None = None,
) -> None:
    """Runs the model until that holds; by default until its checkpoints stand at the end of its topics."""
    stopping = asyncio.Event()
    reader = SharedReader([model], log, stopping=stopping)
    runner = Runner(model, event_log=log, reader=reader, store=store, blobs=blobs or MemoryBlobs(), stopping=stopping)
    running = asyncio.gather(reader.run(), runner.run())
    ends = time.monotonic() + DEADLINE_S
    try:
        while not (until() if until else is_done(log, store, model)) and not running.done():
            assert time.monotonic() < ends, "not done in time"
            await asyncio.sleep(0.005)
    finally:
        stopping.set()
        await running


def is_done(log: MemoryEventLog, store: MemoryStore, model: Model) -> bool:
    cells = store.tables.cells.get("projection_checkpoints", {})
    for topic in model.topics:
        for number, end in log.end_offsets(topic).items():
            row = cells.get((model.projection, topic.name, number), {})
            if end and ("next_offset" not in row or row["next_offset"].value < end):
                return False
    return True


def announced(log: MemoryEventLog) -> list[ChannelUpdated]:
    return [event for event in log.events(LIVE) if isinstance(event, ChannelUpdated)]


async def test_rows_come_before_announcements_and_those_before_the_checkpoint() -> None:
    log = MemoryEventLog()
    order: list[str] = []

    def noted(batch: Batch) -> None:
        order.append(
            f"checkpoint after {len(announced(log))}" if is_checkpoint(batch) else f"rows after {len(announced(log))}"
        )

    told(log, received())
    await project(log, MemoryStore(noted))
    assert order == ["rows after 0", "checkpoint after 1"]


async def test_a_verdict_is_told_without_the_progress_that_it_ends() -> None:
    log, store = MemoryEventLog(), MemoryStore()
    told(log, *whole_story(1), received(2), started(2))
    await project(log, store)
    of_first = [one.type for one in announced(log) if one.channel == f"submission:{submission(1)}"]
    of_second = [one.type for one in announced(log) if one.channel == f"submission:{submission(2)}"]
    assert of_first == ["verdict"]
    assert sorted(of_second) == ["received", "started"]


async def test_killed_before_the_checkpoint_it_repeats_rows_and_announcements() -> None:
    def dies(batch: Batch) -> None:
        if is_checkpoint(batch):
            raise Killed

    log, store, quiet = MemoryEventLog(), MemoryStore(dies), MemoryStore()
    told(log, *whole_story(1))
    with pytest.raises(ExceptionGroup):
        await project(log, store)
    first = [one.event_id for one in announced(log)]
    store.before_write = lambda _: None
    await project(log, store)
    both = Counter(one.event_id for one in announced(log))
    assert first
    assert all(both[event_id] == 2 for event_id in first)
    await project(log, quiet)
    assert store.rows_but_checkpoints() == quiet.rows_but_checkpoints()


async def test_killed_between_rows_and_announcement_it_announces_after_all() -> None:
    def dies_after_its_rows(batch: Batch) -> None:
        store.tables.apply(Write(None, statement.cql, tuple(statement.values)) for statement in batch)
        raise Killed

    log, store = MemoryEventLog(), MemoryStore()
    store.before_write = dies_after_its_rows
    told(log, received())
    with pytest.raises(ExceptionGroup):
        await project(log, store)
    assert (len(store.tables.rows("submissions", submission(1))), announced(log)) == (1, [])
    store.before_write = lambda _: None
    await project(log, store)
    assert [one.type for one in announced(log)] == ["received"]


async def test_after_a_clean_stop_nothing_is_repeated() -> None:
    log, store = MemoryEventLog(), MemoryStore()
    told(log, *whole_story(1))
    await project(log, store)
    count = len(announced(log))
    told(log, received(2))
    await project(log, store)
    assert len(announced(log)) == count + 1


async def test_a_store_that_is_away_is_waited_for() -> None:
    log, store, quiet = MemoryEventLog(), MemoryStore(), MemoryStore()
    told(log, *whole_story(1))
    refusals = iter([True] * 3)

    def away(_: Batch) -> None:
        if next(refusals, False):
            raise CassandraUnavailable("it is down")

    store.before_write = away
    await project(log, store)
    await project(log, quiet)
    assert store.rows_but_checkpoints() == quiet.rows_but_checkpoints()


@pytest.mark.parametrize("outage", [Outage.FATE_UNKNOWN, Outage.ACKNOWLEDGEMENT_LOST])
async def test_an_announcement_without_acknowledgement_is_sent_again_before_the_checkpoint(outage: Outage) -> None:
    log, store = MemoryEventLog(), MemoryStore()
    told(log, received())

    def breaks_the_broker(_: Batch) -> None:
        log.outage = outage

    store.before_write = breaks_the_broker
    await project(log, store, until=lambda: log.outage is not None)
    assert "projection_checkpoints" not in store.tables.cells
    store.before_write, log.outage = lambda _: None, None
    await project(log, store)
    assert announced(log)[-1].channel == f"submission:{submission(1)}"


async def test_what_is_no_event_is_put_aside_and_its_neighbours_are_projected() -> None:
    log, store = MemoryEventLog(), MemoryStore()
    told(log, received())
    position = log.inject(SUBMISSIONS, b"junk", key=b"k", partition=log.records(SUBMISSIONS)[0].position.partition)
    told(log, verdict())
    await project(log, store)
    (letter,) = log.events(DEAD_LETTERS)
    assert isinstance(letter, DeadLettered)
    assert (letter.caused_by, letter.key, letter.value) == (position, b"k", b"junk")
    assert (letter.reason, letter.given_up_by) == (DeadLetterReason.UNDECODABLE, "projection.submissions.v1")
    assert len(store.tables.rows("submissions", submission(1))) == 1


async def test_a_record_that_is_longer_than_a_letter_is_put_aside_cut() -> None:
    log, store = MemoryEventLog(), MemoryStore()
    log.inject(SUBMISSIONS, b"x" * (MESSAGE_BYTES - 100))
    await project(log, store)
    (letter,) = log.events(DEAD_LETTERS)
    assert isinstance(letter, DeadLettered)
    assert len(letter.value) == LETTER_BYTES
    assert f"cut from {MESSAGE_BYTES - 100} bytes" in letter.detail


async def test_a_row_that_the_store_refuses_is_put_aside_alone() -> None:
    def picky(batch: Batch) -> None:
        if any(submission(2) in statement.values for statement in batch):
            raise CassandraRefused("key too long")

    log, store = MemoryEventLog(), MemoryStore(picky)
    told(log, received(1), received(2), received(3))
    await project(log, store)
    (letter,) = log.events(DEAD_LETTERS)
    assert isinstance(letter, DeadLettered)
    assert letter.caused_by in {record.position for record in log.records(SUBMISSIONS)}
    assert "key too long" in letter.detail
    rows = [len(store.tables.rows("submissions", submission(number))) for number in (1, 2, 3)]
    assert rows == [1, 0, 1]
    assert f"submission:{submission(2)}" not in {one.channel for one in announced(log)}


async def test_a_board_goes_on_where_it_was_and_tells_nothing_twice() -> None:
    log, store = MemoryEventLog(), MemoryStore()
    facts = [fact.event for fact in feed(revised(), team("a"), judged(1))]
    append(log, CONTEST_FEED, facts[:2])
    await project(log, store, BOARDS_MODEL)
    before = {one.event_id for one in announced(log)}
    append(log, CONTEST_FEED, facts[2:])
    await project(log, store, BOARDS_MODEL)
    new = [one for one in announced(log) if one.event_id not in before]
    assert len(announced(log)) == len(before) + len(new)
    assert sorted(one.channel for one in new) == ["board:finals", "board:finals:jury"]
    assert {one.type for one in new} == {"rows"}


def taken_back(manifest: Sha256) -> RejudgingReverted:
    return RejudgingReverted(
        event_id=EventId("reverted"),
        occurred_at=NOON,
        caused_by=Position(topic=REJUDGING_REQUESTS.name, partition=0, offset=0),
        rejudging_id=RejudgingId("r"),
        requested_by=UserId("jury"),
        reason="the checker was right after all",
        manifest=manifest,
        changed=0,
        contest_ids=(),
    )


async def test_an_event_waits_for_the_manifest_that_it_names() -> None:
    log, store, blobs = MemoryEventLog(), MemoryStore(), MemoryBlobs()
    name = blobs.put(b"what is current now")
    blobs.missing.add(name)
    reverted = taken_back(name)
    append(log, REJUDGINGS, [reverted])
    folded: list[bytes | None] = []

    def tell(fact: Fact) -> Effects:
        folded.append(fact.manifest)
        return Effects()

    model = Model(name="noted", version=1, topics=(REJUDGINGS,), begin=partial(Each, tell))
    await project(log, store, model, until=lambda: blobs.asked > 1, blobs=blobs)
    assert not folded
    blobs.missing.clear()
    await project(log, store, model, blobs=blobs)
    assert folded == [b"what is current now"]


async def test_what_a_rejudging_brings_keeps_nobody_waiting() -> None:
    log, store, blobs = MemoryEventLog(), MemoryStore(), MemoryBlobs()
    name = blobs.put(current_manifest([now_of(1, Verdict.WA, by=None)]))
    blobs.missing.add(name)
    append(log, REJUDGINGS, [taken_back(name)])
    told(log, *whole_story(2))

    def is_judged_meanwhile() -> bool:
        return blobs.asked > 0 and any(one.type == "verdict" for one in announced(log))

    await project(log, store, until=is_judged_meanwhile, blobs=blobs)
    assert "submission_currents" not in store.tables.cells
    blobs.missing.clear()
    await project(log, store, blobs=blobs)
    assert len(store.tables.rows("submission_currents", submission(1))) == 1


async def test_two_projectors_share_the_partitions() -> None:
    log, store = MemoryEventLog(), MemoryStore()
    told(log, *(received(number) for number in range(40)))
    done = lambda: is_done(log, store, USER_SUBMISSIONS_MODEL)  # noqa: E731
    await asyncio.gather(*(project(log, store, USER_SUBMISSIONS_MODEL, done) for _ in range(2)))
    assert len(store.tables.rows("user_submissions", "ada", "202609")) == 40


async def test_many_batches_leave_the_rows_of_one() -> None:
    log, store = MemoryEventLog(), MemoryStore()
    told(log, *(event for number in range(300) for event in whole_story(number)))
    await project(log, store)
    for number in (0, 150, 299):
        rows = store.tables.rows("submissions", SubmissionId(submission(number)))
        assert len(rows) == 4, "the attempt and its three cases"


def append(log: MemoryEventLog, topic: Topic, events: list[Event]) -> None:
    for event in events:
        log.append(topic, event).result()
