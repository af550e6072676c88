"""Many records under way, acknowledged in the order in which they came.

Faust commits up to the highest acknowledged offset where it has committed none yet, so an acknowledgement out of
order could be taken for all before it. Here none is given before all earlier ones are.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import NamedTuple


class _UnderWay(NamedTuple):
    task: asyncio.Task[None]
    acknowledge: Callable[[], object]


class InOrder:
    """Runs up to `limit` pieces of work at once."""

    def __init__(self, limit: int) -> None:
        self._free = asyncio.Semaphore(limit)
        self._under_way: deque[_UnderWay] = deque()

    async def add(self, work: Coroutine[None, None, None], acknowledge: Callable[[], object]) -> None:
        """Begins the work when there is room; `acknowledge` is called when it and all before it are done.

        Work that is cancelled or raises is never acknowledged, nor is anything after it.
        """
        try:
            await self._free.acquire()
        except asyncio.CancelledError:
            work.close()
            raise
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.append(_UnderWay(task, acknowledge))
        task.add_done_callback(self._ended)

    async def drained(self) -> None:
        """Returns once all that is under way now has ended."""
        tasks = [known.task for known in self._under_way]
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._free.release()
        while self._under_way and _succeeded(self._under_way[0].task):
            self._under_way.popleft().acknowledge()


def _succeeded(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
