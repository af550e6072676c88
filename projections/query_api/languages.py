"""Languages: what executors that are there now offer."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from starlette.responses import Response

from projections.query_api.answers import answered
from projections.query_api.reads import Reads


class Languages:
    """The route of languages. `clock` says which reports still count."""

    def __init__(self, reads: Reads, clock: Callable[[], datetime]) -> None:
        self._reads = reads
        self._clock = clock

    async def many(self, request: Request) -> Response:
        """The languages that may be submitted in now, by id."""
        languages = [
            {
                "language": offered.language,
                "name": offered.name,
                "compiler_version": offered.compiler_version,
                "suffixes": offered.suffixes,
                "starter": offered.starter,
            }
            for offered in await self._reads.languages(self._clock())
        ]
        return answered(request, {"languages": languages})
