"""A membership that ends while this executor stands aside, and begins anew when it does not.

Leaving for real, and not only pausing, is what lets the partitions go to executors that take jobs. What was taken is
judged first: until then nothing new is delivered.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.eventlog.port import Assigned, Committed, GroupReader, Partition, Record, Revoked
from schemas.log import EventLogger
from schemas.topics import Topic

log = EventLogger(__name__)


class Groups(Protocol):
    """What a worker asks of the event log."""

    def group_reader(
        self, topics: Sequence[Topic], group: str, *, assigned: Assigned | None = None, revoked: Revoked | None = None
    ) -> GroupReader:
        """See `EventLog.group_reader`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavableGroups:
    """Implements `Groups`; `busy` counts the slots at work, `why_aside` has a reason to take no jobs, or None."""

    groups: Groups
    why_aside: Callable[[], str | None]
    busy: Callable[[], int]

    def group_reader(
        self, topics: Sequence[Topic], group: str, *, assigned: Assigned | None = None, revoked: Revoked | None = None
    ) -> GroupReader:
        """See `Groups.group_reader`."""
        return LeavingReader(self, topics, group, assigned, revoked)


class LeavingReader:
    """Implements `GroupReader`; while it has left, nothing is assigned and nothing is delivered."""

    def __init__(
        self,
        leavable: LeavableGroups,
        topics: Sequence[Topic],
        group: str,
        assigned: Assigned | None,
        revoked: Revoked | None,
    ) -> None:
        self._leavable = leavable
        self._topics = topics
        self._group = group
        self._assigned = assigned
        self._revoked = revoked
        self._member: GroupReader | None = None
        self._paused: set[Partition] = set()
        self._holds_all = False

    def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """See `Reader.poll`."""
        if self._leavable.why_aside() is None:
            return self._taking_part().poll(max_records, timeout_s)
        if self._member is not None and self._leavable.busy():
            self._member.pause(sorted(self._member.assignment()))
            self._holds_all = True
            return self._member.poll(max_records, timeout_s)
        self.close()
        time.sleep(timeout_s)
        return []

    def next_offsets(self) -> dict[Partition, int]:
        """See `Reader.next_offsets`."""
        return {} if self._member is None else self._member.next_offsets()

    def assignment(self) -> frozenset[Partition]:
        """See `GroupReader.assignment`."""
        return frozenset() if self._member is None else self._member.assignment()

    def commit(self, offsets: Mapping[Partition, Committed]) -> frozenset[Partition]:
        """See `GroupReader.commit`."""
        return frozenset() if self._member is None else self._member.commit(offsets)

    def pause(self, partitions: Sequence[Partition]) -> None:
        """See `GroupReader.pause`."""
        self._paused.update(partitions)
        if self._member is not None:
            self._member.pause(partitions)

    def resume(self, partitions: Sequence[Partition]) -> None:
        """See `GroupReader.resume`; what is held until this executor takes part again is delivered from then on."""
        self._paused.difference_update(partitions)
        if self._member is not None and not self._holds_all:
            self._member.resume(partitions)

    def close(self) -> None:
        """See `Reader.close`."""
        if self._member is not None:
            self._member.close()
            self._member = None
            log.info("left_group")
        self._holds_all = False

    def _taking_part(self) -> GroupReader:
        """The member that we are, or become again."""
        if self._member is None:
            self._member = self._leavable.groups.group_reader(
                self._topics, self._group, assigned=self._assigned, revoked=self._give_up
            )
        elif self._holds_all:
            self._member.resume(sorted(self._member.assignment() - self._paused))
        self._holds_all = False
        return self._member

    def _give_up(self, lost: frozenset[Partition]) -> None:
        """A pause ends with its assignment."""
        self._paused -= lost
        if self._revoked is not None:
            self._revoked(lost)
