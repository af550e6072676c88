"""What must hold whatever happens to a projector: rows as if nothing had, and no announcement before its rows."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer

from projections.models.boards import read_board
from projections.models.catalog import MODELS
from projections.models.submission import SUBMISSION_MODEL, read_submission
from projections.projector.runner import Runner
from projections.projector.service import Projector
from projections.projector.shared_reader import SharedReader
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Cassandra, Statement
from schemas.eventlog.port import EventLog, Partition, Record
from schemas.events import ChannelUpdated, DeadLettered
from schemas.ids import ContestId, SubmissionId
from schemas.rules.icpc_row import View
from schemas.topics import DEAD_LETTERS, LIVE, VERDICTS
from schemas.values import DeadLetterReason
from tests.integration.projections.conftest import open_keyspace, with_own_keyspace
from tests.integration.projections.dump import dump
from tests.integration.projections.gate import Gate
from tests.integration.projections.running import caught_up, running, until
from tests.integration.projections.season import Season
from tests.unit.projections.stories import verdict


@pytest.fixture
def season(event_log: EventLog) -> Season:
    season = Season(event_log, random.Random(7))
    season.begin()
    return season


@pytest.fixture
def fresh(engines: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The variables of one more projection of the same log."""
    return with_own_keyspace(engines, tmp_path)


async def rebuilt(environment: dict[str, str], log: EventLog, output: Path) -> dict[str, list[str]]:
    """The rows that a projector makes of the whole log when nothing happens to it."""
    async with await open_keyspace(environment) as cassandra:
        with running(environment, output):
            await caught_up(cassandra, log, deadline_s=90)
        return await dump(cassandra)


async def test_rows_after_many_kills_equal_those_of_a_quiet_run(
    season: Season, cassandra: Cassandra, environment: dict[str, str], fresh: dict[str, str], tmp_path: Path
) -> None:
    with running(environment, tmp_path / "killed.log") as process, ThreadPoolExecutor(1) as teller:
        for _ in range(3):
            told = asyncio.get_running_loop().run_in_executor(teller, tell_some, season, 20)
            await asyncio.to_thread(next_announcement, season.log)
            process.kill()
            process.start()
            await told
        season.thaw()
        await caught_up(cassandra, season.log, deadline_s=90)
        survived = await dump(cassandra)
    assert survived["submissions"]
    assert survived["boards"]
    assert survived == await rebuilt(fresh, season.log, tmp_path / "quiet.log")


def tell_some(season: Season, submissions: int) -> None:
    for story in season.draw(submissions):
        season.tell_story(story)


def tell_all(season: Season, submissions: int) -> None:
    tell_some(season, submissions)
    season.thaw()


def next_announcement(log: EventLog) -> Record:
    """Waits for one: a projector that announces stands between its rows and its checkpoint."""
    reader = log.reader({Partition(LIVE.name, number): end for number, end in log.end_offsets(LIVE).items()})
    try:
        for _ in range(60):
            if records := reader.poll(1, 1.0):
                return records[0]
        raise AssertionError("nothing was announced in a minute")
    finally:
        reader.close()


class Killed(Exception):
    """Stands for the end of the process."""


class DiesBeforeCheckpoint:
    """A session with which a projector gets as far as its rows and announcements, and not to its checkpoint."""

    def __init__(self, cassandra: Cassandra) -> None:
        self._cassandra = cassandra
        self.execute = cassandra.execute

    async def write(self, batches: Iterable[Sequence[Statement]]) -> None:
        written = [list(batch) for batch in batches]
        if any("projection_checkpoints" in statement.cql for batch in written for statement in batch):
            raise Killed
        await self._cassandra.write(written)


async def side_by_side(*works: Coroutine[object, object, None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for work in works:
            tasks.create_task(work)


async def test_killed_before_the_checkpoint_it_does_the_same_again(
    season: Season, cassandra: Cassandra, tmp_path: Path
) -> None:
    blobs = DirectoryBlobStore(tmp_path)
    live_ends = season.log.end_offsets(LIVE)
    for story in season.draw(3):
        season.tell_story(story)
    stopping = asyncio.Event()
    reader = SharedReader([SUBMISSION_MODEL], season.log, stopping=stopping)
    dying = Runner(
        SUBMISSION_MODEL,
        event_log=season.log,
        reader=reader,
        store=DiesBeforeCheckpoint(cassandra),
        blobs=blobs,
        stopping=stopping,
    )
    with pytest.raises(ExceptionGroup) as ended:
        await side_by_side(reader.run(), dying.run())
    assert ended.group_contains(Killed)
    announced = [told(record) for record in announcements(season.log, live_ends)]
    assert announced
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        projector = Projector(MODELS, event_log=season.log, store=cassandra, blobs=blobs, stopping=stopping)
        tasks.create_task(projector.run())
        await caught_up(cassandra, season.log)
        stopping.set()
    again = [told(record) for record in announcements(season.log, live_ends)]
    for one in announced:
        channel, version = one[1:3]
        is_outdated = any(other[1] == channel and other[2] > version for other in again)
        assert again.count(one) >= 2 or is_outdated, "a repeat has the same id, version and data"


def announcements(log: EventLog, starts: dict[int, int]) -> list[Record]:
    """What stands in `live` from there on."""
    ends = log.end_offsets(LIVE)
    left = sum(end - starts[number] for number, end in ends.items())
    reader = log.reader({Partition(LIVE.name, number): start for number, start in starts.items()})
    records: list[Record] = []
    try:
        while len(records) < left:
            records += reader.poll(1000, 5.0)
    finally:
        reader.close()
    return records


def told(record: Record) -> tuple[str, str, int, bytes]:
    event = record.event
    assert isinstance(event, ChannelUpdated)
    return event.event_id, event.channel, event.version, event.data


@pytest.fixture
async def followed(
    season: Season, cassandra: Cassandra, environment: dict[str, str], tmp_path: Path
) -> AsyncIterator[Season]:
    with running(environment, tmp_path / "projector.log"):
        await caught_up(cassandra, season.log)
        yield season


async def test_whoever_reads_after_an_announcement_finds_what_it_told(followed: Season, cassandra: Cassandra) -> None:
    ends = followed.log.end_offsets(LIVE)
    reader = followed.log.reader({Partition(LIVE.name, number): end for number, end in ends.items()})
    telling = asyncio.create_task(asyncio.to_thread(tell_all, followed, 15))
    checked, last = 0, f"board:{followed.contest_id}"
    try:
        while True:
            for record in await asyncio.to_thread(reader.poll, 10, 1.0):
                assert isinstance(record.event, ChannelUpdated)
                await assert_is_there(cassandra, record.event)
                checked += 1
                if record.event.channel == last and orjson.loads(record.event.data)["thawed"]:
                    assert checked > 15 * 2
                    return
    finally:
        await telling
        reader.close()


async def assert_is_there(cassandra: Cassandra, event: ChannelUpdated) -> None:
    kind, _, name = event.channel.partition(":")
    if kind == "submission":
        view = await read_submission(cassandra, SubmissionId(name))
        assert view is not None or event.type in ("started", "case")  # its acceptance may be read later
        assert view is None or view.version >= event.version
    if kind == "board":
        contest_id, _, jury = name.partition(":")
        board = await read_board(cassandra, ContestId(contest_id), View.JURY if jury else View.PUBLIC)
        assert board is not None
        assert board.offset >= event.version


async def test_cassandra_away_costs_time_and_nothing_else(
    season: Season, cassandra: Cassandra, environment: dict[str, str], fresh: dict[str, str], tmp_path: Path
) -> None:
    async with Gate(environment["JUDGESTREAM_CASSANDRA"]) as gate:
        behind_gate = {**environment, "JUDGESTREAM_CASSANDRA": gate.address}
        with running(behind_gate, tmp_path / "cut_off.log") as process:
            await caught_up(cassandra, season.log)
            await gate.shut()
            await asyncio.to_thread(tell_all, season, 10)
            await until("it says that it waits", lambda: says(tmp_path / "cut_off.log", "waiting"))
            await gate.open()
            await caught_up(cassandra, season.log)
            assert process.is_running()
            assert process.stop() == 0
    survived = await dump(cassandra)
    assert survived["submissions"]
    assert survived["boards"]
    assert survived == await rebuilt(fresh, season.log, tmp_path / "quiet.log")


async def says(output: Path, event: str) -> bool:
    return f" {event} " in await asyncio.to_thread(output.read_text)


async def test_what_cannot_be_decoded_is_put_aside_and_the_rest_goes_on(
    followed: Season, cassandra: Cassandra, environment: dict[str, str]
) -> None:
    dead = followed.log.end_offsets(DEAD_LETTERS)
    junk = await asyncio.to_thread(append_junk, environment["JUDGESTREAM_KAFKA"], followed.name)
    told = followed.submission()
    followed.tell(told, verdict(followed.first + followed.count, of=told))
    await caught_up(cassandra, followed.log)
    assert await read_submission(cassandra, told.submission_id) is not None
    reader = followed.log.reader({Partition(DEAD_LETTERS.name, number): end for number, end in dead.items()})
    letters = [record.event for record in await asyncio.to_thread(reader.poll, 100, 5.0)]
    reader.close()
    found = [one for one in letters if isinstance(one, DeadLettered) and one.value == junk]
    assert found
    assert {one.reason for one in found} == {DeadLetterReason.UNDECODABLE}


def append_junk(kafka: str, name: str) -> bytes:
    junk = b"junk " + name.encode()
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(VERDICTS.name, key=b"junk", value=junk)
    assert producer.flush(10) == 0
    return junk


async def test_a_clean_stop_repeats_nothing(
    season: Season, cassandra: Cassandra, environment: dict[str, str], tmp_path: Path
) -> None:
    with running(environment, tmp_path / "first.log") as process:
        for story in season.draw(3):
            season.tell_story(story)
        await caught_up(cassandra, season.log)
        assert process.stop() == 0
    ends = season.log.end_offsets(LIVE)
    with running(environment, tmp_path / "second.log"):
        season.tell(season.submission())
        await caught_up(cassandra, season.log)
    new = [told(record) for record in announcements(season.log, ends)]
    assert len(new) == 2, "one line for the submission's channel, one for its user's"
