"""What the write side knows: a fold of `problems`, `contests`, `executors` and `rejudging-requests`.

Only what decisions ask for is kept. Total: a repeat changes nothing, an event of no interest is passed over.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from ingest_api.limits import EXECUTOR_REPORT_COUNTS, REJUDGING_REMEMBERED
from schemas.events import (
    ContestRevised,
    ContestThawed,
    Event,
    ExecutorReported,
    ProblemRetired,
    ProblemRevised,
    RejudgingOpenRequested,
    TeamRegistered,
)
from schemas.ids import ContestId, LanguageId, ProblemId, ProblemRevision, RejudgingId, TeamId, UserId
from schemas.rules.contest import Contest, contest_of
from schemas.values import LanguageInfo, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProblem:
    """A problem as of its last event; a retired one stays known."""

    problem_id: ProblemId
    revision: ProblemRevision
    author_id: UserId
    position: Position
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContest:
    """A contest as of its last `ContestRevised`, whose event id is its `revision`."""

    contest: Contest
    revision: str
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTeam:
    """A team as of its last registration."""

    team_id: TeamId
    name: str
    members: tuple[UserId, ...]
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLanguage:
    """A language, and when an executor last said that it offers it."""

    info: LanguageInfo
    reported_at: datetime

    def counts_at(self, now: datetime) -> bool:
        """Whether that report still says something about `now`."""
        return now - self.reported_at < EXECUTOR_REPORT_COUNTS


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRejudging:
    """What was asked for first under a rejudging's id."""

    request: RejudgingOpenRequested
    position: Position


class Catalog:
    """The state of the fold. Changed by `evolve` only, read by decisions; both in one thread."""

    def __init__(self) -> None:
        self.problems: dict[ProblemId, KnownProblem] = {}
        self.contests: dict[ContestId, KnownContest] = {}
        self.languages: dict[LanguageId, OfferedLanguage] = {}
        self.thawed: dict[ContestId, Position] = {}
        self.rejudgings: dict[RejudgingId, AskedRejudging] = {}
        self._teams: defaultdict[ContestId, dict[TeamId, KnownTeam]] = defaultdict(dict)
        self._team_of: defaultdict[ContestId, dict[UserId, TeamId]] = defaultdict(dict)

    def team(self, contest_id: ContestId, team_id: TeamId) -> KnownTeam | None:
        """A team of a contest."""
        return self._teams[contest_id].get(team_id) if contest_id in self._teams else None

    def team_of(self, contest_id: ContestId, user_id: UserId) -> TeamId | None:
        """The team in which a user takes part; the last that named the user."""
        return self._team_of[contest_id].get(user_id) if contest_id in self._team_of else None

    def team_count(self, contest_id: ContestId) -> int:
        """How many teams take part."""
        return len(self._teams[contest_id]) if contest_id in self._teams else 0

    def evolve(self, event: Event, position: Position, appended_at: datetime) -> None:
        """Takes in one record."""
        match event:
            case ProblemRevised():
                self._problem_revised(event, position)
            case ProblemRetired():
                self._problem_retired(event, position)
            case ContestRevised():
                self.contests[event.contest_id] = KnownContest(
                    contest=contest_of(event), revision=event.event_id, position=position
                )
            case TeamRegistered():
                self._team_registered(event, position)
            case ContestThawed():
                self.thawed.setdefault(event.contest_id, position)
            case ExecutorReported():
                self._executor_reported(event, appended_at)
            case RejudgingOpenRequested():
                self._rejudging_asked(event, position)
            case _:
                pass  # the topics may carry more one day; the write side decides nothing by it

    def _problem_revised(self, event: ProblemRevised, position: Position) -> None:
        self.problems[event.problem_id] = KnownProblem(
            problem_id=event.problem_id, revision=event.revision, author_id=event.author_id, position=position
        )

    def _problem_retired(self, event: ProblemRetired, position: Position) -> None:
        known = self.problems.get(event.problem_id)
        if known is not None:
            self.problems[event.problem_id] = KnownProblem(
                problem_id=known.problem_id,
                revision=known.revision,
                author_id=known.author_id,
                position=position,
                retired=True,
            )

    def _team_registered(self, event: TeamRegistered, position: Position) -> None:
        team_of = self._team_of[event.contest_id]
        before = self._teams[event.contest_id].get(event.team_id)
        for member in before.members if before is not None else ():
            if team_of.get(member) == event.team_id:
                del team_of[member]
        team_of.update(dict.fromkeys(event.members, event.team_id))
        self._teams[event.contest_id][event.team_id] = KnownTeam(
            team_id=event.team_id, name=event.name, members=event.members, position=position
        )

    def _executor_reported(self, event: ExecutorReported, appended_at: datetime) -> None:
        for info in event.languages:
            self.languages[info.language] = OfferedLanguage(info=info, reported_at=appended_at)

    def _rejudging_asked(self, event: RejudgingOpenRequested, position: Position) -> None:
        """The oldest are forgotten: nobody can send them again."""
        self.rejudgings.setdefault(event.rejudging_id, AskedRejudging(request=event, position=position))
        forgotten_before = event.occurred_at - REJUDGING_REMEMBERED
        while (oldest := next(iter(self.rejudgings.values()))).request.occurred_at < forgotten_before:
            del self.rejudgings[oldest.request.rejudging_id]
