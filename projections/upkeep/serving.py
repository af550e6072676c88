"""For readers: a session that always asks the generation that serves."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

from projections.models.model import Model
from projections.upkeep.controls import read_controls
from projections.upkeep.generations import ServingNames
from schemas.cassandra import Cassandra, CassandraUnavailable

LOOK_EVERY_S: Final = 1.0
"""Well within the grace for which tables that have served are still written."""


@asynccontextmanager
async def serving(cassandra: Cassandra, models: Iterable[Model]) -> AsyncIterator[Cassandra]:
    """The same session, for bare table names; it learns of a switch by itself."""
    names = ServingNames(models)

    async def look() -> None:
        controls = await read_controls(cassandra)
        names.serve({projection: control.serving for projection, control in controls.items()})

    async def follow() -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            with suppress(CassandraUnavailable):
                await look()

    await look()
    following = asyncio.create_task(follow())
    try:
        yield cassandra.renaming(names)
    finally:
        following.cancel()
