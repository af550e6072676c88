"""When a contest runs, is frozen or over, and who may submit to it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from schemas.events import ContestRevised
from schemas.ids import ContestId, ProblemId, TeamId
from schemas.values import ContestProblem, Scoring

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A contest as its latest revision has it; it runs in [starts_at, ends_at) and is frozen from `freezes_at`."""

    contest_id: ContestId
    name: str
    starts_at: datetime
    duration_s: int
    freeze_s: int
    penalty_minutes: int
    scoring: Scoring
    problems: tuple[ContestProblem, ...]

    @property
    def ends_at(self) -> datetime:
        """The first moment after it; the end of time where it would be later: a fold survives what is in the log."""
        try:
            return self.starts_at + timedelta(seconds=self.duration_s)
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)

    @property
    def freezes_at(self) -> datetime:
        """The first moment of the freeze; `ends_at` without a freeze, at the earliest the start."""
        return max(self.starts_at, self.ends_at - timedelta(seconds=max(0, self.freeze_s)))

    def takes(self, moment: datetime) -> bool:
        """Whether a submission of that moment counts."""
        return self.starts_at <= moment < self.ends_at


class ContestState(StrEnum):
    """Where a contest stands, as the board tells it."""

    BEFORE = "before"
    RUNNING = "running"
    FROZEN = "frozen"
    ENDED = "ended"
    THAWED = "thawed"


class Admission(StrEnum):
    """Whether a submission may enter a contest, and if not, why not."""

    ADMITTED = "admitted"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    NOT_REGISTERED = "not_registered"
    NOT_IN_CONTEST = "not_in_contest"


def contest_of(event: ContestRevised) -> Contest:
    """The contest as that revision has it."""
    return Contest(
        contest_id=event.contest_id,
        name=event.name,
        starts_at=event.starts_at,
        duration_s=event.duration_s,
        freeze_s=event.freeze_s,
        penalty_minutes=event.penalty_minutes,
        scoring=event.scoring,
        problems=event.problems,
    )


def state_at(contest: Contest, now: datetime, *, thawed: bool) -> ContestState:
    """Where the contest stands at that moment. A thaw during the contest only ends the freeze."""
    if now < contest.starts_at:
        return ContestState.BEFORE
    if now >= contest.ends_at:
        return ContestState.THAWED if thawed else ContestState.ENDED
    return ContestState.FROZEN if hidden_by_freeze(contest, now, thawed=thawed) else ContestState.RUNNING


def minute_of(contest: Contest, moment: datetime) -> int:
    """Whole minutes from the start, rounded down."""
    return (moment - contest.starts_at) // MINUTE


def hidden_by_freeze(contest: Contest, submitted_at: datetime, *, thawed: bool) -> bool:
    """Whether the public sees a submission of that moment as pending. Only `submitted_at` counts, not the clock."""
    return not thawed and contest.freezes_at <= submitted_at < contest.ends_at


def frozen_text(contest: Contest, now: datetime, *, thawed: bool) -> str | None:
    """The sentence that a frozen board carries, from the freeze until the thaw."""
    if thawed or now < contest.freezes_at or contest.freezes_at == contest.ends_at:
        return None
    minutes = (contest.ends_at - contest.freezes_at) // MINUTE
    return (
        f"The scoreboard was frozen with {minutes} minutes remaining - submissions in the last {minutes} minutes "
        "of the contest are still shown as pending."
    )


def admission(contest: Contest, *, problem_id: ProblemId, team_id: TeamId | None, now: datetime) -> Admission:
    """Whether a submission to that problem by someone of that team (None: of no team) may enter now."""
    if team_id is None:
        return Admission.NOT_REGISTERED
    if now < contest.starts_at:
        return Admission.NOT_STARTED
    if now >= contest.ends_at:
        return Admission.ENDED
    if all(problem.problem_id != problem_id for problem in contest.problems):
        return Admission.NOT_IN_CONTEST
    return Admission.ADMITTED
