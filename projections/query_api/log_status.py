"""What the log itself tells of how things are: lanes, stalls, dead letters. Blocking; every answer is of one moment."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Owner, Partition, Record
from schemas.events import JudgingStalled
from schemas.topics import DEAD_LETTERS, EXECUTOR_POOL, JOBS, STALLS, Topic, executor_group
from schemas.values import Lane

LOOKED_BACK: Final = timedelta(days=1)
WITHIN_S: Final = 5.0
"""For all that is read for one answer."""

MOST_STALLS: Final = 1000
"""Of a day; the newest are read, the others only counted."""

AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePartition:
    """A partition of a lane: what is finished, where it ends, who reads it, since when its oldest job waits or runs."""

    number: int
    committed: int
    end: int
    client: str | None
    oldest_since: datetime | None

    @property
    def outstanding(self) -> int:
        """The jobs that wait or run."""
        return max(0, self.end - self.committed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatus:
    """The lanes by partition; the stalls of the last day, counted and the newest listed; its dead letters, counted."""

    lanes: Mapping[Lane, tuple[LanePartition, ...]]
    stalls_counted: int
    stalls: tuple[JudgingStalled, ...]
    dead_letters: int

    def still_stands(self, stall: JudgingStalled) -> bool:
        """Whether the job that stood is still not finished where it stands."""
        at = stall.caused_by
        partitions = {(JOBS[lane].name, it.number): it for lane, known in self.lanes.items() for it in known}
        found = None if at is None else partitions.get((at.topic, at.partition))
        return found is not None and at is not None and at.offset >= found.committed


def log_status(event_log: EventLog, now: datetime) -> LogStatus:
    """Asks the broker; `LogUnavailable` where it does not answer in time."""
    deadline = time.monotonic() + WITHIN_S
    owners = event_log.owners(executor_group(EXECUTOR_POOL), timeout_s=WITHIN_S)
    offsets = {lane: _offsets(event_log, topic) for lane, topic in JOBS.items()}
    unfinished = {
        at: committed for known in offsets.values() for at, (committed, end) in known.items() if committed < end
    }
    oldest = _first_records(event_log, unfinished, deadline)
    begun = event_log.offsets_at(STALLS, now - LOOKED_BACK)[0]
    stalls_end = event_log.end_offsets(STALLS)[0]
    stalls = _stalls(event_log, max(begun, stalls_end - MOST_STALLS), stalls_end, deadline)
    return LogStatus(
        lanes={lane: tuple(_lane_partitions(known, owners, oldest)) for lane, known in offsets.items()},
        stalls_counted=stalls_end - begun,
        stalls=stalls,
        dead_letters=event_log.end_offsets(DEAD_LETTERS)[0] - event_log.offsets_at(DEAD_LETTERS, now - LOOKED_BACK)[0],
    )


def ends_of(event_log: EventLog, topics: Iterable[Topic]) -> dict[Partition, int]:
    """Where each partition of these topics ends."""
    return {
        Partition(topic.name, number): end for topic in topics for number, end in event_log.end_offsets(topic).items()
    }


def _offsets(event_log: EventLog, topic: Topic) -> dict[Partition, tuple[int, int]]:
    """Committed and end. The end first, so that what is finished in between never counts as less than nothing."""
    ends = event_log.end_offsets(topic)
    committed = event_log.committed(executor_group(EXECUTOR_POOL), topic)
    return {
        Partition(topic.name, number): (committed[number].offset if number in committed else 0, end)
        for number, end in ends.items()
    }


def _lane_partitions(
    offsets: Mapping[Partition, tuple[int, int]], owners: Mapping[Partition, Owner], oldest: Mapping[Partition, Record]
) -> Iterable[LanePartition]:
    for at, (committed, end) in sorted(offsets.items()):
        yield LanePartition(
            number=at.number,
            committed=committed,
            end=end,
            client=owners[at].client if at in owners else None,
            oldest_since=oldest[at].appended_at if at in oldest else None,
        )


def _first_records(event_log: EventLog, starts: Mapping[Partition, int], deadline: float) -> dict[Partition, Record]:
    first: dict[Partition, Record] = {}
    for record in _records(event_log, starts, deadline) if starts else ():
        first.setdefault(Partition(record.position.topic, record.position.partition), record)
        if len(first) == len(starts):
            break
    return first


def _stalls(event_log: EventLog, begin: int, end: int, deadline: float) -> tuple[JudgingStalled, ...]:
    """Newest first; a repeat is left out."""
    found: dict[str, JudgingStalled] = {}
    for record in _records(event_log, {Partition(STALLS.name, 0): begin}, deadline) if begin < end else ():
        if isinstance(record.event, JudgingStalled):
            found.setdefault(record.event.event_id, record.event)
        if record.position.offset + 1 >= end:
            break
    return tuple(found.values())[::-1]


def _records(event_log: EventLog, starts: Mapping[Partition, int], deadline: float) -> Iterator[Record]:
    """What stands from there on, without end; `LogUnavailable` when the time is over."""
    reader = event_log.reader(starts)
    try:
        while (left_s := deadline - time.monotonic()) > 0:
            yield from reader.poll(AT_ONCE, left_s)
    finally:
        reader.close()
    raise LogUnavailable(f"the log could not be read in {WITHIN_S:g} s")
