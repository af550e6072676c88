"""What is known of a contest, gathered without drawing: the fold of `icpc_board`, for whoever looks at few moments.

A tenth of the cost of `evolve`, since nothing is drawn and what is known is changed in place; that both know the same
after any records is a property that is tested.
"""

from collections.abc import Iterable

from schemas.events import (
    ContestRejudged,
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    Event,
    TeamRegistered,
)
from schemas.rules.contest import contest_of
from schemas.rules.icpc_board import Board, FeedRecord, Source, rejudged_tries, tries_with
from schemas.rules.icpc_row import TeamTries
from schemas.rules.submission import is_original
from schemas.values import Verdict


class Learning:
    """Takes records of the feed one by one; `board` is what is known, at any time."""

    def __init__(self, board: Board) -> None:
        """Goes on from that board."""
        self.contest = board.contest
        self.thawed = board.thawed
        self._contest_id = board.contest_id
        self._offset = board.offset
        self._rejudged_at = board.rejudged_at
        self._seen = dict(board.seen)
        self._names = dict(board.names)
        self._tries = dict(board.tries)

    def board(self) -> Board:
        """What is known, with nothing drawn; `draw` shows it."""
        return Board(
            contest_id=self._contest_id,
            offset=self._offset,
            seen=dict(self._seen),
            contest=self.contest,
            thawed=self.thawed,
            rejudged_at=self._rejudged_at,
            names=dict(self._names),
            tries=dict(self._tries),
        )

    def has_tried(self, event: ContestVerdictReached) -> bool:
        """Whether the verdict's submission is known."""
        tries = self._tries.get(event.team_id, {}).get(event.problem_id, ())
        return any(one.submission_id == event.submission_id for one in tries)

    def take(self, record: FeedRecord) -> bool:
        """Takes the next record, as `evolve` does; answers whether anything is known now that was not before."""
        position, event, now_current = record
        if position.offset <= self._offset or getattr(event, "contest_id", None) != self._contest_id:
            return False
        self._offset = position.offset
        if event.caused_by is not None:
            source = Source(event.caused_by.topic, event.caused_by.partition)
            if event.caused_by.offset <= self._seen.get(source, -1):
                return False
            self._seen[source] = event.caused_by.offset
        if isinstance(event, ContestRejudged):
            self._tries = dict(rejudged_tries(self._contest_id, self._tries, now_current))
            self._rejudged_at = position.offset
            return True
        return self._took(event)

    def _took(self, event: Event) -> bool:
        match event:
            case ContestRevised():
                before, self.contest = self.contest, contest_of(event)
                return self.contest != before
            case ContestThawed():
                before_thaw, self.thawed = self.thawed, True
                return not before_thaw
            case TeamRegistered():
                is_new = self._names.get(event.team_id) != event.name
                self._names[event.team_id] = event.name
                return is_new
            case ContestSubmissionAccepted():
                return self._tried(event, None)
            case ContestVerdictReached() if is_original(event.submission_id, event.judging_id):
                return self._tried(event, event.verdict)
            case _:
                return False

    def _tried(self, event: ContestSubmissionAccepted | ContestVerdictReached, verdict: Verdict | None) -> bool:
        of_team: TeamTries = self._tries.get(event.team_id, {})
        tries = tries_with(of_team.get(event.problem_id, ()), event, verdict)
        if tries is None:
            return False
        # A team's tries are in boards that were asked for before, so they are never changed in place.
        self._tries[event.team_id] = {**of_team, event.problem_id: tries}
        return True


def learn(board: Board, records: Iterable[FeedRecord]) -> Board:
    """What is known after these records, with nothing drawn."""
    learning = Learning(board)
    for record in records:
        learning.take(record)
    return learning.board()
