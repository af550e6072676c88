"""The timelines of contests: read from the log when they are asked for, as far as is asked for, and kept for a while.

A contest is one key of one partition of the feed; other contests' records there are passed over by their key.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from projections.models.model import Fact
from projections.query_api.timeline import Dated, Timeline
from schemas.blobs.port import BlobError, BlobStore
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import EventLog, Partition, Record, Undecodable
from schemas.http import refusals
from schemas.http.refusals import Refusal
from schemas.ids import ContestId
from schemas.manifests import manifest_named_by
from schemas.topics import CONTEST_FEED

MOST_RECORDS: Final = 100_000
"""Kept of all contests, some 100 MB: five of 10 000 submissions each, or hundreds of small ones."""

READ_AT_ONCE: Final = 2_000
POLL_S: Final = 0.2

WITHIN_S: Final = 10.0
"""Reading for one question; who asks again goes on where it ended."""

AT_A_TIME: Final = 2
"""Contests that are read at the same time: each keeps a core busy."""


class Timelines:
    """Those that were asked for lately. One that is in use is used by one request at a time."""

    def __init__(self, event_log: EventLog, blobs: BlobStore, *, most_records: int = MOST_RECORDS) -> None:
        self._log = event_log
        self._blobs = blobs
        self._most_records = most_records
        self._known: OrderedDict[ContestId, Timeline] = OrderedDict()
        self._locks: dict[ContestId, asyncio.Lock] = {}
        self._turns = asyncio.Semaphore(AT_A_TIME)

    @asynccontextmanager
    async def until_moment(self, contest_id: ContestId, moment: datetime) -> AsyncIterator[Timeline]:
        """The contest's timeline, with everything that was appended until that moment."""

        def end(timeline: Timeline) -> int:
            if moment < timeline.latest:
                return 0
            return self._log.offsets_at(CONTEST_FEED, moment)[partition_in_feed(contest_id)]

        async with self._until(contest_id, end) as timeline:
            yield timeline

    @asynccontextmanager
    async def until_offset(self, contest_id: ContestId, offset: int) -> AsyncIterator[Timeline]:
        """The same with everything up to that offset of the feed; a `Refusal` where the feed has none such yet."""

        def end(timeline: Timeline) -> int:
            if offset >= timeline.next_offset and offset >= self._feed_end(contest_id):
                raise Refusal(refusals.INVALID_POSITION, f"offset: the contest's feed has no {offset} yet")
            return offset + 1

        async with self._until(contest_id, end) as timeline:
            yield timeline

    @asynccontextmanager
    async def until_now(self, contest_id: ContestId) -> AsyncIterator[Timeline]:
        """The same with everything that there is."""
        async with self._until(contest_id, lambda _: self._feed_end(contest_id)) as timeline:
            yield timeline

    @asynccontextmanager
    async def _until(self, contest_id: ContestId, end: Callable[[Timeline], int]) -> AsyncIterator[Timeline]:
        async with self._locks.setdefault(contest_id, asyncio.Lock()), self._turns:
            timeline = self._known.pop(contest_id, None) or Timeline(contest_id)
            self._known[contest_id] = timeline
            try:
                await asyncio.to_thread(self._read, contest_id, timeline, end)
            except (LogUnavailable, BlobError) as error:
                raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers={"Retry-After": "1"}) from error
            yield timeline
            self._forget()

    def _forget(self) -> None:
        """Lets go of those that were asked for longest ago; the one in use is the last."""
        while len(self._known) > 1 and sum(map(len, self._known.values())) > self._most_records:
            self._known.popitem(last=False)

    def _feed_end(self, contest_id: ContestId) -> int:
        return self._log.end_offsets(CONTEST_FEED)[partition_in_feed(contest_id)]

    def _read(self, contest_id: ContestId, timeline: Timeline, end: Callable[[Timeline], int]) -> None:
        until = end(timeline)
        if timeline.next_offset >= until:
            return
        at = Partition(CONTEST_FEED.name, partition_in_feed(contest_id))
        gives_up = time.monotonic() + WITHIN_S
        reader = self._log.reader({at: timeline.next_offset}, key=contest_id)
        try:
            while timeline.next_offset < until:
                if time.monotonic() >= gives_up:
                    raise Refusal(refusals.NOT_READY, "the contest is still being read", headers={"Retry-After": "1"})
                records = reader.poll(READ_AT_ONCE, POLL_S)
                timeline.extend(self._dated(records), reader.next_offsets()[at])
        finally:
            reader.close()

    def _dated(self, records: Sequence[Record]) -> Iterator[Dated]:
        """Each with its manifest; what is no event of ours is in nobody's fold."""
        for record in records:
            if not isinstance(record.event, Undecodable):
                name = manifest_named_by(record.event)
                manifest = None if name is None else self._blobs.get(name)
                yield Dated(fact=Fact(record.position, record.event, manifest), appended_at=record.appended_at)


def partition_in_feed(contest_id: ContestId) -> int:
    """The partition of the feed that the contest is in."""
    return partition_of(contest_id.encode(), CONTEST_FEED.partitions)
