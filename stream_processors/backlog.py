"""How much work waits in each partition of a lane: as last read from the broker, and what was sent since."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from schemas.eventlog.port import Committed


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """A lane's outstanding work. `sent` counts what this router sent, ever; `sent_before` up to the last reading."""

    read: Mapping[int, int]
    sent: Mapping[int, int]
    sent_before: Mapping[int, int]

    @classmethod
    def empty(cls, partitions: int) -> Self:
        """A lane in which nothing waits, as far as anyone knows."""
        nothing = dict.fromkeys(range(partitions), 0)
        return cls(read=nothing, sent=nothing, sent_before=nothing)

    def outstanding(self) -> dict[int, int]:
        """Per partition, what waits; rather too much, since what is sent during a reading may count twice."""
        return {number: waiting + self.sent[number] - self.sent_before[number] for number, waiting in self.read.items()}

    def with_sent(self, partition: int) -> Self:
        """The backlog after one more job was sent to that partition."""
        return replace(self, sent={**self.sent, partition: self.sent[partition] + 1})

    def with_reading(self, read: Mapping[int, int], sent_before: Mapping[int, int]) -> Self:
        """The backlog after a reading that began when `sent_before` had been sent."""
        partitions = dict.fromkeys(read, 0)
        return replace(
            self, read=dict(read), sent={**partitions, **self.sent}, sent_before={**partitions, **sent_before}
        )


def waiting(ends: Mapping[int, int], committed: Mapping[int, Committed]) -> dict[int, int]:
    """Per partition, the jobs that are not finished: end offset less committed offset."""
    done = {number: known.offset for number, known in committed.items()}
    return {number: max(0, end - done.get(number, 0)) for number, end in ends.items()}
