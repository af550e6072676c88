"""Senders in memory: for tests, and for one process alone."""

from collections.abc import Collection

from schemas.ids import Sha256, UserId


class MemorySenders:
    """`Senders` for as long as the process lives."""

    def __init__(self) -> None:
        self._sent: set[tuple[UserId, Sha256]] = set()

    async def record(self, user_id: UserId, name: Sha256) -> None:
        """As the port says."""
        self._sent.add((user_id, name))

    async def sent(self, user_id: UserId, names: Collection[Sha256]) -> frozenset[Sha256]:
        """As the port says."""
        return frozenset(name for name in names if (user_id, name) in self._sent)
