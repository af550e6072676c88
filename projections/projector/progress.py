"""What a projector tells of itself beside its checkpoints: rates, troubles, parked partitions."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from projections.models.model import to_text
from projections.upkeep.controls import CATALOG
from schemas.cassandra import Statement
from schemas.eventlog.port import Partition

TOLD_FOR_S: Final = 10
"""Longer than any pause between two writes; what nobody writes any more ends by itself."""

RATE_OVER: Final = 10
"""Looks, one a second."""

WRITE: Final = (
    f"INSERT INTO projection_progress (catalog, projection, projector, told) VALUES (?, ?, ?, ?) USING TTL {TOLD_FOR_S}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A partition that stands still at a record."""

    offset: int
    detail: str
    since: datetime


@dataclass(slots=True)
class Progress:
    """The troubles of one model in one process."""

    parked: dict[Partition, Parked] = field(default_factory=dict)
    last_error: str | None = None
    last_error_at: datetime | None = None
    waits_for: str | None = None

    def note_error(self, what: str, now: datetime) -> None:
        """Remembers the last one."""
        self.last_error, self.last_error_at = what, now


class Rates:
    """How fast a model's offsets move, over the last looks."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, Mapping[Partition, int]]] = deque(maxlen=RATE_OVER)

    def look(self, now_s: float, offsets: Mapping[Partition, int]) -> dict[Partition, float]:
        """Events per second by partition; 0 for one that was just assigned."""
        self._looks.append((now_s, offsets))
        first_s, first = self._looks[0]
        passed_s = now_s - first_s
        return {
            partition: max(0, offset - first.get(partition, offset)) / passed_s if passed_s else 0.0
            for partition, offset in offsets.items()
        }


def progress_told(projection: str, projector: str, progress: Progress, rates: Mapping[Partition, float]) -> Statement:
    """Says what this process has to say of that projection; those of all models are of one partition."""
    told = {
        "last_error": progress.last_error,
        "last_error_at": progress.last_error_at,
        "waits_for": progress.waits_for,
        "partitions": {
            f"{partition.topic}:{partition.number}": {
                "rate": round(rate, 1),
                "parked": progress.parked.get(partition),
            }
            for partition, rate in rates.items()
        },
    }
    return Statement(WRITE, (CATALOG, projection, projector, to_text(told)))
