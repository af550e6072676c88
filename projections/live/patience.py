"""Waiting, within limits, for what is not there yet and for a store that is away."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from projections.live.channels import Channel, SubmissionChannel, made_at_ms
from projections.live.wakes import Wakes
from schemas.cassandra import CassandraUnavailable
from schemas.ids import SubmissionId

T = TypeVar("T")

FRESH: Final = timedelta(minutes=2)
"""Within this the log and the projector pass on what was accepted, unless they are down."""

FRESH_PATIENCE_S: Final = 30.0
"""As long as a projector may take to come back."""

BRIEF_PATIENCE_S: Final = 3.0
"""Anything else that is not there has probably never been."""

STORE_PATIENCE_S: Final = 20.0
STORE_PAUSE_S: Final = 0.25


async def until_there(
    channel: Channel, look: Callable[[], Awaitable[T | None]], *, wakes: Wakes, now: datetime
) -> T | None:
    """What `look` finds. While that is nothing it looks again whenever the channel is told something, for a while.

    Raises `CassandraUnavailable` when the store stays away.
    """
    loop = asyncio.get_running_loop()
    gives_up = loop.time() + patience_s(channel, now)
    with wakes.watching(channel.name) as told:
        while True:
            told.clear()
            found = await _from_store(look)
            if found is not None or wakes.is_over or loop.time() >= gives_up:
                return found
            try:
                async with asyncio.timeout_at(gives_up):
                    await told.wait()
            except TimeoutError:
                continue  # one last look: it may be there although nobody told us


def patience_s(channel: Channel, now: datetime) -> float:
    """How long something that is not there is waited for."""
    is_young = isinstance(channel, SubmissionChannel) and is_fresh(channel.submission_id, now)
    return FRESH_PATIENCE_S if is_young else BRIEF_PATIENCE_S


def is_fresh(submission_id: SubmissionId, now: datetime) -> bool:
    """Whether its id was made so lately that the submission may be on its way through the log."""
    age_s = now.timestamp() - made_at_ms(submission_id) / 1000
    return abs(age_s) < FRESH.total_seconds()


async def _from_store(look: Callable[[], Awaitable[T | None]]) -> T | None:
    loop = asyncio.get_running_loop()
    gives_up = loop.time() + STORE_PATIENCE_S
    while True:
        try:
            return await look()
        except CassandraUnavailable:
            if loop.time() >= gives_up:
                raise
        await asyncio.sleep(STORE_PAUSE_S)
