"""Which waiting job is next: smooth weighted round robin over the lanes. Pure.

While all lanes wait, of 21 jobs 16 are contest, 4 practice and 1 rejudge, spread evenly; a lane that is empty gives
its share to the others, and no lane that waits is passed over for ever.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from schemas.values import Lane

WEIGHTS: Final[dict[Lane, int]] = {Lane.CONTEST: 16, Lane.PRACTICE: 4, Lane.REJUDGE: 1}

T = TypeVar("T")


class Lanes(Generic[T]):
    """Jobs that wait here, in order of arrival within a lane."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, deque[T]] = {lane: deque() for lane in Lane}
        self._credit = dict.fromkeys(Lane, 0)

    def put(self, lane: Lane, job: T) -> None:
        """Lets a job wait."""
        self._waiting[lane].append(job)

    def take(self) -> T | None:
        """The job that is next, or None where none waits."""
        waiting = [lane for lane in Lane if self._waiting[lane]]
        if not waiting:
            return None
        for lane in waiting:
            self._credit[lane] += WEIGHTS[lane]
        chosen = max(waiting, key=lambda lane: self._credit[lane])
        self._credit[chosen] -= sum(WEIGHTS[lane] for lane in waiting)
        job = self._waiting[chosen].popleft()
        if not self._waiting[chosen]:
            self._credit[chosen] = 0  # an empty lane saves nothing up
        return job

    def length(self, lane: Lane) -> int:
        """How many wait in a lane."""
        return len(self._waiting[lane])

    def drop(self, unwanted: Callable[[T], bool]) -> None:
        """Forgets jobs that are not ours any more."""
        for lane, jobs in self._waiting.items():
            self._waiting[lane] = deque(job for job in jobs if not unwanted(job))
