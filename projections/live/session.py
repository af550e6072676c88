"""How one client stands: who it is, until when, and what it may still ask for. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from projections.live.channels import Channel
from projections.live.closing import OTHER_USER, SILENT, TOKEN_EXPIRED, Closing
from projections.viewers import viewer_of
from schemas.http.identity import Identity
from schemas.rules.visibility import Viewer

TO_AUTHENTICATE: Final = timedelta(seconds=10)
"""Time to send a token or to subscribe to something; whoever says nothing is no client of ours."""

MOST_SUBSCRIPTIONS: Final = 100
"""A page has two or three; a wall of boards some dozen."""


@dataclass(slots=True)
class Session:
    """One connection's session."""

    opened_at: datetime
    identity: Identity | None = None
    has_subscribed: bool = False
    channels: dict[str, Channel] = field(default_factory=dict)

    @property
    def viewer(self) -> Viewer:
        """Who looks. Teams are looked up where they matter."""
        return viewer_of(self.identity)

    def becomes(self, identity: Identity | None) -> Closing | None:
        """Takes a token, also a fresh one in time. Channels were admitted for one user and their roles: both stay."""
        known = self.identity
        if known is not None and (
            identity is None or (known.user_id, known.roles) != (identity.user_id, identity.roles)
        ):
            return OTHER_USER
        self.identity = identity
        return None

    def deadline(self) -> datetime | None:
        """When it ends unless something changes; None: never."""
        if self.identity is not None:
            return self.identity.expires_at
        return None if self.has_subscribed else self.opened_at + TO_AUTHENTICATE

    def overdue(self) -> Closing:
        """Why it ends at its deadline."""
        return SILENT if self.identity is None else TOKEN_EXPIRED

    def may_add(self, channel: Channel) -> bool:
        """Whether one more channel is within the limit."""
        return channel.name in self.channels or len(self.channels) < MOST_SUBSCRIPTIONS
