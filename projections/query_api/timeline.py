"""A contest's past in memory: what its partition of the feed says of it, and what was known every now and then.

Any moment is the last mark before it, and the fold of the records in between. The fold is the one that the live boards
are made by, told to draw nothing before the end. No I/O here.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from projections.models.model import Fact
from schemas.events import ContestRejudged, ContestVerdictReached, Event
from schemas.ids import ContestId
from schemas.manifests import read_current
from schemas.rules.contest import hidden_by_freeze
from schemas.rules.icpc_board import Board, FeedRecord, draw, empty_board
from schemas.rules.icpc_learning import Learning, learn
from schemas.rules.icpc_row import View

MARK_EVERY: Final = 500
"""Records between two marks: to fold so many takes some 10 ms, less than to draw the board then."""

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A fact of the feed, and when the broker took it in."""

    fact: Fact
    appended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One view of a board as it was after the feed's record that was taken in at `appended_at`."""

    board: Board
    appended_at: datetime


class Moment(NamedTuple):
    """A place in a contest's feed, and when the broker took it in."""

    offset: int
    appended_at: datetime


class Mark(NamedTuple):
    """What is known after the first `behind` records."""

    behind: int
    board: Board


class Timeline:
    """One contest's; it only grows, in the order of the feed."""

    def __init__(self, contest_id: ContestId, *, mark_every: int = MARK_EVERY) -> None:
        self.next_offset = 0
        """All that the feed's partition holds below is in it."""
        self._mark_every = mark_every
        self._offsets: list[int] = []
        self._times: list[datetime] = []
        self._facts: list[Fact] = []
        self._marks = [Mark(0, empty_board(contest_id))]
        self._learning = Learning(self._marks[0].board)
        self._moments: dict[View, list[int]] = {view: [] for view in View}

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def latest(self) -> datetime:
        """When its last record was taken in; moments before are in it, whatever will come."""
        return self._times[-1] if self._times else BEGINNING

    def extend(self, records: Iterable[Dated], next_offset: int) -> None:
        """Takes the contest's records up to `next_offset`; those that it has already change nothing."""
        for record in records:
            if record.fact.position.offset >= self.next_offset:
                self._add(record)
        self.next_offset = max(self.next_offset, next_offset)

    def offset_at(self, moment: datetime) -> int:
        """The last offset of the contest that was taken in at that moment or before; -1 where none was."""
        count = bisect_right(self._times, moment)
        return self._offsets[count - 1] if count else -1

    def at(self, offset: int, view: View) -> Past | None:
        """The board after all records up to that offset; None where the contest was not known yet."""
        count = bisect_right(self._offsets, offset)
        known = self._after(count)
        if known.contest is None:
            return None
        return Past(board=draw(known, view), appended_at=self._times[count - 1])

    def known_at(self, offset: int) -> Board:
        """What was known after all records up to that offset, with nothing drawn."""
        return self._after(bisect_right(self._offsets, offset))

    def moments(self, view: View, after: int, limit: int) -> tuple[Moment, ...]:
        """Where something that this view shows changed, behind the offset `after`; between two of them nothing did.

        Of more than `limit` moments as many are told, evenly taken, the last one among them.
        """
        found = self._moments[view][bisect_right(self._moments[view], after, key=self._offsets.__getitem__) :]
        step = -(-len(found) // limit) or 1
        told = found[::-1][::step][::-1]
        return tuple(Moment(self._offsets[index], self._times[index]) for index in told)

    def _add(self, record: Dated) -> None:
        index, fact = len(self), record.fact
        self._facts.append(fact)
        self._offsets.append(fact.position.offset)
        # The broker's clock may be set back; a moment parts the log where it was reached first.
        self._times.append(max(self.latest, record.appended_at))
        # Even a verdict that is hidden shows that there is a submission, where it comes before it.
        is_first = isinstance(fact.event, ContestVerdictReached) and not self._learning.has_tried(fact.event)
        if self._learning.take(_feed_record(fact)):
            for view in _seen_by(fact.event, self._learning, is_first=is_first):
                self._moments[view].append(index)
        is_step = isinstance(fact.event, ContestRejudged)
        if is_step or len(self) - self._marks[-1].behind >= self._mark_every:
            self._marks.append(Mark(len(self), self._learning.board()))
        if is_step:
            # No fold begins before the mark behind it, so that its manifest is never needed again.
            self._facts[-1] = fact._replace(manifest=None)

    def _after(self, count: int) -> Board:
        """What is known after so many records."""
        mark = self._marks[bisect_right(self._marks, count, key=lambda mark: mark.behind) - 1]
        return learn(mark.board, map(_feed_record, self._facts[mark.behind : count]))


def _seen_by(event: Event, learning: Learning, *, is_first: bool) -> Sequence[View]:
    """The views that may show something else for that event, which was new, and the first of its submission or not."""
    if learning.contest is None:
        return ()
    if isinstance(event, ContestVerdictReached) and not is_first:
        is_hidden = hidden_by_freeze(learning.contest, event.submitted_at, thawed=learning.thawed)
        return (View.JURY,) if is_hidden else tuple(View)
    return tuple(View)


def _feed_record(fact: Fact) -> FeedRecord:
    rows = () if fact.manifest is None else read_current(fact.manifest)
    return FeedRecord(fact.position, fact.event, rows)
