"""The read side in memory: models that a test fills, with the real rules, bodies and application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from projections.live.wakes import Wakes
from projections.models.boards import BoardView, VersionedRowBody
from projections.models.catalog import MODEL_BY_NAME
from projections.models.contests import ContestLine, ContestView, Team
from projections.models.positions import following
from projections.models.problem_statistics import ROWS as OF_PROBLEMS
from projections.models.problems import ProblemLine, ProblemView
from projections.models.rejudging_reads import RejudgingView
from projections.models.submission import SubmissionView
from projections.models.submission_lists import Outcome, Place, SubmissionLine
from projections.models.submission_past import NO_ENDS, Ends
from projections.query_api.app import Ports, make_app
from schemas.blobs.directory import DirectoryBlobStore
from schemas.cassandra import Row
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.port import Partition
from schemas.events import ExecutorReported, VerdictReached
from schemas.http.identity import Role, Tokens, sign_token
from schemas.ids import (
    AttemptId,
    ContestId,
    JudgingId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    RejudgingId,
    SubmissionId,
    TeamId,
    UserId,
    judging_id,
)
from schemas.rules.contest import Contest
from schemas.rules.definition import Definition
from schemas.rules.icpc_row import View
from schemas.rules.rejudging_effect import Rejudged
from schemas.rules.submission import Accepted, Judged, Received
from schemas.values import (
    Calibration,
    CaseResult,
    Comparison,
    ComparisonKind,
    ContestProblem,
    LanguageInfo,
    Limits,
    Position,
    ProblemCase,
    Provenance,
    Scoring,
    SourceFile,
    Stub,
    Verdict,
)
from tests.unit.projections.tables import Tables
from tests.unit.query_api.memory_upkeep import MemoryUpkeep

KEY = Ed25519PrivateKey.generate()
PRIVATE_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
IN_FREEZE = START + timedelta(minutes=55)
NOW = START + timedelta(minutes=58)
SPRING = ContestId("spring")
SECRET = "print('my secret')"
HIDDEN_INPUT = "the hidden input"
COMPILER_SAID = "sum.cpp:1: my secret is wrong"

CONTEST = Contest(
    contest_id=SPRING,
    name="Spring",
    starts_at=START,
    duration_s=3600,
    freeze_s=600,
    penalty_minutes=20,
    scoring=Scoring.ICPC,
    problems=(ContestProblem(problem_id="sum", label="A"),),
)
RED = Team(team_id=TeamId("red"), name="Red", members=(UserId("ada"), UserId("bob")))
BLUE = Team(team_id=TeamId("blue"), name="Blue", members=(UserId("eve"),))
JUDY = ("judy", Role.JURY)
ROOT = ("root", Role.ADMIN)


def new_id(moment: datetime, number: int = 0) -> SubmissionId:
    """A UUIDv7 of that moment."""
    unix_ms = int(moment.timestamp() * 1000)
    return SubmissionId(str(UUID(int=unix_ms << 80 | 0x7 << 76 | 0b10 << 62 | number)))


@dataclass
class MemoryReads:
    """Implements `Reads` on what a test puts in."""

    submissions: dict[SubmissionId, SubmissionView] = field(default_factory=dict)
    lines: list[SubmissionLine] = field(default_factory=list)
    known_problems: dict[ProblemId, ProblemView] = field(default_factory=dict)
    known_contests: dict[ContestId, ContestView] = field(default_factory=dict)
    boards: dict[tuple[ContestId, View], BoardView] = field(default_factory=dict)
    offered: list[LanguageInfo] = field(default_factory=list)
    applied: dict[str, int] = field(default_factory=dict)
    verdicts: dict[JudgingId, VerdictReached] = field(default_factory=dict)
    known_rejudgings: list[RejudgingView] = field(default_factory=list)
    results: dict[RejudgingId, tuple[Rejudged, ...]] = field(default_factory=dict)
    reports: list[ExecutorReported] = field(default_factory=list)
    read_up_to: dict[str, dict[Partition, int]] = field(default_factory=dict)
    contest_reads: int = 0
    tables: Tables = field(default_factory=Tables)

    async def submission(self, submission_id: SubmissionId, ends: Ends = NO_ENDS) -> SubmissionView | None:  # noqa: ARG002
        return self.submissions.get(submission_id)

    def of_user(self, user_id: UserId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        return self._lines([line for line in self.lines if line.user_id == user_id], before)

    def of_problem(self, problem_id: ProblemId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        return self._lines([line for line in self.lines if line.problem_id == problem_id], before)

    def of_contest(self, contest_id: ContestId, before: Place | None) -> AsyncIterator[SubmissionLine]:
        return self._lines([line for line in self.lines if line.contest_id == contest_id], before)

    async def _lines(self, lines: list[SubmissionLine], before: Place | None) -> AsyncIterator[SubmissionLine]:
        for line in sorted(lines, key=Place.of, reverse=True):
            if before is None or Place.of(line) < before:
                yield line

    async def problem(self, problem_id: ProblemId) -> ProblemView | None:
        return self.known_problems.get(problem_id)

    async def problems(self, after: ProblemId | None, limit: int) -> list[ProblemLine]:
        listed = [it for it in self.known_problems.values() if not it.retired and it.problem_id > (after or "")]
        return [
            ProblemLine(
                problem_id=it.problem_id,
                title=it.definition.title,
                difficulty=it.definition.difficulty,
                tags=it.definition.tags,
                revision=it.revision,
            )
            for it in sorted(listed, key=lambda it: it.problem_id)[:limit]
        ]

    async def problem_statistics(self, problem_id: ProblemId) -> AsyncIterator[list[Row]]:
        for shard in range(OF_PROBLEMS.shards):
            yield self.tables.rows("problem_statistics", problem_id, shard)

    async def user_statistics(self, user_id: UserId) -> AsyncIterator[list[Row]]:
        yield self.tables.rows("user_statistics", user_id, 0)

    async def contest(self, contest_id: ContestId) -> ContestView | None:
        self.contest_reads += 1
        return self.known_contests.get(contest_id)

    async def contests(self, limit: int) -> list[ContestLine]:
        found = [ContestLine(contest=it.contest, thawed=it.thawed) for it in self.known_contests.values()]
        found.sort(key=lambda it: (it.contest.starts_at, it.contest.contest_id), reverse=True)
        return found[:limit]

    async def board(self, contest_id: ContestId, view: View) -> BoardView | None:
        return self.boards.get((contest_id, view))

    async def languages(self, now: datetime) -> list[LanguageInfo]:  # noqa: ARG002
        return self.offered

    async def verdict(self, submission_id: SubmissionId, judging_id: JudgingId) -> VerdictReached | None:  # noqa: ARG002
        return self.verdicts.get(judging_id)

    async def rejudging(self, rejudging_id: RejudgingId) -> RejudgingView | None:
        return next((view for view in self.known_rejudgings if view.rejudging_id == rejudging_id), None)

    async def rejudgings(self, before: RejudgingId | None, limit: int) -> list[RejudgingView]:
        views = sorted(self.known_rejudgings, key=lambda view: view.rejudging_id, reverse=True)
        return [view for view in views if before is None or view.rejudging_id < before][:limit]

    async def rejudged(self, rejudging_id: RejudgingId, after: SubmissionId | None) -> AsyncIterator[Rejudged]:
        for one in self.results.get(rejudging_id, ()):
            if after is None or one.submission_id > after:
                yield one

    async def executors(self, now: datetime) -> list[ExecutorReported]:  # noqa: ARG002
        return self.reports

    async def positions(self) -> dict[str, dict[Partition, int]]:
        return self.read_up_to

    async def has_applied(self, model: str, position: Position, key: str | None) -> bool:  # noqa: ARG002
        following(MODEL_BY_NAME[model], position.topic)  # refuses what the model does not depend on
        return position.offset < self.applied.get(model, 0)


@dataclass
class ReadSide:
    """The application and all that it stands on."""

    blobs: DirectoryBlobStore
    reads: MemoryReads = field(default_factory=MemoryReads)
    upkeep: MemoryUpkeep = field(default_factory=MemoryUpkeep)
    log: MemoryEventLog = field(default_factory=MemoryEventLog)
    wakes: Wakes = field(default_factory=Wakes)
    now: datetime = NOW
    http: httpx.AsyncClient = field(init=False)

    def ports(self) -> Ports:
        return Ports(
            reads=self.reads,
            upkeep=self.upkeep,
            log=self.log,
            blobs=self.blobs,
            tokens=Tokens(PUBLIC_PEM, clock=self.now.timestamp),
            wakes=self.wakes,
            clock=lambda: self.now,
            ready={},
        )

    async def get(self, path: str, who: str | tuple[str, Role] | None = None, **params: object) -> httpx.Response:
        headers = {} if who is None else self.token(*((who,) if isinstance(who, str) else who))
        given = {name: str(value) for name, value in params.items()}
        return await self.http.get(path, params=given, headers=headers)

    def token(self, user_id: str, *roles: Role) -> dict[str, str]:
        signed = sign_token(PRIVATE_PEM, user_id, name=user_id, roles=roles, now=self.now)
        return {"Authorization": f"Bearer {signed}"}

    def open_contest(self, *, thawed: bool = False) -> None:
        """The contest of all tests, in its freeze."""
        revised = Position(topic="contests", partition=0, offset=0)
        self.reads.known_contests[SPRING] = ContestView(
            contest=CONTEST, thawed=thawed, teams=(BLUE, RED), revised=revised
        )
        for view in View:
            solved = 1 if thawed or view is View.JURY else 0
            rows = (row("red", solved=solved), row("blue", solved=0))
            epoch = "1.thawed" if thawed and view is View.PUBLIC else "1"
            self.reads.boards[SPRING, view] = BoardView(
                contest=CONTEST, epoch=epoch, offset=7, thawed=thawed, rows=rows
            )

    def submit(
        self, *, contest: bool, verdict: Verdict | None = Verdict.AC, at: datetime = IN_FREEZE, number: int = 0
    ) -> SubmissionId:
        """A submission of ada's, judged or not, in all models."""
        submission_id = new_id(at, number)
        accepted = Accepted(
            user_id=UserId("ada"),
            language=LanguageId("cpp"),
            files=(SourceFile(name="sum.cpp", content=SECRET.encode()),),
            entry_point=None,
            problem_id=ProblemId("sum"),
            problem_revision=ProblemRevision("0" * 64),
            contest_id=SPRING if contest else None,
            team_id=RED.team_id if contest else None,
            submitted_at=at,
        )
        judgings = () if verdict is None else (judged(submission_id, verdict),)
        received = Received(submission_id=submission_id, accepted=accepted, judgings=judgings)
        self.reads.submissions[submission_id] = SubmissionView(submission=received, version=9)
        self.reads.lines.append(
            SubmissionLine(
                submission_id=submission_id,
                user_id=accepted.user_id,
                team_id=accepted.team_id,
                problem_id=accepted.problem_id,
                contest_id=accepted.contest_id,
                language=accepted.language,
                submitted_at=at,
                outcome=None
                if verdict is None
                else Outcome(verdict=verdict, score=1.0, cpu_time_ms=12, memory_bytes=2**20),
                version=9,
            )
        )
        return submission_id

    def create_problem(self, *, retired: bool = False) -> None:
        """A problem with a sample and a hidden case."""

        def case(name: str, text: str, *, sample: bool) -> ProblemCase:
            digests = [self.blobs.put(content.encode()) for content in (text, f"{text}, answered")]
            return ProblemCase(name=name, input_sha256=digests[0], answer_sha256=digests[1], sample=sample)

        definition = Definition(
            problem_id=ProblemId("sum"),
            title="Sum",
            statement="Add.",
            difficulty="easy",
            tags=("math",),
            editorial="Use +.",
            limits=Limits(cpu_time_ms=1000, memory_bytes=2**28, output_bytes=2**20, wall_time_ms=4000),
            comparison=Comparison(kind=ComparisonKind.TOKENS),
            cases=(case("1", "a sample", sample=True), case("2", HIDDEN_INPUT, sample=False)),
            all_cases=False,
            stubs=(Stub(language=LanguageId("cpp"), before="hidden before", starter="int f();", after="hidden after"),),
        )
        self.reads.known_problems[ProblemId("sum")] = ProblemView(
            problem_id=ProblemId("sum"),
            revision=ProblemRevision("5" * 64),
            author_id=UserId("setter"),
            definition=definition,
            retired=retired,
            revised_at=START,
        )


def judged(submission_id: SubmissionId, verdict: Verdict) -> Judged:
    """The original judging with that verdict."""
    return Judged(
        judging_id=judging_id(submission_id),
        attempt_id=AttemptId("a"),
        attempt=1,
        verdict=verdict,
        score=1.0,
        cpu_time_ms=12,
        memory_bytes=2**20,
        compiler_output=COMPILER_SAID,
        problem_cases=1,
        cases=(CaseResult(case="1", verdict=verdict, cpu_time_ms=12, wall_time_ms=15, memory_bytes=2**20),),
        provenance=Provenance(
            executor_id="one",
            sandbox="container",
            software_version="1",
            image_digest="",
            compiler_version="",
            calibration=Calibration(measured_at=START, arithmetic_ns=10, memory_access_ns=16),
        ),
        reason="the machine room",
        judged_at=IN_FREEZE,
    )


def row(team_id: str, *, solved: int) -> VersionedRowBody:
    """A team's row."""
    return {
        "team_id": team_id,
        "name": team_id.title(),
        "solved": solved,
        "penalty_minutes": 55 * solved,
        "last_accepted_minute": 55 * solved,
        "score": None,
        "cells": [
            {
                "label": "A",
                "attempts": solved,
                "pending": 0 if solved else 1,
                "solved_at_minute": 55 if solved else None,
                "first": bool(solved),
                "score": None,
            }
        ],
        "version": 7,
    }


@asynccontextmanager
async def reading(
    folder: Path, reads: MemoryReads | None = None, log: MemoryEventLog | None = None
) -> AsyncIterator[ReadSide]:
    """A read side that runs."""
    side = made(folder, reads, log)
    async with side.http:
        yield side


def made(folder: Path, reads: MemoryReads | None = None, log: MemoryEventLog | None = None) -> ReadSide:
    """A read side that answers, in whatever loop."""
    side = ReadSide(blobs=DirectoryBlobStore(folder), reads=reads or MemoryReads(), log=log or MemoryEventLog())
    transport = httpx.ASGITransport(make_app(side.ports()), raise_app_exceptions=False)
    side.http = httpx.AsyncClient(transport=transport, base_url="http://test/api/v1")
    return side


def refusal_of(response: httpx.Response) -> tuple[int, str]:
    """Status, and the name of the problem document's type."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    document: dict[str, Any] = response.json()
    assert document["status"] == response.status_code
    return response.status_code, str(document["type"]).removeprefix("urn:judgestream:problem:")
