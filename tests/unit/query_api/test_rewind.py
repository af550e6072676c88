"""Boards as they were: over HTTP, from the log, held against the live boards of the same offset."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from projections.models.boards import BoardFold, read_board
from projections.models.model import Fact
from projections.query_api.timelines import Timelines, partition_in_feed
from projections.whole_board import whole_board
from schemas.cassandra import Cassandra
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.port import Partition, Record, Undecodable
from schemas.events import ContestRejudged, Event
from schemas.ids import ContestId
from schemas.manifests import current_manifest
from schemas.rules.icpc_row import View
from schemas.topics import CONTEST_FEED
from tests.unit.projections.tables import Tables
from tests.unit.query_api.read_side import JUDY, NOW, START, ReadSide, made, refusal_of
from tests.unit.rules.contests import CONTEST_ID, revised
from tests.unit.rules.test_icpc_board import decided, source, team, thaw, tried
from tests.unit.rules.test_icpc_rejudged import RECHECK, now, rejudged

BOARD = f"/contests/{CONTEST_ID}/board"
TIMELINE = f"/contests/{CONTEST_ID}/timeline"
SAME_PARTITION = next(
    ContestId(f"other-{number}")
    for number in range(100)
    if partition_in_feed(ContestId(f"other-{number}")) == partition_in_feed(CONTEST_ID)
)
MOVED, ROWS = rejudged(now(1, "one", 3, "AC", by=RECHECK))
STORY: tuple[Event, ...] = (
    revised(source()),
    team("one"),
    replace(revised(), contest_id=SAME_PARTITION),
    team("two"),
    tried(1, "one", 3),
    decided(1, "one", 3, "WA"),
    replace(team("two"), contest_id=SAME_PARTITION),
    decided(2, "two", 100, "AC"),
    revised(source(), name="Renamed"),
    MOVED,
    tried(3, "two", 110, "gcd"),
    thaw(),
)
"""One record a second, in one partition of the feed."""


def moment(offset: float) -> datetime:
    return START + timedelta(seconds=offset)


class Clock:
    """The broker's: a second a record."""

    def __init__(self) -> None:
        self.offset = 0

    def __call__(self) -> datetime:
        return moment(self.offset)


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[ReadSide]:
    side = with_story(tmp_path)
    async with side.http:
        yield side


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ReadSide:
    """The same, for tests that only ask."""
    return with_story(tmp_path_factory.mktemp("blobs"))


def with_story(folder: Path) -> ReadSide:
    """A read side to whose log the story was told."""
    clock = Clock()
    side = made(folder, log=MemoryEventLog(clock=clock))
    manifest = side.blobs.put(current_manifest(ROWS))
    for event in STORY:
        told = replace(event, manifest=manifest) if isinstance(event, ContestRejudged) else event
        side.log.append(CONTEST_FEED, told).result(1)
        clock.offset += 1
    side.open_contest()
    side.reads.known_contests[CONTEST_ID] = side.reads.known_contests[ContestId("spring")]
    return side


async def live_boards(side: ReadSide, view: View) -> list[dict[str, Any] | None]:
    """What a GET of the live board would have answered after each record, by the read model's own fold and rows."""
    fold, tables, boards = BoardFold(), Tables(), []

    class Store:
        async def execute(self, _: str, key: Sequence[object]) -> list[dict[str, Any]]:
            return tables.rows("boards", *key)

    for record in records(side.log):
        assert not isinstance(record.event, Undecodable)
        manifest = current_manifest(ROWS) if record.event.event_id == MOVED.event_id else None
        tables.apply(fold.step([Fact(record.position, record.event, manifest)]).writes)
        board = await read_board(cast(Cassandra, Store()), CONTEST_ID, view)
        boards.append(None if board is None else dict(whole_board(board, view, record.appended_at)))
    return boards


def records(log: MemoryEventLog) -> list[Record]:
    return [it for it in log.records(CONTEST_FEED) if it.position.partition == partition_in_feed(CONTEST_ID)]


def without_versions(body: dict[str, Any]) -> dict[str, Any]:
    rows = [{name: value for name, value in row.items() if name != "version"} for row in body["rows"]]
    return {**body, "rows": rows}


@pytest.mark.parametrize("view", View)
async def test_a_board_by_its_offset_is_the_live_board_of_that_offset(side: ReadSide, view: View) -> None:
    for offset, live in enumerate(await live_boards(side, view)):
        past = (await side.get(BOARD, JUDY, view=view.value, offset=offset)).json()
        assert live is not None
        assert past.pop("at") == moment(past["offset"]).isoformat()
        assert {row["version"] for row in past["rows"]} <= {past["offset"]}
        assert without_versions(past) == without_versions(live)


@pytest.mark.parametrize("view", View)
async def test_a_board_by_its_moment_is_the_one_of_the_last_record_until_then(side: ReadSide, view: View) -> None:
    for offset in range(len(STORY)):
        by_offset = (await side.get(BOARD, JUDY, view=view.value, offset=offset)).json()
        for asked in (moment(offset), moment(offset + 0.9)):
            by_moment = (await side.get(BOARD, JUDY, view=view.value, at=asked.isoformat())).json()
            assert by_moment == by_offset | {"at": asked.isoformat()}


async def test_what_comes_later_is_in_later_moments_and_in_no_earlier_one(side: ReadSide) -> None:
    before = (await side.get(BOARD, at=moment(20).isoformat())).json()
    side.log._clock.offset = 30  # type: ignore[attr-defined]  # the fixture's
    side.log.append(CONTEST_FEED, decided(4, "one", 20, "AC", "gcd")).result(1)
    assert (await side.get(BOARD, at=moment(29).isoformat())).json() == before | {"at": moment(29).isoformat()}
    assert (await side.get(BOARD, at=moment(30).isoformat())).json()["rows"][0]["solved"] == 2


async def test_the_public_sees_the_freeze_as_it_was(side: ReadSide) -> None:
    """Also after the thaw; the jury's board never had one."""

    async def of_two(view: View, offset: int) -> int:
        rows = (await side.get(BOARD, JUDY, view=view.value, offset=offset)).json()["rows"]
        return next(int(row["solved"]) for row in rows if row["team_id"] == "two")

    assert [await of_two(View.PUBLIC, offset) for offset in (7, 10, 11)] == [0, 0, 1]
    assert [await of_two(View.JURY, offset) for offset in (7, 10, 11)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("at=tomorrow", 400, "malformed-moment"),
        ("at=2026-11-21", 400, "malformed-moment"),
        ("at=2026-11-21T12:00:00", 400, "malformed-moment"),
        ("at=2026-11-31T12:00:00Z", 400, "malformed-moment"),
        ("at=2026-11-21T12:00:00+01:00", 400, "malformed-moment"),
        ("at=0001-01-01T00:00:00%2B23:59", 400, "malformed-moment"),
        ("at=", 400, "malformed-moment"),
        ("at=" + "1" * 41, 422, "invalid-parameter"),
        ("at=9999-12-31T23:59:59-23:59", 400, "malformed-moment"),
        ("at=2026-11-21T12:58:01Z", 400, "moment-in-future"),
        ("at=2026-11-21T12:00:00Z&offset=3", 400, "malformed-request"),
        ("offset=3&after=contest-feed:0:0", 400, "malformed-request"),
        ("at=1970-01-01T00:00:00Z", 404, "no-board-then"),
        ("at=0001-01-01T00:00:00Z", 404, "no-board-then"),
        ("at=2026-11-21T11:59:59.999999999Z", 404, "no-board-then"),
        (f"offset={len(STORY)}", 400, "invalid-position"),
        ("offset=-1", 422, "invalid-parameter"),
        ("offset=99999999999999999999", 422, "invalid-parameter"),
        ("offset=1&view=jury", 403, "forbidden"),
    ],
)
async def test_a_moment_that_cannot_be_had_is_refused(shared: ReadSide, query: str, status: int, expected: str) -> None:
    assert refusal_of(await shared.http.get(f"{BOARD}?{query}")) == (status, expected)


@pytest.mark.parametrize(
    "asked", ["2026-11-21T12:00:00Z", "2026-11-21t14:00:00.000+02:00", "2026-11-21T12:00:00.5-00:00"]
)
async def test_a_moment_may_be_written_in_every_way_of_rfc_3339(side: ReadSide, asked: str) -> None:
    response = await side.get(BOARD, at=asked)
    assert (response.status_code, response.json()["offset"]) == (200, 0)


@pytest.mark.parametrize("path", [f"/contests/none/board?at={START:%Y-%m-%dT%H:%M:%SZ}", "/contests/none/timeline"])
async def test_a_contest_that_is_not_there_costs_no_reading(side: ReadSide, path: str) -> None:
    side.log.outage = Outage.DOWN
    assert refusal_of(await side.http.get(path)) == (404, "unknown-contest")


async def test_without_a_broker_what_is_known_is_answered_and_the_rest_is_refused(side: ReadSide) -> None:
    assert (await side.get(BOARD, offset=5)).status_code == 200
    side.log.outage = Outage.DOWN
    assert (await side.get(BOARD, offset=4)).status_code == 200
    assert refusal_of(await side.get(BOARD, at=NOW.isoformat())) == (503, "store-unavailable")


async def test_a_manifest_that_is_not_there_is_our_trouble(side: ReadSide) -> None:
    side.log.append(CONTEST_FEED, MOVED).result(1)
    assert refusal_of(await side.get(BOARD, offset=len(STORY))) == (503, "store-unavailable")


async def test_the_moments_of_a_board_are_told_in_order(side: ReadSide) -> None:
    jury = (await side.get(TIMELINE, JUDY, view="jury")).json()
    assert jury["next_offset"] == len(STORY)
    assert [told["offset"] for told in jury["moments"]] == [0, 1, 3, 4, 5, 7, 8, 9, 10, 11]
    assert jury["moments"][1]["at"] == moment(1).isoformat()
    public = (await side.get(TIMELINE)).json()
    assert [told["offset"] for told in public["moments"]] == [0, 1, 3, 4, 5, 7, 8, 9, 10, 11]
    later = (await side.get(TIMELINE, after_offset=8, limit=2)).json()
    assert [told["offset"] for told in later["moments"]] == [9, 11]
    assert refusal_of(await side.get(TIMELINE, view="jury")) == (403, "forbidden")


async def test_those_that_were_asked_for_longest_ago_are_let_go(side: ReadSide) -> None:
    timelines = Timelines(side.log, side.blobs, most_records=3)
    async with timelines.until_now(CONTEST_ID) as first:
        assert len(first) == len(STORY) - 2
    async with timelines.until_now(SAME_PARTITION) as other:
        assert len(other) == 2
    async with timelines.until_now(CONTEST_ID) as again:
        assert again is not first


async def test_only_the_contests_own_records_are_read(side: ReadSide) -> None:
    at_feed = Partition(CONTEST_FEED.name, partition_in_feed(CONTEST_ID))
    reader = side.log.reader({at_feed: 0}, key=CONTEST_ID)
    assert len(reader.poll(100, 1)) == len(STORY) - 2
    assert reader.next_offsets() == {at_feed: len(STORY)}
    reader.close()
