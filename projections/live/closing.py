"""Why a socket is closed. After 3000-3499 a client comes back, after 3500-3999 that is useless."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A close code of ours, and what it says."""

    code: int
    reason: str


GOING_AWAY: Final = Closing(code=3000, reason="the service restarts")
TOO_SLOW: Final = Closing(code=3001, reason="too slow: a megabyte was waiting")
STORE_AWAY: Final = Closing(code=3002, reason="the store does not answer")
FULL: Final = Closing(code=3003, reason="too many clients here")
TOKEN_INVALID: Final = Closing(code=3500, reason="the token is not valid")
TOKEN_EXPIRED: Final = Closing(code=3501, reason="the token has expired")
SILENT: Final = Closing(code=3502, reason="no token and no subscription in time")
MALFORMED: Final = Closing(code=3503, reason="the message is none of ours")
OTHER_USER: Final = Closing(code=3505, reason="a socket is one user's, with the roles that it began with")
REFUSED: Final = Closing(code=3504, reason="the channel is not for you, or is not there")
"""Of an event stream, which has one channel; a socket is told and goes on."""
