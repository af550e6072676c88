"""The status over HTTP: what the jury sees of lanes, executors, read models, stalls and dead letters."""

from dataclasses import replace
from datetime import timedelta

import pytest

from projections.models.rejudging_reads import RejudgingView, Told
from projections.query_api import status_documents
from schemas.dead_letters import dead_letter
from schemas.eventlog.memory_store import Outage
from schemas.eventlog.port import Committed, Partition
from schemas.events import ExecutorReported, JudgingRequested, JudgingStalled, RejudgingOpened, RejudgingOpenRequested
from schemas.golden_records import example
from schemas.ids import EventId, ExecutorId, RejudgingId
from schemas.topics import DEAD_LETTERS, EXECUTOR_POOL, JOBS, STALLS, SUBMISSIONS, executor_group
from schemas.values import DeadLetterReason, Lane, Position, StallAnswer
from tests.unit.query_api.read_side import JUDY, NOW, ROOT, ReadSide, refusal_of

PRACTICE = JOBS[Lane.PRACTICE]


def ask(side: ReadSide, partition: int) -> Position:
    job: JudgingRequested = example(JudgingRequested)
    return side.log.append(PRACTICE, job, partition=partition).result()


def stall(side: ReadSide, at: Position, answer: StallAnswer = StallAnswer.ASKED_AGAIN) -> None:
    found: JudgingStalled = example(JudgingStalled)
    event = replace(found, event_id=EventId(f"{at}:{answer}"), caused_by=at, stood_s=200, answer=answer)
    side.log.append(STALLS, event).result()


async def status(side: ReadSide) -> status_documents.Status:
    """The answer, which has the members that are documented and no others."""
    response = await side.get("/status", JUDY)
    assert response.status_code == 200
    return status_documents.Status.model_validate(response.json())


async def test_an_idle_system_says_so(side: ReadSide) -> None:
    told = await status(side)
    assert [(lane.lane, lane.outstanding, lane.oldest_s) for lane in told.lanes] == [
        ("contest", 0, None),
        ("practice", 0, None),
        ("rejudge", 0, None),
    ]
    assert (told.stalls.last_day, told.stalls.newest, told.dead_letters.last_day, told.executors) == (0, [], 0, [])


async def test_a_lane_tells_what_waits_since_when_and_who_reads_it(side: ReadSide) -> None:
    for partition in (1, 1, 4):
        ask(side, partition)
    first = side.log.records(PRACTICE)[0].appended_at
    reader = side.log.group_reader(list(JOBS.values()), executor_group(EXECUTOR_POOL))
    reader.poll(10, 0.0)
    reader.commit({Partition(PRACTICE.name, 4): Committed(offset=1)})
    side.now = first + timedelta(seconds=7)
    lane = next(lane for lane in (await status(side)).lanes if lane.lane == "practice")
    assert (lane.outstanding, lane.oldest_s) == (2, 7.0)
    assert [(it.committed, it.end, it.outstanding) for it in lane.partitions if it.end] == [(0, 2, 2), (1, 1, 0)]
    assert {it.executor for it in lane.partitions} == {"memory"}
    reader.close()


async def test_stalls_are_counted_and_those_that_still_stand_are_marked(side: ReadSide) -> None:
    side.now = NOW + timedelta(days=1)
    stands, done = ask(side, 1), ask(side, 2)
    stall(side, done)
    stall(side, stands)
    stall(side, stands)
    reader = side.log.group_reader(list(JOBS.values()), executor_group(EXECUTOR_POOL))
    reader.poll(10, 0.0)
    reader.commit({Partition(PRACTICE.name, 2): Committed(offset=1)})
    side.now = side.log.records(STALLS)[-1].appended_at + timedelta(hours=1)
    told = (await status(side)).stalls
    assert (told.last_day, told.standing) == (3, 1)
    assert [(it.job, it.stands, it.answer) for it in told.newest] == [
        (str(stands), True, "asked_again"),
        (str(done), False, "asked_again"),
    ]
    side.now += timedelta(days=1)
    told = (await status(side)).stalls
    assert (told.last_day, told.newest) == (0, [])
    reader.close()


async def test_executors_and_read_models_are_there(side: ReadSide) -> None:
    report: ExecutorReported = example(ExecutorReported)
    side.reads.reports = [
        replace(report, executor_id=ExecutorId("one"), slots=2, busy=1, occurred_at=side.now - timedelta(seconds=3))
    ]
    ends = side.log.end_offsets(SUBMISSIONS)
    side.reads.read_up_to = {"submissions": {Partition(SUBMISSIONS.name, number): end for number, end in ends.items()}}
    told = await status(side)
    [executor] = told.executors
    assert (executor.executor_id, executor.slots, executor.busy, executor.reported_s_ago) == ("one", 2, 1, 3.0)
    assert [(it.model, it.lag, it.topics) for it in told.projections] == [("submissions", 0, {"submissions": 0})]


async def test_dead_letters_of_the_last_day_are_counted(side: ReadSide) -> None:
    letter = dead_letter(
        Position(topic="verdicts", partition=0, offset=1),
        key=None,
        value=b"junk",
        reason=DeadLetterReason.UNDECODABLE,
        detail="junk",
        given_up_by="a test",
        now=NOW,
    )
    side.log.append(DEAD_LETTERS, letter, partition=0).result()
    side.now = side.log.records(DEAD_LETTERS)[0].appended_at + timedelta(hours=23)
    assert (await status(side)).dead_letters.last_day == 1
    side.now += timedelta(hours=2)
    assert (await status(side)).dead_letters.last_day == 0


@pytest.mark.parametrize("who", [None, "ada"])
async def test_it_is_the_jurys(side: ReadSide, who: str | None) -> None:
    assert (await side.get("/status", who)).status_code == (401 if who is None else 403)
    assert (await side.get("/status", ROOT)).status_code == 200


async def test_while_the_broker_is_away_it_says_so(side: ReadSide) -> None:
    side.log.outage = Outage.DOWN
    assert refusal_of(await side.get("/status", JUDY))[0] == 503


async def test_rejudgings_under_way_are_listed(side: ReadSide) -> None:
    asked: RejudgingOpenRequested = example(RejudgingOpenRequested)
    asked = replace(asked, rejudging_id=RejudgingId("r1"), dry_run=False, repeats=1)
    opened: RejudgingOpened = example(RejudgingOpened)
    request = Position(topic="rejudging-requests", partition=0, offset=0)
    opened = replace(opened, rejudging_id=RejudgingId("r1"), caused_by=request, selected=10, repeats=1)
    decision = Position(topic="rejudgings", partition=0, offset=0)
    view = RejudgingView(
        rejudging_id=RejudgingId("r1"),
        told=(Told(position=request, event=asked), Told(position=decision, event=opened)),
    )
    side.reads.known_rejudgings = [view]
    [told] = (await status(side)).rejudgings
    assert (told.rejudging_id, told.state, told.selected, told.done, told.total) == ("r1", "judging", 10, 0, 10)
