"""Signing tokens with the local key: who one is, for the system that `make run` started on this machine."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import jwt

ISSUER: Final = "judgestream"
AUDIENCE: Final = "judgestream"
LIFETIME: Final = timedelta(hours=12)
ROLES: Final = ("user", "setter", "jury", "admin")


def sign(private_key: Path, user_id: str, *, name: str, roles: Sequence[str], now: datetime) -> str:
    """A bearer token for `user_id`, good for 12 hours from `now`; OSError where the key cannot be read."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user_id,
        "name": name,
        "roles": list(roles),
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, private_key.read_text(), algorithm="EdDSA")
