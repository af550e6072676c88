"""A season: submissions of some users in and out of a contest, told to the log as the services would tell it."""

import random
import secrets
from collections.abc import Iterable
from concurrent.futures import wait
from dataclasses import dataclass, field, replace
from datetime import timedelta

from schemas.eventlog.port import EventLog
from schemas.events import (
    CaseJudged,
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    Event,
    ExecutorReported,
    JudgingStarted,
    ProblemRevised,
    SubmissionReceived,
    TeamRegistered,
    VerdictReached,
)
from schemas.ids import ContestId, EventId, ExecutorId, LanguageId, ProblemId, ProblemRevision, TeamId, UserId
from schemas.topics import CONTEST_FEED, CONTESTS, EXECUTORS, JUDGINGS, PROBLEMS, SUBMISSIONS, VERDICTS, Topic
from schemas.values import (
    Comparison,
    ComparisonKind,
    ContestProblem,
    LanguageInfo,
    Limits,
    Position,
    Scoring,
    Verdict,
)
from tests.unit.projections.stories import NOON, case, received, started, verdict

TOPICS: dict[type[Event], Topic] = {
    SubmissionReceived: SUBMISSIONS,
    JudgingStarted: JUDGINGS,
    CaseJudged: JUDGINGS,
    VerdictReached: VERDICTS,
    ProblemRevised: PROBLEMS,
    ContestRevised: CONTESTS,
    TeamRegistered: CONTESTS,
    ContestThawed: CONTESTS,
    ExecutorReported: EXECUTORS,
}

TEAMS = ("ada", "bob", "cleo")
PROBLEM_IDS = ("sum", "gcd")


@dataclass
class Season:
    """Ids are of this season alone, so that many can share a log; `random` draws what happens."""

    log: EventLog
    random: random.Random
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    first: int = field(default_factory=lambda: secrets.randbelow(10**11) * 10)
    count: int = 0

    @property
    def contest_id(self) -> ContestId:
        return ContestId(f"contest-{self.name}")

    def problem_id(self, name: str) -> ProblemId:
        return ProblemId(f"{name}-{self.name}")

    def user_id(self, name: str) -> UserId:
        return UserId(f"{name}-{self.name}")

    def tell(self, *events: Event, topic: Topic | None = None) -> list[Position]:
        """Appends; the positions, once all of it is acknowledged."""
        futures = [self.log.append(topic or TOPICS[type(event)], event) for event in events]
        wait(futures, timeout=30)
        return [future.result() for future in futures]

    def tell_contest(self, *events: Event) -> list[Position]:
        """Appends to the contest's topic, and the copies to the feed."""
        positions = self.tell(*events)
        for event, position in zip(events, positions, strict=True):
            self.tell(replace(event, caused_by=position), topic=CONTEST_FEED)
        return positions

    def begin(self) -> None:
        """Problems, an executor, a contest and its teams."""
        self.tell(*(self.problem(name) for name in PROBLEM_IDS), self.report())
        self.tell_contest(self.contest(), *(self.team(name) for name in TEAMS))

    def submission(self, minute: float = 10, who: str = "ada", problem: str = "sum") -> SubmissionReceived:
        self.count += 1
        plain = received(self.first + self.count, user=self.user_id(who), minute=minute)
        return replace(
            plain,
            event_id=EventId(f"received {plain.submission_id}"),
            problem_id=self.problem_id(problem),
            contest_id=self.contest_id,
            team_id=TeamId(f"{who}-{self.name}"),
        )

    def draw(self, submissions: int) -> Iterable[list[Event]]:
        """For each submission what is told of it, in its order: some with lost attempts, some judged twice."""
        for _ in range(submissions):
            minute = self.random.randrange(1, 119)
            accepted = self.submission(minute, self.random.choice(TEAMS), self.random.choice(PROBLEM_IDS))
            number, said = self.first + self.count, self.random.choice(list(Verdict)[:7])
            attempts = self.random.choice((1, 1, 1, 2))
            story: list[Event] = [accepted]
            for attempt in range(attempts):
                story.append(started(number, attempt))
                story += [case(number, attempt, index) for index in range(3)]
            story.append(verdict(number, attempts - 1, said, of=accepted))
            if self.random.random() < 0.1:
                story.append(verdict(number, attempts, Verdict.JUDGE_ERROR, of=accepted))
            yield story

    def tell_story(self, story: Iterable[Event]) -> None:
        """Appends a submission's events and the feed's copies of them."""
        for event in story:
            (position,) = self.tell(event)
            copy = copied(event, position)
            if copy is not None:
                self.tell(copy, topic=CONTEST_FEED)

    def thaw(self) -> None:
        self.tell_contest(
            ContestThawed(
                event_id=EventId(f"thaw {self.name}"), occurred_at=NOON, caused_by=None, contest_id=self.contest_id
            )
        )

    def contest(self) -> ContestRevised:
        return ContestRevised(
            event_id=EventId(f"contest {self.name}"),
            occurred_at=NOON,
            caused_by=None,
            contest_id=self.contest_id,
            name="Finals",
            starts_at=NOON,
            duration_s=7200,
            freeze_s=1800,
            penalty_minutes=20,
            scoring=Scoring.ICPC,
            problems=tuple(
                ContestProblem(problem_id=self.problem_id(name), label=label)
                for name, label in zip(PROBLEM_IDS, "AB", strict=True)
            ),
        )

    def team(self, name: str) -> TeamRegistered:
        return TeamRegistered(
            event_id=EventId(f"team {name} {self.name}"),
            occurred_at=NOON,
            caused_by=None,
            contest_id=self.contest_id,
            team_id=TeamId(f"{name}-{self.name}"),
            name=name.title(),
            members=(self.user_id(name),),
        )

    def problem(self, name: str, title: str = "A problem") -> ProblemRevised:
        return ProblemRevised(
            event_id=EventId(f"problem {name} {title} {self.name}"),
            occurred_at=NOON,
            caused_by=None,
            problem_id=self.problem_id(name),
            revision=ProblemRevision("0" * 64),
            author_id=UserId("setter"),
            title=title,
            statement="Add *two* numbers.",
            difficulty=None,
            tags=("easy",),
            editorial=None,
            limits=Limits(cpu_time_ms=1000, memory_bytes=1 << 28, output_bytes=1 << 20, wall_time_ms=4000),
            comparison=Comparison(kind=ComparisonKind.TOKENS),
            cases=(),
            all_cases=False,
            stubs=(),
        )

    def report(self, age: timedelta = timedelta()) -> ExecutorReported:
        return ExecutorReported(
            event_id=EventId(f"report {self.name} {age}"),
            occurred_at=NOON - age,
            caused_by=None,
            executor_id=ExecutorId(f"executor-{self.name}"),
            pool="default",
            slots=2,
            busy=0,
            sandbox="container",
            software_version="1",
            languages=(
                LanguageInfo(
                    language=LanguageId(f"cpp-{self.name}"),
                    name="C++",
                    compiler_version="13",
                    suffixes=(".cpp",),
                    starter="",
                ),
            ),
        )


def copied(event: Event, cause: Position) -> Event | None:
    """The feed's copy of what moves a board."""
    match event:
        case SubmissionReceived(contest_id=str(contest_id), team_id=str(team_id)):
            return ContestSubmissionAccepted(
                event_id=EventId(f"copy of {cause}"),
                occurred_at=event.occurred_at,
                caused_by=cause,
                contest_id=contest_id,
                team_id=team_id,
                submission_id=event.submission_id,
                problem_id=event.problem_id,
                submitted_at=event.submitted_at,
            )
        case VerdictReached(contest_id=str(contest_id), team_id=str(team_id)):
            return ContestVerdictReached(
                event_id=EventId(f"copy of {cause}"),
                occurred_at=event.occurred_at,
                caused_by=cause,
                contest_id=contest_id,
                team_id=team_id,
                submission_id=event.submission_id,
                judging_id=event.judging_id,
                problem_id=event.problem_id,
                submitted_at=event.submitted_at,
                verdict=event.verdict,
                score=event.score,
            )
        case _:
            return None
