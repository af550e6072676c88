"""What `rejudgings` says, read to its end whenever it is asked for."""

from typing import Final, NamedTuple

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Record, Undecodable
from schemas.events import RejudgingApplied, RejudgingReverted
from schemas.heartbeats import Beat
from schemas.log import EventLogger
from schemas.rules.rejudging import Rejudgings, evolve
from schemas.topics import REJUDGINGS
from schemas.values import Position

POLL_S: Final = 0.2
POLLS: Final = 50
"""So many without a record, although there are more: the broker is away."""

POLLED: Final = 1000

log: Final = EventLogger(__name__)


class Move(NamedTuple):
    """A decision that moved what is current, and where it stands."""

    position: Position
    event: RejudgingApplied | RejudgingReverted


class Followed:
    """The fold of `rejudgings`, and by request which decisions moved what is current."""

    def __init__(self, event_log: EventLog, beat: Beat) -> None:
        self._log = event_log
        self._beat = beat
        self._reader = event_log.reader({Partition(REJUDGINGS.name, 0): 0})
        self._next = 0
        self.rejudgings = Rejudgings()
        self.moves: dict[int, Move] = {}

    def catch_up(self) -> None:
        """Reads to the end that the topic has now; `LogUnavailable` while it cannot be read."""
        end = self._log.end_offsets(REJUDGINGS)[0]
        silent = 0
        while self._next < end:
            records = self._reader.poll(POLLED, POLL_S)
            self._beat()
            silent = 0 if records else silent + 1
            if silent > POLLS:
                raise LogUnavailable(f"no records of {REJUDGINGS.name}, which ends at {end}, behind {self._next}")
            for record in records:
                self._take(record)

    def close(self) -> None:
        """Reads no more."""
        self._reader.close()

    def _take(self, record: Record) -> None:
        self._next = record.position.offset + 1
        if isinstance(record.event, Undecodable):
            log.error("rejudging_unreadable", position=record.position, why=record.event.why)
            return
        before, event = self.rejudgings, record.event
        self.rejudgings = evolve(before, record.position.offset, event)
        if isinstance(event, RejudgingApplied | RejudgingReverted) and self.rejudgings.applied != before.applied:
            self.moves[self.rejudgings.decided_to] = Move(record.position, event)
