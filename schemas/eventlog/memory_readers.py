"""Reading the event log in memory, alone or as a member of a group.

A group rebalances as KIP-848 does: a member that has to give up partitions does so within its own next poll, and
only then does another member take them over, within its own. Nobody else's reading stops.
"""

import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Final

from schemas.eventlog.memory_store import MemoryGroup, MemoryStore
from schemas.eventlog.port import Assigned, Committed, Partition, Record, Revoked, Undecodable
from schemas.eventlog.topic_checks import check_notes, check_there
from schemas.topics import TOPIC_BY_NAME, Topic

_numbers: Final = itertools.count()


class MemoryReader:
    """Implements `Reader`."""

    def __init__(self, store: MemoryStore, starts: Mapping[Partition, int], *, key: str | None = None) -> None:
        for at in starts:
            check_there(at)
        self._store = store
        self._following = dict(starts)
        self._key = key
        self._closed = False

    def poll(self, max_records: int, timeout_s: float) -> list[Record]:
        """See the port."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._settle()
            with self._store.changed:
                records = self._store.take(self._following, max_records, self._held())
                left = deadline - time.monotonic()
                if records or self._closed or left <= 0:
                    return [record for record in records if self._is_wanted(record)]
                self._store.changed.wait(left)

    def next_offsets(self) -> dict[Partition, int]:
        """See the port."""
        with self._store.changed:
            return dict(self._following)

    def close(self) -> None:
        """See the port."""
        with self._store.changed:
            self._closed = True
            self._following.clear()
            self._store.changed.notify_all()

    def _settle(self) -> None:
        """What has to be settled with others before records are taken."""

    def _held(self) -> frozenset[Partition]:
        return frozenset()

    def _is_wanted(self, record: Record) -> bool:
        return self._key is None or _key_of(record) == self._key


class MemoryGroupReader(MemoryReader):
    """Implements `GroupReader`."""

    def __init__(
        self,
        store: MemoryStore,
        group: MemoryGroup,
        topics: Sequence[Topic],
        *,
        assigned: Assigned | None,
        revoked: Revoked | None,
    ) -> None:
        super().__init__(store, {})
        self._group = group
        self._assigned = assigned
        self._revoked = revoked
        self._paused: set[Partition] = set()
        self._member = next(_numbers)
        with store.changed:
            group.topics[self._member] = frozenset(topic.name for topic in topics)
            store.changed.notify_all()

    def assignment(self) -> frozenset[Partition]:
        """See the port."""
        with self._store.changed:
            return frozenset(self._following)

    def commit(self, offsets: Mapping[Partition, Committed]) -> frozenset[Partition]:
        """See the port."""
        check_notes(offsets)
        with self._store.changed:
            ours = {at: offsets[at] for at in offsets if at in self._following}
            self._store.commit(self._group, ours)
            return frozenset(ours)

    def pause(self, partitions: Sequence[Partition]) -> None:
        """See the port."""
        with self._store.changed:
            self._paused.update(at for at in partitions if at in self._following)

    def resume(self, partitions: Sequence[Partition]) -> None:
        """See the port."""
        with self._store.changed:
            self._paused.difference_update(partitions)
            self._store.changed.notify_all()

    def close(self) -> None:
        """See the port; gives its partitions up first."""
        self._give_up(self.assignment())
        self.die()

    def die(self) -> None:
        """Leaves as after SIGKILL once the session has ended: `revoked` is not called, nothing is committed."""
        with self._store.changed:
            self._group.topics.pop(self._member, None)
            self._release(frozenset(self._following))
            super().close()

    def _settle(self) -> None:
        with self._store.changed:
            wanted = frozenset() if self._closed else _shares(self._group)[self._member]
            lost = frozenset(self._following) - wanted
        self._give_up(lost)
        with self._store.changed:
            gained = wanted - self._group.owners.keys()
            self._group.owners.update(dict.fromkeys(gained, self._member))
            committed = {at: self._group.committed.get(at) for at in sorted(gained)}
        if committed:
            chosen = self._assigned(committed) if self._assigned else {}
            with self._store.changed:
                self._following.update({at: chosen.get(at, _offset(known)) for at, known in committed.items()})

    def _give_up(self, lost: frozenset[Partition]) -> None:
        if lost and self._revoked:
            self._revoked(lost)
        with self._store.changed:
            self._release(lost)

    def _release(self, lost: frozenset[Partition]) -> None:
        for at in lost:
            self._following.pop(at, None)
            self._paused.discard(at)
            if self._group.owners.get(at) == self._member:
                del self._group.owners[at]
        if lost:
            self._store.changed.notify_all()

    def _held(self) -> frozenset[Partition]:
        return frozenset(self._paused)


def _key_of(record: Record) -> str | None:
    if isinstance(record.event, Undecodable):
        return None if record.event.key is None else record.event.key.decode(errors="replace")
    return TOPIC_BY_NAME[record.position.topic].key_of(record.event)


def _offset(committed: Committed | None) -> int:
    return committed.offset if committed else 0


def _shares(group: MemoryGroup) -> dict[int, frozenset[Partition]]:
    """Which partitions each member should have: a topic's go round its subscribers in the order of joining."""
    shares: dict[int, set[Partition]] = {member: set() for member in group.topics}
    for name in sorted(frozenset[str]().union(*group.topics.values())):
        members = [member for member, topics in group.topics.items() if name in topics]
        for number in range(TOPIC_BY_NAME[name].partitions):
            shares[members[number % len(members)]].add(Partition(name, number))
    return {member: frozenset(share) for member, share in shares.items()}
