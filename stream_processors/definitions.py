"""Definitions of problems by revision, read from the blob store and kept while there is room."""

import asyncio
from collections import OrderedDict
from typing import Final

from schemas.blobs.port import BlobError, BlobStore
from schemas.ids import ProblemRevision, Sha256
from schemas.log import EventLogger
from schemas.rules.definition import Definition, DefinitionUnreadable, parse
from stream_processors import metrics
from stream_processors.build_job import Unobtainable

KEPT: Final = 256
"""Definitions in memory: more than run in all contests of a day; the longest have some hundred kilobytes."""

PAUSES_S: Final = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Between tries at a blob that is not there or not whole: three seconds in all, then the job is given up."""

log: Final = EventLogger(__name__)


class Definitions:
    """Answers for every revision, if only with why it cannot be had."""

    def __init__(self, blobs: BlobStore, *, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        self._blobs = blobs
        self._pauses_s = pauses_s
        self._kept: OrderedDict[ProblemRevision, Definition] = OrderedDict()

    async def get(self, revision: ProblemRevision) -> Definition | Unobtainable:
        """The definition of that revision. A failure is not remembered: the next submission tries again."""
        known = self._kept.get(revision)
        if known is not None:
            self._kept.move_to_end(revision)
            return known
        for pause_s in (*self._pauses_s, None):
            try:
                return self._keep(revision, await asyncio.to_thread(self._read, revision))
            except DefinitionUnreadable as error:
                return Unobtainable(reason=f"problem definition {revision}: {error}")
            except (BlobError, OSError) as error:
                if pause_s is None:
                    log.error("definition_unobtainable", revision=revision, why=error)
                    return Unobtainable(reason=f"problem definition {revision}: {type(error).__name__}: {error}")
                metrics.RETRIES.labels("definition").inc()
                await asyncio.sleep(pause_s)
        raise AssertionError("the last try answers")

    def _read(self, revision: ProblemRevision) -> Definition:
        return parse(self._blobs.get(Sha256(revision)))

    def _keep(self, revision: ProblemRevision, definition: Definition) -> Definition:
        self._kept[revision] = definition
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return definition
