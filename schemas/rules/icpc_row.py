"""A team's row on an ICPC board, from its tries; and the ranks of rows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.ids import ProblemId, SubmissionId, TeamId
from schemas.rules.contest import Contest, hidden_by_freeze, minute_of
from schemas.values import ContestProblem, Verdict


class View(StrEnum):
    """The two boards of a contest: the jury's shows all, the public's is folded with the freeze."""

    JURY = "jury"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A team's standing in one problem.

    `attempts` are the judged tries up to and with the accepted one; compile errors are none. `pending` are the tries
    before the accepted one that have no verdict to show. `first` marks the contest's first solve of the problem.
    """

    label: str
    attempts: int = 0
    pending: int = 0
    solved_at_minute: int | None = None
    first: bool = False
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A team's absolute row, without its rank; cells stand in the contest's order of problems."""

    team_id: TeamId
    name: str
    solved: int
    penalty_minutes: int
    last_accepted_minute: int
    cells: tuple[Cell, ...]
    score: float | None = None


class Standing(NamedTuple):
    """A row with its rank; those that tie share one."""

    rank: int
    row: Row


class Try(NamedTuple):
    """A submission as a board knows it; `verdict` None: not judged yet. Sorted by its first two fields.

    `verdict` is the original judging's, `rejudged` that of the rejudging that is current, where one is.
    """

    submitted_at: datetime
    submission_id: SubmissionId
    verdict: Verdict | None
    rejudged: Verdict | None = None

    @property
    def current(self) -> Verdict | None:
        """The verdict that counts."""
        return self.verdict if self.rejudged is None else self.rejudged


class Solve(NamedTuple):
    """An accepted try; the least one of a problem is its first."""

    submitted_at: datetime
    submission_id: SubmissionId
    team_id: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What decides which tries count and which verdicts are shown."""

    contest: Contest
    view: View
    thawed: bool

    def verdict(self, one: Try) -> Verdict | None:
        """The verdict that this view shows; None is pending. Our own failure is pending too, until it is repeated."""
        hidden = self.view is View.PUBLIC and hidden_by_freeze(self.contest, one.submitted_at, thawed=self.thawed)
        return None if hidden or one.current in UNDECIDED else one.current


UNDECIDED: Final = frozenset({Verdict.JUDGE_ERROR, Verdict.UNKNOWN})

TeamTries = Mapping[ProblemId, tuple[Try, ...]]
"""A team's tries per problem, each in the order of the contest."""


def draw_row(
    showing: Showing,
    team_id: TeamId,
    name: str,
    tries: TeamTries,
    firsts: Mapping[ProblemId, Solve],
) -> Row:
    """The whole row of a team; `firsts` are the first solves of the contest in this view."""
    cells = (draw_cell(showing, problem, tries, firsts) for problem in showing.contest.problems)
    return _row(showing.contest, team_id, name, tuple(cells))


def redraw_cells(
    showing: Showing,
    row: Row,
    problems: Collection[ProblemId],
    tries: TeamTries,
    firsts: Mapping[ProblemId, Solve],
) -> Row:
    """The same row after something changed in those problems alone."""
    cells = tuple(
        draw_cell(showing, problem, tries, firsts) if problem.problem_id in problems else cell
        for problem, cell in zip(showing.contest.problems, row.cells, strict=True)
    )
    return _row(showing.contest, row.team_id, row.name, cells)


def draw_cell(
    showing: Showing,
    problem: ContestProblem,
    tries: TeamTries,
    firsts: Mapping[ProblemId, Solve],
) -> Cell:
    """A team's cell; tries outside the contest's time and after the accepted one do not count."""
    problem_id = ProblemId(problem.problem_id)
    attempts = pending = 0
    for one in tries.get(problem_id, ()):
        if not showing.contest.takes(one.submitted_at):
            continue
        match showing.verdict(one):
            case None:
                pending += 1
            case Verdict.CE:
                pass
            case Verdict.AC:
                holder = firsts.get(problem_id)
                return Cell(
                    label=problem.label,
                    attempts=attempts + 1,
                    pending=pending,
                    solved_at_minute=minute_of(showing.contest, one.submitted_at),
                    first=holder is not None and holder.submission_id == one.submission_id,
                )
            case _:
                attempts += 1
    return Cell(label=problem.label, attempts=attempts, pending=pending)


def earliest_solve(showing: Showing, team_id: TeamId, tries: Iterable[Try]) -> Solve | None:
    """The team's accepted try of a problem, as far as this view shows it."""
    for one in tries:
        if showing.verdict(one) is Verdict.AC and showing.contest.takes(one.submitted_at):
            return Solve(one.submitted_at, one.submission_id, team_id)
    return None


def ranked(rows: Iterable[Row]) -> tuple[Standing, ...]:
    """Rows in the order of the board: more solved, less penalty, earlier last solve. Ties stand by name."""
    ordered = sorted(rows, key=lambda row: (*_merit(row), row.name, row.team_id))
    standings: list[Standing] = []
    for place, row in enumerate(ordered, 1):
        ties = bool(standings) and _merit(standings[-1].row) == _merit(row)
        standings.append(Standing(standings[-1].rank if ties else place, row))
    return tuple(standings)


def _merit(row: Row) -> tuple[int, int, int]:
    return -row.solved, row.penalty_minutes, row.last_accepted_minute


def _row(contest: Contest, team_id: TeamId, name: str, cells: tuple[Cell, ...]) -> Row:
    solved = penalty = last = 0
    for cell in cells:
        if cell.solved_at_minute is not None:
            solved += 1
            penalty += cell.solved_at_minute + (cell.attempts - 1) * contest.penalty_minutes
            last = max(last, cell.solved_at_minute)
    return Row(
        team_id=team_id,
        name=name,
        solved=solved,
        penalty_minutes=penalty,
        last_accepted_minute=last,
        cells=cells,
    )
