"""What becomes of a board where other verdicts count: who rises, who falls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from schemas.ids import ProblemId, SubmissionId, TeamId
from schemas.rules.contest import Contest
from schemas.rules.icpc_board import Board, draw
from schemas.rules.icpc_row import Row, Try, View, ranked
from schemas.values import Verdict


class Entry(NamedTuple):
    """A submission to a contest with the verdict that counts now; None: not judged yet."""

    team_id: TeamId
    problem_id: ProblemId
    submitted_at: datetime
    submission_id: SubmissionId
    verdict: Verdict | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMoved:
    """A team that stands otherwise before and after."""

    team_id: TeamId
    name: str
    rank_before: int
    rank_after: int
    solved_before: int
    solved_after: int
    penalty_before: int
    penalty_after: int


def board_diff(
    contest: Contest, names: Mapping[TeamId, str], entries: Iterable[Entry], instead: Mapping[SubmissionId, Verdict]
) -> tuple[TeamMoved, ...]:
    """The teams whose rank, solved problems or penalty on the jury's board would be others if the verdicts of
    `instead` counted, as they would stand then."""
    known = tuple(entries)
    then = (one._replace(verdict=instead.get(one.submission_id, one.verdict)) for one in known)
    before = {row.team_id: (rank, row) for rank, row in ranked(_rows(contest, names, known))}
    after = ranked(_rows(contest, names, then))
    moved = (_moved(*before[row.team_id], rank, row) for rank, row in after)
    return tuple(one for one in moved if _is_moved(one))


def _rows(contest: Contest, names: Mapping[TeamId, str], entries: Iterable[Entry]) -> tuple[Row, ...]:
    tries: dict[TeamId, dict[ProblemId, list[Try]]] = {}
    for one in entries:
        of_problem = tries.setdefault(one.team_id, {}).setdefault(one.problem_id, [])
        of_problem.append(Try(one.submitted_at, one.submission_id, one.verdict))
    ordered = {
        team_id: {problem: tuple(sorted(of_problem, key=lambda one: one[:2])) for problem, of_problem in found.items()}
        for team_id, found in tries.items()
    }
    board = Board(contest_id=contest.contest_id, contest=contest, names=names, tries=ordered)
    return draw(board, View.JURY).rows(View.JURY)


def _moved(rank_before: int, before: Row, rank_after: int, after: Row) -> TeamMoved:
    return TeamMoved(
        team_id=after.team_id,
        name=after.name,
        rank_before=rank_before,
        rank_after=rank_after,
        solved_before=before.solved,
        solved_after=after.solved,
        penalty_before=before.penalty_minutes,
        penalty_after=after.penalty_minutes,
    )


def _is_moved(one: TeamMoved) -> bool:
    before = (one.rank_before, one.solved_before, one.penalty_before)
    return before != (one.rank_after, one.solved_after, one.penalty_after)
