"""Reading stretches of fact topics at full speed, and single records that are known by their offsets."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import zip_longest
from typing import Final, NamedTuple

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Record
from schemas.heartbeats import Beat
from schemas.topics import Topic
from stream_processors.rejudging import metrics

TOGETHER: Final = 200_000
"""Records of partitions that are read together: so many at most are kept in mind at once, unless one has more."""

POLLED: Final = 10_000
POLL_S: Final = 0.5
SILENT_S: Final = 10.0
"""Nothing has come for so long: the broker is away."""

GAP: Final = 200
"""Records that are rather read over than begun anew behind."""

Visit = Callable[[Record], None]


class Place(NamedTuple):
    """A record of a topic that is known."""

    partition: int
    offset: int


def together(ends: Mapping[int, int]) -> Iterator[tuple[int, ...]]:
    """Parts the partitions into groups that are read one after the other."""
    group: list[int] = []
    records = 0
    for number, end in sorted(ends.items()):
        if group and records + end > TOGETHER:
            yield tuple(group)
            group, records = [], 0
        group.append(number)
        records += end
    if group:
        yield tuple(group)


def scan(
    log: EventLog,
    topic: Topic,
    stretches: Mapping[int, range],
    visit: Visit,
    beat: Beat,
    *,
    silent_s: float = SILENT_S,
) -> None:
    """Visits the records of these offsets, in order per partition; `LogUnavailable` when nothing comes any more."""
    left = {number: stretch for number, stretch in stretches.items() if stretch}
    if not left:
        return
    reader = log.reader({Partition(topic.name, number): stretch.start for number, stretch in left.items()})
    nothing_for_s = 0.0
    try:
        while left:
            records = reader.poll(POLLED, POLL_S)
            beat()
            nothing_for_s = 0.0 if records else nothing_for_s + POLL_S
            if not records and nothing_for_s >= silent_s:
                raise LogUnavailable(f"no records of {topic.name} for {nothing_for_s:g} s")
            for record in records:
                _visit(record, left, visit)
            metrics.SCANNED.labels(topic.name).inc(len(records))
    finally:
        reader.close()


def _visit(record: Record, left: dict[int, range], visit: Visit) -> None:
    stretch = left.get(record.position.partition)
    if stretch is None:
        return
    if record.position.offset in stretch:
        visit(record)
    if record.position.offset >= stretch.stop - 1:
        del left[record.position.partition]


def fetch(log: EventLog, topic: Topic, places: Collection[Place], beat: Beat) -> dict[Place, Record]:
    """The records at these places."""
    wanted = frozenset(places)
    found: dict[Place, Record] = {}

    def keep(record: Record) -> None:
        place = Place(record.position.partition, record.position.offset)
        if place in wanted:
            found[place] = record

    for stretches in rounds(wanted):
        scan(log, topic, stretches, keep, beat)
    return found


def rounds(places: Collection[Place]) -> Iterator[dict[int, range]]:
    """Stretches that hold these places: one per partition at a time, none with a long gap in it."""
    runs: dict[int, list[range]] = {}
    for number, offset in sorted(places):
        of_partition = runs.setdefault(number, [])
        if of_partition and offset - of_partition[-1].stop < GAP:
            of_partition[-1] = range(of_partition[-1].start, offset + 1)
        else:
            of_partition.append(range(offset, offset + 1))
    for stretches in zip_longest(*runs.values()):
        yield {number: stretch for number, stretch in zip(runs, stretches, strict=True) if stretch is not None}
