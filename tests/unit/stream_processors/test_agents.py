"""What an agent has done by the time a record may be acknowledged: on a log in memory, a folder of blobs."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from schemas.blobs.directory import DirectoryBlobStore
from schemas.dead_letters import LETTER_BYTES
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_store import Outage
from schemas.events import (
    ContestRevised,
    ContestSubmissionAccepted,
    ContestVerdictReached,
    DeadLettered,
    Event,
    JudgingRequested,
)
from schemas.golden_records import example
from schemas.ids import ProblemRevision, derived_event_id
from schemas.topics import CONTEST_FEED, DEAD_LETTERS, JOBS
from schemas.values import DeadLetterReason, Lane, Position
from stream_processors.agents import Agent, feed_contests, route_submissions
from stream_processors.definitions import Definitions
from stream_processors.lanes import Lanes
from stream_processors.source import SourceRecord
from tests.unit.stream_processors.examples import (
    AWAY_FOR,
    DEFINITION,
    DEFINITION_BYTES,
    NOW,
    UNKNOWN_ID,
    Registry,
    at,
    codec,
    encoded,
    judged,
    received,
    revised,
    submission_id,
)

DEADLINE_S = 5


@dataclass(frozen=True)
class Router:
    """Both agents over one log; `blobs` holds the problem's definition."""

    log: MemoryEventLog
    registry: Registry
    lanes: Lanes
    routing: Agent
    feeding: Agent

    def jobs(self, lane: Lane) -> list[JudgingRequested]:
        return [event for event in self.log.events(JOBS[lane]) if isinstance(event, JudgingRequested)]

    def letters(self) -> list[DeadLettered]:
        return [event for event in self.log.events(DEAD_LETTERS) if isinstance(event, DeadLettered)]


@pytest.fixture
def router(tmp_path: Path) -> Router:
    log, registry, blobs = MemoryEventLog(), Registry(), DirectoryBlobStore(tmp_path)
    blobs.put(DEFINITION_BYTES)
    lanes = Lanes(log)
    definitions = Definitions(blobs, pauses_s=(0.0,))
    known = codec(registry)
    return Router(
        log=log,
        registry=registry,
        lanes=lanes,
        routing=route_submissions(log, known, definitions, lanes, lambda: NOW),
        feeding=feed_contests(log, known, lambda: NOW),
    )


def record(event: Event | bytes, position: Position | None = None) -> SourceRecord:
    value = event if isinstance(event, bytes) else encoded(event)
    return SourceRecord(position=position or at(), key=b"key", value=value)


async def in_time(work: Awaitable[None]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        await work


async def test_a_submission_becomes_a_job_in_its_lane(router: Router) -> None:
    await router.routing.handle(record(received(1)))
    await router.routing.handle(record(received(2, contest=True), at(offset=1)))
    [practice], [contest] = router.jobs(Lane.PRACTICE), router.jobs(Lane.CONTEST)
    assert [practice.submission_id, contest.submission_id] == [submission_id(1), submission_id(2)]
    assert [case.name for case in contest.cases] == [case.name for case in DEFINITION.cases]
    assert router.letters() == []


async def test_a_repeat_is_the_same_event(router: Router) -> None:
    for _ in range(2):
        await router.routing.handle(record(received(1), at(offset=9)))
    assert [job.event_id for job in router.jobs(Lane.PRACTICE)] == [
        derived_event_id("JudgingRequested", "submissions:0:9")
    ] * 2


async def test_jobs_are_spread_over_an_idle_lane(router: Router) -> None:
    for offset in range(12):
        await router.routing.handle(record(received(offset), at(offset=offset)))
    assert router.lanes.outstanding(Lane.PRACTICE) == dict.fromkeys(range(6), 2)


async def test_what_executors_finished_no_longer_counts(router: Router) -> None:
    for offset in range(6):
        await router.routing.handle(record(received(offset), at(offset=offset)))
    await router.lanes.read(Lane.PRACTICE)
    assert router.lanes.outstanding(Lane.PRACTICE) == dict.fromkeys(range(6), 1)


async def test_a_definition_that_is_missing_gives_the_job_up(router: Router) -> None:
    nowhere = ProblemRevision("f" * 64)
    await in_time(router.routing.handle(record(replace(received(), problem_revision=nowhere))))
    [job] = router.jobs(Lane.PRACTICE)
    assert str(job.give_up).startswith(f"problem definition {nowhere}: BlobMissing")


async def test_a_definition_that_nobody_can_read_gives_the_job_up(router: Router, tmp_path: Path) -> None:
    junk = ProblemRevision(DirectoryBlobStore(tmp_path).put(b"junk"))
    await router.routing.handle(record(replace(received(), problem_revision=junk)))
    [job] = router.jobs(Lane.PRACTICE)
    assert "no definition of a problem" in str(job.give_up)


@pytest.mark.parametrize("outage", [Outage.DOWN, Outage.FATE_UNKNOWN])
async def test_while_the_broker_is_away_the_record_waits(router: Router, outage: Outage) -> None:
    router.log.outage = outage
    handling = asyncio.create_task(router.routing.handle(record(received())))
    done, _ = await asyncio.wait([handling], timeout=0.2)
    assert not done
    router.log.outage = None
    await in_time(handling)
    assert len(router.jobs(Lane.PRACTICE)) == 1


async def test_an_unknown_schema_is_waited_for_and_never_poison(router: Router) -> None:
    value = encoded(received())
    await in_time(router.routing.handle(record(value[:1] + UNKNOWN_ID.to_bytes(4, "big") + value[5:])))
    assert router.registry.asked == AWAY_FOR + 1
    assert [job.submission_id for job in router.jobs(Lane.PRACTICE)] == [received().submission_id]
    assert router.letters() == []


async def test_poison_is_a_dead_letter_and_the_next_record_goes_on(router: Router) -> None:
    await router.routing.handle(record(b"junk"))
    await router.routing.handle(record(received(), at(offset=1)))
    [letter] = router.letters()
    assert letter == DeadLettered(
        event_id=derived_event_id("DeadLettered", "submissions:0:0"),
        occurred_at=NOW,
        caused_by=at(),
        key=b"key",
        value=b"junk",
        reason=DeadLetterReason.UNDECODABLE,
        detail="4 bytes that do not begin with 00 and a schema id",
        given_up_by="stream_processors",
    )
    assert len(router.jobs(Lane.PRACTICE)) == 1


async def test_an_event_in_the_wrong_topic_is_a_dead_letter(router: Router) -> None:
    await router.routing.handle(record(judged()))
    [letter] = router.letters()
    assert letter.reason is DeadLetterReason.UNEXPECTED_EVENT


async def test_a_fault_of_ours_is_a_dead_letter(router: Router) -> None:
    """No submission that ingest_api accepts has such an id; one that is there all the same must not stop the rest."""
    await router.routing.handle(record(replace(received(), submission_id=example(ContestRevised).contest_id)))
    [letter] = router.letters()
    assert letter.reason is DeadLetterReason.ATTEMPTS_EXHAUSTED


async def test_a_letter_is_never_too_long(router: Router) -> None:
    await router.routing.handle(record(b"x" * (LETTER_BYTES + 1)))
    [letter] = router.letters()
    assert len(letter.value) == LETTER_BYTES
    assert f"cut from {LETTER_BYTES + 1} bytes" in letter.detail


async def test_the_feed_gets_what_moves_a_contest(router: Router) -> None:
    for event, position in (
        (revised(), at("contests")),
        (judged(), at("verdicts")),
        (received(contest=True), at("submissions")),
        (received(2), at("submissions", offset=1)),
    ):
        await router.feeding.handle(record(event, position))
    assert [(type(event), event.caused_by) for event in router.log.events(CONTEST_FEED)] == [
        (ContestRevised, at("contests")),
        (ContestVerdictReached, at("verdicts")),
        (ContestSubmissionAccepted, at("submissions")),
    ]


async def test_poison_that_both_agents_read_has_one_letter(router: Router) -> None:
    for agent in (router.routing, router.feeding):
        await agent.handle(record(b"junk", at("submissions")))
    await router.feeding.handle(record(b"junk", at("verdicts")))
    assert [str(letter.caused_by) for letter in router.letters()] == ["submissions:0:0", "verdicts:0:0"]
