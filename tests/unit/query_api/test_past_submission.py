"""A submission as it was: over HTTP, from rows that know more, to viewers who saw less."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from projections.models.model import Fact, joined
from projections.models.submission import SubmissionView, tell, view_of
from projections.models.submission_past import NO_ENDS, Ends, before
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.events import ContestRevised, Event
from schemas.ids import ContestId, SubmissionId
from schemas.topics import CONTEST_FEED, JUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import Verdict
from tests.unit.projections.stories import NOON, case, received, started, submission, verdict
from tests.unit.query_api.read_side import CONTEST, JUDY, SPRING, MemoryReads, ReadSide, reading, refusal_of
from tests.unit.rules.contests import revised
from tests.unit.rules.test_icpc_board import source, thaw

ONE = f"/submissions/{submission(1)}"
IN_CONTEST = replace(received(contest="spring"), team_id=None)
STORY = (
    (0, SUBMISSIONS, IN_CONTEST),
    (1, JUDGINGS, started()),
    (2, JUDGINGS, case(index=0)),
    (3, VERDICTS, verdict(of=IN_CONTEST)),
    (4, VERDICTS, verdict(start=1, said=Verdict.WA, of=IN_CONTEST)),
)
FROZEN = replace(CONTEST, starts_at=NOON - timedelta(minutes=30), duration_s=3600, freeze_s=3600, contest_id=SPRING)


@dataclass
class RowReads(MemoryReads):
    """Submissions as rows, so that they can be read as they were."""

    async def submission(self, submission_id: SubmissionId, ends: Ends = NO_ENDS) -> SubmissionView | None:
        rows = self.tables.rows("submissions", submission_id)
        return view_of(submission_id, [before(row, ends) for row in rows])


@dataclass
class Clock:
    second: float = 0

    def __call__(self) -> datetime:
        return NOON + timedelta(seconds=self.second)


def contest_events() -> list[tuple[float, Event]]:
    opened = revised(source(), starts_at=FROZEN.starts_at, duration_s=3600, freeze_s=3600)
    return [(-60, replace(opened, contest_id=SPRING)), (60, replace(thaw(), contest_id=SPRING))]


@pytest.fixture
async def side(tmp_path: Path) -> AsyncIterator[ReadSide]:
    clock, reads = Clock(), RowReads(applied={"submissions": 99})
    async with reading(tmp_path, reads, MemoryEventLog(clock=clock)) as side:
        for clock.second, topic, event in STORY:
            position = side.log.append(topic, event).result(1)
            reads.tables.apply(joined([tell(Fact(position, event))]).writes)
        for clock.second, told in contest_events():
            side.log.append(CONTEST_FEED, told).result(1)
        side.open_contest(thawed=True)
        reads.known_contests[SPRING] = replace(reads.known_contests[SPRING], contest=FROZEN)
        yield side


async def at(side: ReadSide, second: float, who: Any = "ada") -> dict[str, Any]:
    response = await side.get(ONE, who, at=(NOON + timedelta(seconds=second)).isoformat())
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_it_is_as_it_was_after_every_record(side: ReadSide) -> None:
    told = [await at(side, second) for second in (0, 1, 2, 3, 4, 3.5)]
    assert [one["state"] for one in told] == ["queued", "compiling", "running", "judged", "judged", "judged"]
    assert [one["verdict"] for one in told[3:]] == ["AC"] * 3
    assert told[2]["at"] == (NOON + timedelta(seconds=2)).isoformat()
    now = (await side.get(ONE, "ada")).json()
    assert told[4] == now | {"at": told[4]["at"]}


@pytest.mark.parametrize("who", [None, "eve"])
async def test_others_see_it_as_they_would_have_then(side: ReadSide, who: str | None) -> None:
    assert [(await at(side, second, who))["state"] for second in (3, 59, 60)] == ["queued", "queued", "judged"]
    assert (await at(side, 3, JUDY))["state"] == "judged"


async def test_what_is_hidden_now_is_hidden_at_every_moment(side: ReadSide) -> None:
    view = side.reads.known_contests[SPRING]
    side.reads.known_contests[SPRING] = replace(view, thawed=False)
    assert [(await at(side, second, "eve"))["state"] for second in (3, 60, 99)] == ["queued"] * 3


async def test_a_contest_that_was_not_known_then_hides_it(side: ReadSide) -> None:
    opened, _ = contest_events()
    assert isinstance(opened[1], ContestRevised)
    view = side.reads.known_contests[SPRING]
    side.reads.known_contests[ContestId("autumn")] = view
    elsewhere = replace(IN_CONTEST, submission_id=submission(2), contest_id=ContestId("autumn"))
    position = side.log.append(SUBMISSIONS, elsewhere).result(1)
    assert isinstance(side.reads, RowReads)
    side.reads.tables.apply(tell(Fact(position, elsewhere)).writes)
    response = await side.get(f"/submissions/{submission(2)}", "eve", at=side.now.isoformat())
    assert response.json()["state"] == "queued"


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        (f"{ONE}?at=2026-09-01T11:59:59Z", 404, "no-submission-then"),
        (f"/submissions/{submission(9)}?at=2026-09-01T12:30:00Z", 404, "unknown-submission"),
        (f"{ONE}?at=2026-11-21T13:30:00Z", 400, "moment-in-future"),
        (f"{ONE}?at=noon", 400, "malformed-moment"),
        (f"{ONE}?at=2026-09-01T12:30:00Z&wait=3", 400, "malformed-request"),
        (f"{ONE}?at=2026-09-01T12:30:00Z&after=submissions:0:0", 400, "malformed-request"),
    ],
)
async def test_a_moment_that_cannot_be_had_is_refused(side: ReadSide, path: str, status: int, expected: str) -> None:
    assert refusal_of(await side.http.get(path)) == (status, expected)


async def test_without_a_broker_nobody_knows_what_was_then(side: ReadSide) -> None:
    side.log.outage = Outage.DOWN
    assert refusal_of(await side.get(ONE, at=NOON.isoformat())) == (503, "store-unavailable")
