"""Writes rows into the generations of a model's tables that are to be written now."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from projections.models.model import Model, Write
from projections.projector.patience import Patience
from projections.projector.store import Store
from projections.upkeep.controls import Controls
from projections.upkeep.generations import FIRST, in_generation
from schemas.cassandra import CassandraRefused, CassandraUnavailable, Statement
from schemas.log import EventLogger

log = EventLogger(__name__)

AT_ONCE: Final = 200
"""What one event can bring (a rejudging moves any number of submissions) is written in pieces of about so many rows,
between which the loop and the heart beat, and other models have their turn."""


class Rows:
    """Waits until what it writes is there. The generation beside the one that serves never stands in its way."""

    def __init__(self, model: Model, store: Store, controls: Controls, patience: Patience) -> None:
        self._model = model
        self._store = store
        self._controls = controls
        self._patience = patience

    async def write(self, writes: Sequence[Write]) -> None:
        """Writes all of it; `CassandraRefused` where the tables that serve do not take it."""
        for piece in pieces_of(writes):
            await self._patience.until_done("rows", partial(self._write, piece))

    async def _write(self, writes: Sequence[Write]) -> None:
        control = await self._controls.up_to_date(self._model.projection)
        try:
            if control.beside is None:
                await self._store.write(batches_of(writes, control.serving))
            else:
                await asyncio.gather(
                    self._store.write(batches_of(writes, control.serving)), self._write_beside(writes, control.beside)
                )
        except CassandraRefused as refusal:
            await self._controls.refresh()
            if self._controls.of(self._model.projection).serving != control.serving:
                raise CassandraUnavailable("another generation serves by now") from refusal
            raise

    async def _write_beside(self, writes: Sequence[Write], generation: int) -> None:
        """A refusal is the rebuild's trouble, which will find the difference, and not that of who reads."""
        try:
            await self._store.write(batches_of(writes, generation))
        except CassandraRefused as refusal:
            log.error("rows_refused_beside", model=self._model.name, generation=generation, error=refusal)


def pieces_of(writes: Sequence[Write]) -> Iterator[Sequence[Write]]:
    """The writes in pieces, none of which parts what is to be one batch."""
    if len(writes) <= AT_ONCE:
        if writes:
            yield writes
        return
    of_partition: dict[object, list[Write]] = defaultdict(list)
    for write in writes:
        of_partition[write.partition].append(write)
    piece: list[Write] = []
    for together in of_partition.values():
        piece += together
        if len(piece) >= AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece


def batches_of(writes: Iterable[Write], generation: int = FIRST) -> list[list[Statement]]:
    """The writes of one partition of a table become one batch: atomic, and a fifth of the cost."""
    of_partition: dict[object, list[Statement]] = defaultdict(list)
    for write in writes:
        cql = write.cql if generation == FIRST else in_generation(write.cql, generation)
        of_partition[write.partition].append(Statement(cql, write.values))
    return list(of_partition.values())
