"""Acknowledgements come in the order of the records, whatever finishes first."""

import asyncio

import pytest

from stream_processors.in_order import InOrder


class Work:
    """Pieces of work that a test ends one by one; `acknowledged` tells what was."""

    def __init__(self, limit: int) -> None:
        self.in_order = InOrder(limit)
        self.ends: list[asyncio.Event] = []
        self.acknowledged: list[int] = []

    async def add(self, *, fails: bool = False) -> None:
        number = len(self.ends)
        self.ends.append(asyncio.Event())
        await self.in_order.add(self._work(number, fails), lambda: self.acknowledged.append(number))

    async def end(self, number: int) -> None:
        self.ends[number].set()
        await turns()

    async def _work(self, number: int, fails: bool) -> None:
        await self.ends[number].wait()
        if fails:
            raise ValueError


async def turns() -> None:
    """Lets every task run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_nothing_is_acknowledged_before_all_that_came_before() -> None:
    work = Work(limit=3)
    for _ in range(3):
        await work.add()
    await work.end(2)
    await work.end(1)
    assert work.acknowledged == []
    await work.end(0)
    assert work.acknowledged == [0, 1, 2]


async def test_the_next_waits_while_the_limit_is_under_way() -> None:
    work = Work(limit=1)
    await work.add()
    second = asyncio.create_task(work.add())
    await turns()
    assert not second.done()
    await work.end(0)
    assert second.done()


async def test_what_fails_stops_every_later_acknowledgement() -> None:
    work = Work(limit=3)
    await work.add()
    await work.add(fails=True)
    await work.add()
    for number in range(3):
        await work.end(number)
    assert work.acknowledged == [0]


async def test_who_is_cancelled_while_waiting_leaves_nothing_behind() -> None:
    work = Work(limit=1)
    await work.add()
    second = asyncio.create_task(work.add())
    await turns()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await work.end(0)
    assert work.acknowledged == [0]
