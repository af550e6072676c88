"""Senders of blobs: a blob's name is no secret (a problem's revision is one), so knowing it is no leave to name it.

Who has sent the content has it. Recorded once the content was seen to have its name, before PUT /blobs answers.
"""

from collections.abc import Collection
from typing import Protocol

from schemas.ids import Sha256, UserId


class SendersUnavailable(Exception):
    """The store of senders does not answer; recording again is harmless."""


class Senders(Protocol):
    """All raise `SendersUnavailable` within two seconds for each thousand names."""

    async def record(self, user_id: UserId, name: Sha256) -> None:
        """Notes for good that the user sent that blob; again is harmless."""

    async def sent(self, user_id: UserId, names: Collection[Sha256]) -> frozenset[Sha256]:
        """Those of the names that the user has sent."""
