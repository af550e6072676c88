"""The fold of one contest's feed into its two boards.

A board is fed by one partition of `contest-feed`, whose records may stand in any order that keeps the order of each
source (a partition of `submissions`, `verdicts` or `contests`): a verdict may come before its submission, a
submission before its team, the contest itself last. Every such order gives the same boards, because what is known
(contest, teams, tries) is kept apart from what is drawn of it (rows).

A verdict draws one cell of one team anew, and one more where it takes a first solve away; only a changed contest, a
thaw and a rejudging draw everything. A rejudging that is applied or reverted tells by its manifest what is current of
each submission that it moves, whole, so that it too may come before what it is about; it is one step, however many
verdicts move.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from schemas.events import (
    ContestRejudged,
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    Event,
    TeamRegistered,
)
from schemas.ids import ContestId, ProblemId, TeamId
from schemas.manifests import NowCurrent
from schemas.rules.contest import Contest, contest_of
from schemas.rules.icpc_row import Row, Showing, Solve, TeamTries, Try, View, draw_row, earliest_solve, redraw_cells
from schemas.rules.submission import is_original
from schemas.values import Position, Verdict


class Source(NamedTuple):
    """A partition from which the feed copies."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What one view shows: a row per registered team, and who was first in each problem."""

    rows: Mapping[TeamId, Row] = field(default_factory=dict)
    firsts: Mapping[ProblemId, Solve] = field(default_factory=dict)


NOTHING_DRAWN: Final[Mapping[View, Drawn]] = {view: Drawn() for view in View}


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What is known of a contest, and its two views. `offset` is the feed's last record that is in it, or -1.

    `rejudged_at` is the offset at which a rejudging moved its verdicts last.
    """

    contest_id: ContestId
    offset: int = -1
    seen: Mapping[Source, int] = field(default_factory=dict)
    contest: Contest | None = None
    thawed: bool = False
    rejudged_at: int | None = None
    names: Mapping[TeamId, str] = field(default_factory=dict)
    tries: Mapping[TeamId, TeamTries] = field(default_factory=dict)
    drawn: Mapping[View, Drawn] = field(default_factory=lambda: NOTHING_DRAWN)

    def rows(self, view: View) -> tuple[Row, ...]:
        """All rows of a view; none before the contest itself is known."""
        return tuple(self.drawn[view].rows.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A board after a record, with the rows that are new or different; `contest_changed` also by thaw and rejudging."""

    board: Board
    changed: Mapping[View, tuple[Row, ...]]
    contest_changed: bool = False


class FeedRecord(NamedTuple):
    """What `evolve` takes of a record."""

    position: Position
    event: Event
    now_current: Sequence[NowCurrent] = ()


NO_ROWS: Final[Mapping[View, tuple[Row, ...]]] = dict.fromkeys(View, ())


def empty_board(contest_id: ContestId) -> Board:
    """The board of a contest of which nothing has been read."""
    return Board(contest_id=contest_id)


def evolve(board: Board, position: Position, event: Event, now_current: Sequence[NowCurrent] = ()) -> Step:
    """The board after the record at that position of the feed; `now_current` is what its manifest tells.

    A record that it has had already, a repeat of a source's record, another contest's and one of another kind change
    no row.
    """
    if position.offset <= board.offset or getattr(event, "contest_id", None) != board.contest_id:
        return _unchanged(board)
    if event.caused_by is None:
        return _applied(replace(board, offset=position.offset), event, now_current)
    source = Source(event.caused_by.topic, event.caused_by.partition)
    if event.caused_by.offset <= board.seen.get(source, -1):
        return _unchanged(replace(board, offset=position.offset))
    seen = {**board.seen, source: event.caused_by.offset}
    return _applied(replace(board, offset=position.offset, seen=seen), event, now_current)


def draw(board: Board, *views: View) -> Board:
    """The same knowledge with these views drawn from it (all, if none is named): what `evolve` would have drawn."""
    if board.contest is None:
        return board
    shown = {view: Showing(contest=board.contest, view=view, thawed=board.thawed) for view in views or View}
    drawn = {view: _everything(board, showing) for view, showing in shown.items()}
    return replace(board, drawn={**NOTHING_DRAWN, **drawn})


def _applied(board: Board, event: Event, now_current: Sequence[NowCurrent]) -> Step:
    match event:
        case ContestRevised():
            return _drawn_anew(board, replace(board, contest=contest_of(event)))
        case ContestThawed():
            return _drawn_anew(board, replace(board, thawed=True))
        case TeamRegistered():
            return _with_team(board, event)
        case ContestSubmissionAccepted():
            return _with_try(board, event, None)
        case ContestVerdictReached() if is_original(event.submission_id, event.judging_id):
            return _with_try(board, event, event.verdict)
        case ContestRejudged():
            return _rejudged(board, now_current)
        case _:
            return _unchanged(board)


def _unchanged(board: Board) -> Step:
    return Step(board=board, changed=NO_ROWS)


def _with_team(board: Board, event: TeamRegistered) -> Step:
    """A team that is registered late may have solved first what others solved later."""
    board = replace(board, names={**board.names, event.team_id: event.name})
    return _redrawn(board, event.team_id, tuple(board.tries.get(event.team_id, {})))


def _with_try(board: Board, event: ContestSubmissionAccepted | ContestVerdictReached, verdict: Verdict | None) -> Step:
    """The first verdict of a submission counts; its acceptance adds nothing to a verdict that is there."""
    of_team = board.tries.get(event.team_id, {})
    tries = tries_with(of_team.get(event.problem_id, ()), event, verdict)
    if tries is None:
        return _unchanged(board)
    board = replace(board, tries={**board.tries, event.team_id: {**of_team, event.problem_id: tries}})
    return _redrawn(board, event.team_id, (event.problem_id,))


def tries_with(
    tries: tuple[Try, ...], event: ContestSubmissionAccepted | ContestVerdictReached, verdict: Verdict | None
) -> tuple[Try, ...] | None:
    """A team's tries of a problem with what an event says of one of them; None where that is nothing new."""
    known = next((one for one in tries if one.submission_id == event.submission_id), None)
    if known is not None and (known.verdict is not None or verdict is None):
        return None
    others = (one for one in tries if one is not known)
    judged = Try(event.submitted_at, event.submission_id, verdict, None if known is None else known.rejudged)
    return tuple(sorted((*others, judged), key=lambda one: one[:2]))


def _rejudged(board: Board, now_current: Sequence[NowCurrent]) -> Step:
    """All verdicts that moved, in one step. What is current is told of a team's submissions of this contest alone."""
    tries = rejudged_tries(board.contest_id, board.tries, now_current)
    return _drawn_anew(board, replace(board, tries=tries, rejudged_at=board.offset))


def rejudged_tries(
    contest_id: ContestId, before: Mapping[TeamId, TeamTries], now_current: Sequence[NowCurrent]
) -> dict[TeamId, TeamTries]:
    """All tries of a contest after its verdicts moved."""
    moving: dict[TeamId, dict[ProblemId, list[NowCurrent]]] = {}
    for row in now_current:
        if row.team_id is not None and row.contest_id == contest_id:
            moving.setdefault(row.team_id, {}).setdefault(row.problem_id, []).append(row)
    tries = dict(before)
    for team_id, of_team in moving.items():
        known = before.get(team_id, {})
        moved = {problem: _moved(known.get(problem, ()), rows) for problem, rows in of_team.items()}
        tries[team_id] = {**known, **moved}
    return tries


def _moved(tries: tuple[Try, ...], rows: Iterable[NowCurrent]) -> tuple[Try, ...]:
    """The tries after that: a rejudged verdict lies over the original one, which stays for the day it is reverted."""
    known = {one.submission_id: one for one in tries}
    for row in rows:
        before = known.get(row.submission_id)
        original = None if before is None else before.verdict
        if is_original(row.submission_id, row.judging_id):
            moved = Try(row.submitted_at, row.submission_id, row.verdict if original is None else original)
        else:
            moved = Try(row.submitted_at, row.submission_id, original, row.verdict)
        known[row.submission_id] = moved
    return tuple(sorted(known.values(), key=lambda one: one[:2]))


def _redrawn(board: Board, team_id: TeamId, problems: tuple[ProblemId, ...]) -> Step:
    """Draws what those problems of one team can have changed."""
    if board.contest is None or team_id not in board.names:
        return _unchanged(board)
    drawn: dict[View, Drawn] = {}
    changed: dict[View, tuple[Row, ...]] = {}
    for view in View:
        showing = Showing(contest=board.contest, view=view, thawed=board.thawed)
        before = board.drawn[view]
        firsts, touched = _first_solves(board, showing, team_id, problems)
        rows = [_row(board, showing, who, which, firsts) for who, which in touched.items()]
        changed[view] = tuple(row for row in rows if row != before.rows.get(row.team_id))
        drawn[view] = Drawn(rows={**before.rows, **{row.team_id: row for row in changed[view]}}, firsts=firsts)
    return Step(board=replace(board, drawn=drawn), changed=changed)


class _Firsts(NamedTuple):
    """The first solves, and the cells that they or the team's own tries make different."""

    firsts: Mapping[ProblemId, Solve]
    touched: Mapping[TeamId, tuple[ProblemId, ...]]


def _first_solves(board: Board, showing: Showing, team_id: TeamId, problems: tuple[ProblemId, ...]) -> _Firsts:
    """A solve never vanishes while the contest stays as it is, so only this team can become the first."""
    firsts = dict(board.drawn[showing.view].firsts)
    touched: dict[TeamId, tuple[ProblemId, ...]] = {team_id: problems}
    for problem in problems:
        solve = earliest_solve(showing, team_id, board.tries[team_id][problem])
        holder = firsts.get(problem)
        if solve is None or (holder is not None and holder <= solve):
            continue
        firsts[problem] = solve
        if holder is not None and holder.team_id != team_id:
            touched[holder.team_id] = (*touched.get(holder.team_id, ()), problem)
    return _Firsts(firsts, touched)


def _row(
    board: Board,
    showing: Showing,
    team_id: TeamId,
    problems: tuple[ProblemId, ...],
    firsts: Mapping[ProblemId, Solve],
) -> Row:
    before = board.drawn[showing.view].rows.get(team_id)
    tries = board.tries.get(team_id, {})
    name = board.names[team_id]
    if before is None or before.name != name:
        return draw_row(showing, team_id, name, tries, firsts)
    return redraw_cells(showing, before, problems, tries, firsts)


def _drawn_anew(before: Board, board: Board) -> Step:
    """Draws every row, after the contest was changed, thawed or rejudged."""
    different = _what_draws_all(board) != _what_draws_all(before)
    if board.contest is None or not different:
        return replace(_unchanged(board), contest_changed=different)
    drawn = {view: _everything(board, Showing(contest=board.contest, view=view, thawed=board.thawed)) for view in View}
    changed = {
        view: tuple(row for row in drawn[view].rows.values() if row != before.drawn[view].rows.get(row.team_id))
        for view in View
    }
    return Step(board=replace(board, drawn=drawn), changed=changed, contest_changed=True)


def _what_draws_all(board: Board) -> tuple[Contest | None, bool, int | None]:
    return board.contest, board.thawed, board.rejudged_at


def _everything(board: Board, showing: Showing) -> Drawn:
    firsts: dict[ProblemId, Solve] = {}
    for team_id in board.names:
        for problem, tries in board.tries.get(team_id, {}).items():
            solve = earliest_solve(showing, team_id, tries)
            if solve is not None and (problem not in firsts or solve < firsts[problem]):
                firsts[problem] = solve
    rows = {
        team_id: draw_row(showing, team_id, name, board.tries.get(team_id, {}), firsts)
        for team_id, name in board.names.items()
    }
    return Drawn(rows=rows, firsts=firsts)
