"""Reading until a condition holds, with a deadline instead of a sleep."""

import time
from collections.abc import Callable, Iterable
from typing import Final

from schemas.eventlog.port import EventLog, Partition, Reader, Record
from schemas.topics import Topic

PATIENCE_S: Final = 20.0
SLICE_S: Final = 0.05


def read(reader: Reader, number: int, *, at_once: int = 100) -> list[Record]:
    """Polls until so many records have come."""
    records: list[Record] = []
    poll_until(lambda: len(records) >= number, reader, records=records, at_once=at_once)
    return records


def poll_until(
    reached: Callable[[], bool], *readers: Reader, records: list[Record] | None = None, at_once: int = 100
) -> list[Record]:
    """Polls the readers in turn until it is so; answers everything that came."""
    taken = [] if records is None else records
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline, f"not reached in {PATIENCE_S} s, with {len(taken)} records"
        for reader in readers:
            taken += reader.poll(at_once, SLICE_S)
    return taken


def ends(log: EventLog, *topics: Topic) -> dict[Partition, int]:
    """Where each partition of these topics ends now."""
    return {
        Partition(topic.name, number): offset for topic in topics for number, offset in log.end_offsets(topic).items()
    }


def offsets(records: Iterable[Record], partition: Partition) -> list[int]:
    """The offsets of what came from one partition, in the order of coming."""
    positions = (record.position for record in records)
    return [at.offset for at in positions if (at.topic, at.partition) == partition]
