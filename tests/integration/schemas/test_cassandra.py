"""The session with Cassandra, and versioned CQL, on a real node."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.cassandra import Cassandra, CassandraRefused, CassandraUnavailable, Statement, connect
from schemas.cql_versions import VersionsChanged, apply_versions, wait_for_versions
from schemas.settings import Address, MigrateSettings, read_settings

AREA = "notes"
TABLES = """-- Notes; by owner.
CREATE TABLE IF NOT EXISTS notes (owner text, number int, note text, PRIMARY KEY (owner, number));
"""
INSERT = "INSERT INTO notes (owner, number, note) VALUES (?, ?, ?) USING TIMESTAMP ?"
SELECT = "SELECT number, note FROM notes WHERE owner = ?"


@pytest.fixture
def settings(engines: dict[str, str]) -> MigrateSettings:
    keyspace = f"test_{secrets.token_hex(6)}"
    return read_settings(MigrateSettings, {**engines, "JUDGESTREAM_KEYSPACE": keyspace})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "001_notes.cql").write_text(TABLES)
    return tmp_path


@pytest.fixture
async def cassandra(settings: MigrateSettings, folder: Path) -> AsyncIterator[Cassandra]:
    await apply_versions(settings.cassandra, settings.keyspace, folder, area=AREA)
    async with await connect(settings.cassandra, settings.keyspace) as session:
        yield session


async def test_versions_are_applied_once(settings: MigrateSettings, folder: Path) -> None:
    counts = [await apply_versions(settings.cassandra, settings.keyspace, folder, area=AREA) for _ in range(2)]
    assert counts == [1, 0]
    (folder / "002_more.cql").write_text("CREATE TABLE IF NOT EXISTS more (id int PRIMARY KEY);")
    assert await apply_versions(settings.cassandra, settings.keyspace, folder, area=AREA) == 1


async def test_a_changed_version_is_refused(settings: MigrateSettings, folder: Path) -> None:
    await apply_versions(settings.cassandra, settings.keyspace, folder, area=AREA)
    (folder / "001_notes.cql").write_text(TABLES + "-- changed\n")
    with pytest.raises(VersionsChanged):
        await apply_versions(settings.cassandra, settings.keyspace, folder, area=AREA)


async def test_two_at_once_do_no_harm(settings: MigrateSettings, folder: Path) -> None:
    both = (apply_versions(settings.cassandra, settings.keyspace, folder, area=AREA) for _ in range(2))
    await asyncio.gather(*both)
    async with await connect(settings.cassandra, settings.keyspace) as session:
        await wait_for_versions(session, folder, area=AREA, deadline_s=5)


async def test_who_waits_for_tables_is_told_when_they_do_not_come(
    settings: MigrateSettings, folder: Path, cassandra: Cassandra
) -> None:
    (folder / "002_more.cql").write_text("CREATE TABLE IF NOT EXISTS more (id int PRIMARY KEY);")
    with pytest.raises(CassandraUnavailable, match=f"tables of {AREA}"):
        await wait_for_versions(cassandra, folder, area=AREA, deadline_s=0.1)
    await apply_versions(settings.cassandra, settings.keyspace, folder, area=AREA)
    await wait_for_versions(cassandra, folder, area=AREA, deadline_s=5)


async def test_what_is_written_is_read(cassandra: Cassandra) -> None:
    batches = [[Statement(INSERT, (owner, number, f"note {number}", 1)) for number in range(3)] for owner in "ab"]
    await cassandra.write(batches)
    assert await cassandra.execute(SELECT, ("a",)) == [{"number": n, "note": f"note {n}"} for n in range(3)]


async def test_the_higher_timestamp_stays_whatever_comes_last(cassandra: Cassandra) -> None:
    for note, timestamp in (("later", 7), ("earlier", 3)):
        await cassandra.write([[Statement(INSERT, ("a", 1, note, timestamp))]])
    assert await cassandra.execute(SELECT, ("a",)) == [{"number": 1, "note": "later"}]


async def test_none_writes_nothing(cassandra: Cassandra) -> None:
    for note, timestamp in (("kept", 3), (None, 7)):
        await cassandra.write([[Statement(INSERT, ("a", 1, note, timestamp))]])
    assert await cassandra.execute(SELECT, ("a",)) == [{"number": 1, "note": "kept"}]


async def test_more_at_once_than_may_be_in_flight_all_arrive(cassandra: Cassandra) -> None:
    await cassandra.write([[Statement(INSERT, (f"owner {n}", n, "x", 1))] for n in range(1500)])
    assert len(await cassandra.execute("SELECT number FROM notes")) == 1500


async def test_all_rows_come_also_where_the_driver_would_page(cassandra: Cassandra) -> None:
    await cassandra.write([[Statement(INSERT, ("a", n, "x", 1)) for n in range(6000)]])
    assert len(await cassandra.execute(SELECT, ("a",))) == 6000


@pytest.mark.parametrize(
    ("cql", "values"),
    [
        ("SELECT * FROM nothing", ()),
        ("SELECT FROM WHERE", ()),
        (SELECT, (1,)),
        (INSERT, ("a", 2**40, "x", 1)),
        (INSERT, ("", 1, "x", 1)),
    ],
)
async def test_a_wrong_statement_is_refused(cassandra: Cassandra, cql: str, values: tuple[object, ...]) -> None:
    with pytest.raises(CassandraRefused):
        await cassandra.execute(cql, values)


async def test_of_many_writes_the_good_ones_stay_when_one_is_refused(cassandra: Cassandra) -> None:
    with pytest.raises(CassandraRefused):
        await cassandra.write([[Statement(INSERT, (owner, 1, "x", 1))] for owner in ("a", "", "b")])
    assert len(await cassandra.execute("SELECT number FROM notes")) == 2


async def test_a_condition_is_decided_once(cassandra: Cassandra) -> None:
    claim = "INSERT INTO notes (owner, number, note) VALUES (?, 1, ?) IF NOT EXISTS"
    answers = await asyncio.gather(*(cassandra.execute(claim, ("a", name), serial=True) for name in "xyz"))
    assert sorted(rows[0]["[applied]"] for rows in answers) == [False, False, True]


async def test_nobody_there_is_told_within_the_deadline() -> None:
    with pytest.raises(CassandraUnavailable, match=r"no keyspace x at 127\.0\.0\.1:9"):
        await connect([Address("127.0.0.1", 9)], "x", deadline_s=0.2)


async def test_a_keyspace_that_is_not_there_is_told_within_the_deadline(settings: MigrateSettings) -> None:
    with pytest.raises(CassandraUnavailable, match="does not exist"):
        await connect(settings.cassandra, "nowhere", deadline_s=0.5)
