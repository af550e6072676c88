"""Rebuilding and verifying read models while they are written and read."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from projections.models import CQL_FOLDER
from projections.models.boards import BOARDS_MODEL
from projections.models.catalog import MODEL_BY_NAME, MODELS
from projections.models.model import Model
from projections.models.submission import SUBMISSION_MODEL, read_submission
from projections.models.submission_lists import USER_SUBMISSIONS_MODEL
from projections.projector.checkpoints import Checkpoints
from projections.projector.service import Projector
from projections.upkeep.controls import AS_BORN, Control, Order, order_pause, read_controls
from projections.upkeep.generations import table_of
from projections.upkeep.rebuild import Rebuild
from projections.upkeep.replay import MAX_BATCH, checkpoints_of
from projections.upkeep.serving import serving
from projections.upkeep.task import Kind, State, Task, Told
from projections.upkeep.tasks import ask, cancel, read_tasks, take
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra
from schemas.cql_versions import read_versions
from schemas.eventlog.port import EventLog, Partition
from schemas.events import ChannelUpdated, SubmissionReceived
from schemas.ids import SubmissionId
from schemas.topics import LIVE
from tests.integration.projections.running import caught_up, running, until
from tests.integration.projections.season import Season

GRACE_S = 2.0


@pytest.fixture
def season(event_log: EventLog) -> Season:
    season = Season(event_log, random.Random(11))
    season.begin()
    return season


@pytest.fixture
def blobs(environment: dict[str, str]) -> DirectoryBlobStore:
    return DirectoryBlobStore(Path(environment["JUDGESTREAM_BLOBS"]))


@asynccontextmanager
async def projecting(log: EventLog, cassandra: Cassandra, blobs: DirectoryBlobStore) -> AsyncIterator[None]:
    """All models are projected for the time of a block, in this process."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        projector = Projector(MODELS, event_log=log, store=cassandra, blobs=blobs, stopping=stopping)
        tasks.create_task(projector.run())
        try:
            yield
        finally:
            stopping.set()


async def asked(cassandra: Cassandra, model: Model, kind: Kind, **wishes: bool) -> bool:
    told = Told(requested_by="ada", requested_at=datetime.now(UTC), reason="to see", **wishes)  # type: ignore[arg-type]
    return await ask(cassandra, model.projection, kind, secrets.token_hex(4), told)


async def task_of(cassandra: Cassandra, model: Model) -> Task:
    return (await read_tasks(cassandra))[model.projection]


async def control_of(cassandra: Cassandra, model: Model) -> Control:
    return (await read_controls(cassandra)).get(model.projection, AS_BORN)


async def worked_off(
    cassandra: Cassandra, log: EventLog, blobs: DirectoryBlobStore, model: Model, grace_s: float = GRACE_S
) -> Task:
    """Takes the model's task as soon as it is free, and works on it to its end."""

    async def is_free() -> bool:
        return (await task_of(cassandra, model)).is_free

    await until("nobody has it", is_free)
    claim = await take(cassandra, await task_of(cassandra, model), secrets.token_hex(4))
    assert claim is not None
    await Rebuild(
        claim,
        model,
        versions=read_versions(CQL_FOLDER),
        cassandra=cassandra,
        event_log=log,
        blobs=blobs,
        grace_s=grace_s,
    ).run()
    return await task_of(cassandra, model)


async def tables_of(cassandra: Cassandra, model: Model) -> set[str]:
    rows = await cassandra.execute(
        "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?", (cassandra.keyspace,)
    )
    return {row["table_name"] for row in rows if row["table_name"].startswith(model.own_tables)}


def in_generation_of(model: Model, generation: int) -> set[str]:
    return {table_of(table, generation) for table in model.own_tables}


def tell_some(season: Season, submissions: int) -> list[SubmissionReceived]:
    stories = list(season.draw(submissions))
    for story in stories:
        season.tell_story(story)
    return [event for story in stories for event in story if isinstance(event, SubmissionReceived)]


def announced_since(log: EventLog, starts: dict[int, int]) -> list[ChannelUpdated]:
    left = sum(log.end_offsets(LIVE).values()) - sum(starts.values())
    reader = log.reader({Partition(LIVE.name, number): start for number, start in starts.items()})
    try:
        return [
            record.event
            for record in (reader.poll(left, 10.0) if left else [])
            if isinstance(record.event, ChannelUpdated)
        ]
    finally:
        reader.close()


async def test_a_rebuild_goes_on_beside_writers_and_readers_and_switches_them(
    season: Season, cassandra: Cassandra, blobs: DirectoryBlobStore
) -> None:
    log = season.log
    told = await asyncio.to_thread(tell_some, season, 30)
    async with projecting(log, cassandra, blobs), serving(cassandra, MODELS) as readings:
        await caught_up(cassandra, log)
        assert await asked(cassandra, SUBMISSION_MODEL, Kind.REBUILD)
        assert not await asked(cassandra, SUBMISSION_MODEL, Kind.REBUILD), "one is under way"
        rebuilding = asyncio.create_task(worked_off(cassandra, log, blobs, SUBMISSION_MODEL))
        reads = 0
        while not rebuilding.done():
            told += await asyncio.to_thread(tell_some, season, 2)
            await caught_up(cassandra, log)
            for one in told[-4:]:
                view = await read_submission(readings, one.submission_id)
                assert view is not None, "what was announced can be read, whichever generation serves"
                reads += 1
        task = await rebuilding
        assert (task.state, task.told.differing, task.told.error) == (State.DONE, 0, None)
        assert task.told.compared >= 30
        assert reads > 4
        assert (await control_of(cassandra, SUBMISSION_MODEL)).serving == task.generation
        assert await tables_of(cassandra, SUBMISSION_MODEL) == in_generation_of(SUBMISSION_MODEL, task.generation)
        told += await asyncio.to_thread(tell_some, season, 2)
        await caught_up(cassandra, log)
        assert await read_submission(readings, told[-1].submission_id) is not None


async def test_one_that_dies_is_taken_up_where_it_was(
    season: Season, cassandra: Cassandra, blobs: DirectoryBlobStore
) -> None:
    log, model = season.log, USER_SUBMISSIONS_MODEL
    await asyncio.to_thread(tell_some, season, 10)
    async with projecting(log, cassandra, blobs):
        await caught_up(cassandra, log)
        before = await control_of(cassandra, model)
        assert await asked(cassandra, model, Kind.REBUILD)
        dying = asyncio.create_task(worked_off(cassandra, log, blobs, model, grace_s=60))

        async def has_switched() -> bool:
            return (await control_of(cassandra, model)).serving != before.serving

        await until("it has switched", has_switched)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        await asyncio.to_thread(tell_some, season, 2)
        task = await worked_off(cassandra, log, blobs, model)
        assert (task.state, task.told.differing) == (State.DONE, 0)
        await caught_up(cassandra, log)
        assert await asked(cassandra, model, Kind.VERIFY)
        task = await worked_off(cassandra, log, blobs, model)
        assert (task.state, task.told.differing) == (State.DONE, 0)


async def test_a_verification_finds_what_was_planted_and_a_rebuild_mends_it(
    season: Season, cassandra: Cassandra, blobs: DirectoryBlobStore
) -> None:
    log, model = season.log, BOARDS_MODEL
    await asyncio.to_thread(tell_some, season, 10)
    async with projecting(log, cassandra, blobs):
        await caught_up(cassandra, log)
        await cassandra.execute(
            "UPDATE boards SET team_row = ? WHERE contest_id = ? AND shown_to = ? AND team_id = ?",
            ('{"planted":true}', season.contest_id, "jury", f"ada-{season.name}"),
        )
        assert await asked(cassandra, model, Kind.VERIFY)
        task = await worked_off(cassandra, log, blobs, model)
        assert (task.state, task.told.differing) == (State.DONE, 1)
        (difference,) = task.told.differences
        assert (difference.table, difference.column) == ("boards", "team_row")
        assert (difference.live, "ada" in difference.key) == ('{"planted":true}', True)
        assert await tables_of(cassandra, model) == in_generation_of(model, 1), "nothing of it is left"
        assert await asked(cassandra, model, Kind.REBUILD, only_if_equal=True)
        task = await worked_off(cassandra, log, blobs, model)
        assert (task.told.differing, (await control_of(cassandra, model)).serving) == (1, 1)
        live_ends = log.end_offsets(LIVE)
        assert await asked(cassandra, model, Kind.REBUILD)
        await worked_off(cassandra, log, blobs, model)
        told = await asyncio.to_thread(announced_since, log, live_ends)
        assert [(one.channel, one.type) for one in told] == [(f"board:{season.contest_id}:jury", "reset")]
        assert await asked(cassandra, model, Kind.VERIFY)
        assert (await worked_off(cassandra, log, blobs, model)).told.differing == 0


async def test_one_that_is_cancelled_leaves_nothing(
    season: Season, cassandra: Cassandra, blobs: DirectoryBlobStore
) -> None:
    log, model = season.log, MODEL_BY_NAME["problems"]
    async with projecting(log, cassandra, blobs):
        await caught_up(cassandra, log)
        assert await asked(cassandra, model, Kind.REBUILD)
        await cancel(cassandra, await task_of(cassandra, model), "bob")
        task = await worked_off(cassandra, log, blobs, model)
        assert (task.state, task.cancelled_by) == (State.CANCELLED, "bob")
        assert await tables_of(cassandra, model) == in_generation_of(model, 1)
        assert (await control_of(cassandra, model)).beside is None


async def test_one_whose_projector_is_killed_in_the_replay_and_in_the_comparison_ends_with_equal_tables(
    season: Season, cassandra: Cassandra, environment: dict[str, str], tmp_path: Path
) -> None:
    log, model = season.log, SUBMISSION_MODEL
    told = await asyncio.to_thread(tell_accepted, season, 3 * MAX_BATCH)
    async with serving(cassandra, MODELS) as readings:
        with running(environment, tmp_path / "projector.log") as process:
            await caught_up(cassandra, log, deadline_s=90)
            before = await lines_of(readings)
            # Looked at again and again, so that a comparison takes its time; and a rebuild is there to mend it.
            await readings.execute(
                "UPDATE submissions USING TIMESTAMP ? SET received = 'planted' WHERE submission_id = ?",
                (2**63 - 1, told[0]),
            )
            assert await asked(cassandra, model, Kind.REBUILD)
            await until("a part is replayed", lambda: has_checkpoint(cassandra, model))
            process.kill()
            killed = await task_of(cassandra, model)
            assert killed.state is State.REPLAYING
            process.start()
            told += await asyncio.to_thread(tell_accepted, season, 3)
            await until("it compares", lambda: is_in(State.COMPARING, cassandra, model))
            process.kill()
            assert await is_in(State.COMPARING, cassandra, model)
            process.start()
            await until("it has ended", lambda: has_ended(cassandra, model), deadline_s=60)
            await caught_up(cassandra, log)
        task = await task_of(cassandra, model)
        after = await lines_of(readings)
    events = sum(sum(log.end_offsets(topic).values()) for topic in model.topics)
    assert (task.task_id, task.state, task.told.differing, task.told.error) == (killed.task_id, State.DONE, 1, None)
    assert 0 < task.told.events < events, "what was replayed before the kill was not replayed again"
    assert await tables_of(cassandra, model) == in_generation_of(model, task.generation)
    assert after.items() >= before.items()
    assert after.keys() == before.keys() | set(told)


def tell_accepted(season: Season, submissions: int) -> list[SubmissionId]:
    """Submissions of which nothing more is told."""
    accepted = [season.submission() for _ in range(submissions)]
    season.tell(*accepted)
    return [one.submission_id for one in accepted]


async def lines_of(readings: Cassandra) -> dict[str, str]:
    """The acceptance of every submission, as the generation that serves has it."""
    pages = readings.pages("SELECT submission_id, received FROM submissions", page_rows=1000)
    return {row["submission_id"]: row["received"] async for page in pages for row in page}


async def has_checkpoint(cassandra: Cassandra, model: Model) -> bool:
    """Whether a replay of the model's last task has written rows, and said so."""
    generation = (await task_of(cassandra, model)).generation
    return bool(await Checkpoints(model, cassandra, projection=checkpoints_of(model, generation)).read())


async def is_in(state: State, cassandra: Cassandra, model: Model) -> bool:
    return (await task_of(cassandra, model)).state is state


async def has_ended(cassandra: Cassandra, model: Model) -> bool:
    return (await task_of(cassandra, model)).has_ended


async def test_the_projector_starts_whoever_works_on_tasks_also_of_a_paused_model(
    season: Season, cassandra: Cassandra, environment: dict[str, str], tmp_path: Path
) -> None:
    model = MODEL_BY_NAME["contests"]
    with running(environment, tmp_path / "projector.log"):
        await caught_up(cassandra, season.log)
        order = Order(by="ada", at=datetime.now(UTC), reason="to see")
        await order_pause(cassandra, model.projection, order)
        assert await asked(cassandra, model, Kind.VERIFY)
        await until("it has ended", lambda: has_ended(cassandra, model))
        task = await task_of(cassandra, model)
        assert (task.state, task.told.differing, task.told.error) == (State.DONE, 0, None)
        await order_pause(cassandra, model.projection, None)
        season.tell(replace(season.contest(), name="Another name"))
        await caught_up(cassandra, season.log)
