"""Theory of operation

Jobs of one partition are taken in offset order and finish in any order, in several slots. Kafka knows one number per
partition: the committed offset, from which the next owner begins. It must never pass a job whose verdict has not
been acknowledged, or that job would be lost with this process.

So the tracker keeps, per partition, the offsets that were taken and are not finished, and the next offset after the
highest one taken. What may be committed is the lowest unfinished offset, or, where nothing is unfinished, the offset
after the highest one taken. Offsets need not follow one another (markers and trimmed records leave gaps), so it never
counts, it only compares.

`finished` means that the job's verdict is acknowledged; that is the caller's promise. A job that finished but lies
above an unfinished one is run again if this process dies: the first verdict in partition order counts, so that a
repeat is harmless.

When a partition is revoked it is forgotten at once, and when it is assigned once more: whatever was known of it is
from before. A job of it may still be running; its `finished` is then unknown and ignored, unless the partition has
come back and the same offset was taken again: then its verdict is in the log, and to count it as finished is right.

Not simpler, for example "commit after each job", since that commits past jobs that still run in another slot.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.eventlog.port import Partition
from schemas.values import Position


@dataclass(slots=True)
class _Taken:
    next_offset: int
    unfinished: set[int] = field(default_factory=set)


class CommitTracker:
    """Knows which offsets may be committed. No I/O, one thread at a time."""

    def __init__(self) -> None:
        self._partitions: dict[Partition, _Taken] = {}

    def taken(self, position: Position) -> None:
        """A record was read and is ours to finish."""
        partition = Partition(position.topic, position.partition)
        known = self._partitions.setdefault(partition, _Taken(next_offset=position.offset))
        known.unfinished.add(position.offset)
        known.next_offset = max(known.next_offset, position.offset + 1)

    def finished(self, position: Position) -> None:
        """What follows from the record is acknowledged; again, or of a partition that is not ours, is ignored."""
        known = self._partitions.get(Partition(position.topic, position.partition))
        if known is not None:
            known.unfinished.discard(position.offset)

    def is_unfinished(self, position: Position) -> bool:
        """Whether the record is taken and not finished."""
        known = self._partitions.get(Partition(position.topic, position.partition))
        return known is not None and position.offset in known.unfinished

    def committable(self) -> dict[Partition, int]:
        """The offset that may be committed now, of every partition of which something was taken."""
        return {
            partition: min(known.unfinished, default=known.next_offset) for partition, known in self._partitions.items()
        }

    def forget(self, partitions: Iterable[Partition]) -> None:
        """What is known of these partitions is from before."""
        for partition in partitions:
            self._partitions.pop(partition, None)
