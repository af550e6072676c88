"""A board of the past: from the log alone, and from a timeline that is there, over HTTP without the network.

Cold is the worst there is: nothing is known, and the moment is the last one. The yardstick is the fold that draws the
live boards, over the same records in memory.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from deploy.setup.places import HOME
from projections.live.wakes import Wakes
from projections.models.contests import ContestView
from projections.query_api.app import Ports as AppPorts
from projections.query_api.app import make_app
from projections.serving import collect_garbage_seldom
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.connect import connect as connect_log
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import EventLog
from schemas.events import (
    ContestRevised,
    ContestSubmissionAccepted,
    ContestVerdictReached,
    Event,
    TeamRegistered,
)
from schemas.http.identity import Tokens
from schemas.ids import ContestId, EventId, ProblemId, SubmissionId, TeamId, judging_id
from schemas.rules.icpc_board import empty_board, evolve
from schemas.topics import CONTEST_FEED
from schemas.values import ContestProblem, Position, Scoring, Verdict
from tests.bench.engines import prepared_engines
from tests.bench.measurement import Measurement
from tests.unit.query_api.memory_upkeep import MemoryUpkeep
from tests.unit.query_api.read_side import CONTEST, PUBLIC_PEM, MemoryReads, new_id

TEAMS: Final = 500
SUBMISSIONS: Final = 10_000
PROBLEMS: Final = 12
OTHERS: Final = 10_000
"""Records of other contests in the same partition."""

COLD_TRIES: Final = 5
WARM_TRIES: Final = 200
DURATION: Final = timedelta(hours=5)
START: Final = datetime(2026, 9, 1, 10, tzinfo=UTC)
CONTEST_ID: Final = ContestId("finals")
DEADLINE_S: Final = 120.0


def run() -> list[Measurement]:
    """Starts engines in an empty folder, measures and stops them."""
    with prepared_engines("rewind") as environment:
        log = connect_log(environment["JUDGESTREAM_KAFKA"], environment["JUDGESTREAM_REGISTRY_URL"], client_id="bench")
        try:
            return asyncio.run(_measured(log))
        finally:
            log.close()


async def _measured(log: EventLog) -> list[Measurement]:
    collect_garbage_seldom()  # as the service does
    events = list(_contest())
    await asyncio.to_thread(_tell, log, events)
    fold_s = _fold_s(events)
    end = log.end_offsets(CONTEST_FEED)[partition_of(CONTEST_ID.encode(), CONTEST_FEED.partitions)]
    cold = [await _cold_s(log, f"board?offset={end - 1}") for _ in range(COLD_TRIES)]
    moments = [await _cold_s(log, "timeline") for _ in range(COLD_TRIES)]
    warm = await _warm_s(log, end)
    what = f"{TEAMS} teams, {SUBMISSIONS} submissions"
    return [
        _figure(f"rewind: cold, {what}, against folding and drawing every step", cold, fold_s),
        _figure("rewind: the moments of it, cold", moments, fold_s),
        _figure("rewind: warm, any moment, p50", warm, fold_s),
        Measurement(
            name="rewind: warm, p99", value=statistics.quantiles(warm, n=100)[98], unit="s", repetitions=len(warm)
        ),
    ]


def _figure(name: str, seconds: list[float], fold_s: float) -> Measurement:
    value = statistics.median(seconds)
    return Measurement(
        name=name, value=value, unit="s", baseline=fold_s, ratio=value / fold_s, repetitions=len(seconds)
    )


def _app(log: EventLog) -> httpx.AsyncClient:
    """The query API with nothing in its memory."""
    revised = Position(topic="contests", partition=0, offset=0)
    reads = MemoryReads(
        known_contests={CONTEST_ID: ContestView(contest=CONTEST, thawed=False, teams=(), revised=revised)}
    )
    ports = AppPorts(
        reads=reads,
        upkeep=MemoryUpkeep(),
        log=log,
        blobs=DirectoryBlobStore(HOME / "bench" / "rewind-blobs"),
        tokens=Tokens(PUBLIC_PEM),
        wakes=Wakes(),
        clock=lambda: datetime.now(UTC),
        ready={},
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(make_app(ports)), base_url="http://bench/api/v1")


async def _cold_s(log: EventLog, path: str) -> float:
    async with _app(log) as http:
        return await _taken_s(http, path)


async def _warm_s(log: EventLog, end: int) -> list[float]:
    random_ = random.Random(3)
    async with _app(log) as http:
        await _taken_s(http, f"board?offset={end - 1}")
        offsets = [random_.randrange(TEAMS + OTHERS, end) for _ in range(WARM_TRIES)]
        return [await _taken_s(http, f"board?offset={offset}") for offset in offsets]


async def _taken_s(http: httpx.AsyncClient, path: str) -> float:
    began = time.perf_counter()
    response = await http.get(f"/contests/{CONTEST_ID}/{path}")
    taken_s = time.perf_counter() - began
    body: dict[str, Any] = response.raise_for_status().json()
    assert len(body.get("rows", [None] * TEAMS)) == TEAMS
    return taken_s


def _fold_s(events: list[Event]) -> float:
    board = empty_board(CONTEST_ID)
    began = time.perf_counter()
    for offset, event in enumerate(events):
        board = evolve(board, Position(topic=CONTEST_FEED.name, partition=0, offset=offset), event).board
    return time.perf_counter() - began


def _tell(log: EventLog, events: list[Event]) -> None:
    partition = partition_of(CONTEST_ID.encode(), CONTEST_FEED.partitions)
    others = (_team(f"t{number}", number, ContestId(f"other-{number % 7}")) for number in range(OTHERS))
    told = [log.append(CONTEST_FEED, event, partition=partition) for event in (*others, *events)]
    wait(told, timeout=DEADLINE_S)


def _contest() -> Iterator[Event]:
    """Teams that try something else all the time, over five hours with one of freeze."""
    random_ = random.Random(1)
    yield ContestRevised(
        event_id=EventId("contest"),
        occurred_at=START,
        caused_by=Position(topic="contests", partition=0, offset=0),
        contest_id=CONTEST_ID,
        name="Finals",
        starts_at=START,
        duration_s=int(DURATION.total_seconds()),
        freeze_s=3600,
        penalty_minutes=20,
        scoring=Scoring.ICPC,
        problems=tuple(ContestProblem(problem_id=f"p{at}", label=chr(65 + at)) for at in range(PROBLEMS)),
    )
    for number in range(TEAMS):
        yield _team(f"team-{number}", number + 1, CONTEST_ID)
    for number in range(SUBMISSIONS):
        moment = START + DURATION * number / SUBMISSIONS
        team_id, problem_id = f"team-{random_.randrange(TEAMS)}", f"p{random_.randrange(PROBLEMS)}"
        verdict = random_.choice([Verdict.AC, Verdict.WA, Verdict.WA, Verdict.TLE, Verdict.CE])
        yield from _submission(number, moment, TeamId(team_id), ProblemId(problem_id), verdict)


def _team(name: str, offset: int, contest_id: ContestId) -> TeamRegistered:
    return TeamRegistered(
        event_id=EventId(name),
        occurred_at=START,
        caused_by=Position(topic="contests", partition=0, offset=offset),
        contest_id=contest_id,
        team_id=TeamId(name),
        name=f"The team {name}",
        members=(),
    )


def _submission(
    number: int, moment: datetime, team_id: TeamId, problem_id: ProblemId, verdict: Verdict
) -> Iterator[Event]:
    submission_id: SubmissionId = new_id(moment, number)
    place = {"partition": number % 12, "offset": number // 12}
    yield ContestSubmissionAccepted(
        event_id=EventId(f"{submission_id}:accepted"),
        occurred_at=moment,
        caused_by=Position(topic="submissions", **place),
        contest_id=CONTEST_ID,
        team_id=team_id,
        submission_id=submission_id,
        problem_id=problem_id,
        submitted_at=moment,
    )
    yield ContestVerdictReached(
        event_id=EventId(f"{submission_id}:judged"),
        occurred_at=moment,
        caused_by=Position(topic="verdicts", **place),
        contest_id=CONTEST_ID,
        team_id=team_id,
        submission_id=submission_id,
        judging_id=judging_id(submission_id),
        problem_id=problem_id,
        submitted_at=moment,
        verdict=verdict,
        score=float(verdict is Verdict.AC),
    )
