"""Single records of the log, for whoever answers by what stands at a position."""

import time
from collections.abc import Iterator
from typing import Final

from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition, Record

WITHIN_S: Final = 5.0
"""For all records of one answer."""


def read_records(event_log: EventLog, at: Partition, begin: int, end: int) -> Iterator[Record]:
    """The records from `begin` to before `end`, which has to be there, one in memory at a time; blocks."""
    if begin >= end:
        return
    deadline = time.monotonic() + WITHIN_S
    reader = event_log.reader({at: begin})
    try:
        last = begin - 1
        while last < end - 1:
            if (left_s := deadline - time.monotonic()) <= 0:
                raise LogUnavailable(f"{at.topic} could not be read in {WITHIN_S:g} s")
            for record in reader.poll(1, left_s):
                last = record.position.offset
                if last < end:
                    yield record
    finally:
        reader.close()
