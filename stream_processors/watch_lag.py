"""The decision whether consuming has come to a standstill.

Consumers that hang after a rebalance are a known fault of the library below. Whether one hangs is told from outside:
records wait, the broker answers, and committed offsets do not move. The process then ends itself and is started anew.
One partition may well stand while others move, since a long backlog is read a stretch of one partition at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.eventlog.port import Partition

ALL_STAND_S: Final = 12.0
"""Longer than a rejoin after a kill (6 s session) or a giving up (3 s); work has to go on within 15 s."""

ONE_STANDS_S: Final = 60.0
"""Longer than the stretches that are read of all other partitions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was seen: the committed offsets, when any of them moved, and since when records wait behind each."""

    committed: Mapping[Partition, int] = field(default_factory=dict)
    moved_at_s: float = float("-inf")
    waiting_since_s: Mapping[Partition, float] = field(default_factory=dict)


def observe(
    before: Standing, ends: Mapping[Partition, int], committed: Mapping[Partition, int], now_s: float
) -> Standing:
    """What is seen now; a partition that moved waits from now on anew."""
    waiting = {partition for partition, end in ends.items() if committed.get(partition, 0) < end}
    still = {partition for partition in waiting if committed.get(partition, 0) == before.committed.get(partition, 0)}
    return Standing(
        committed=dict(committed),
        moved_at_s=before.moved_at_s if committed == before.committed else now_s,
        waiting_since_s={
            partition: before.waiting_since_s.get(partition, now_s) if partition in still else now_s
            for partition in waiting
        },
    )


def standstill(standing: Standing, now_s: float) -> Partition | None:
    """A partition in which nothing has moved for too long."""
    nothing_moves = now_s - standing.moved_at_s > ALL_STAND_S
    patience_s = ALL_STAND_S if nothing_moves else ONE_STANDS_S
    return next((where for where, since_s in standing.waiting_since_s.items() if now_s - since_s > patience_s), None)
