"""Who asks: identities, and the signed tokens that say so.

A token is a JWT signed with Ed25519 (`EdDSA`, no other algorithm), issued by and for `judgestream`, with `exp`,
`sub`, `name` and `roles`. It comes in `Authorization: Bearer`, never in a URL or a body.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import jwt
import jwt.types
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from starlette.requests import HTTPConnection

from schemas.http import refusals
from schemas.http.refusals import Refusal
from schemas.ids import UserId

ISSUER: Final = "judgestream"
AUDIENCE: Final = "judgestream"
ALGORITHM: Final = "EdDSA"
LIFETIME: Final = timedelta(hours=12)

JWT_OPTIONS: Final[jwt.types.Options] = {
    "require": ["exp", "iss", "aud", "sub"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
"""`exp` is checked by us, against our own clock; who signs a token in our future is a second ahead, not a liar."""

REMEMBERED_TOKENS: Final = 10_000
"""How many verified tokens are remembered: a contest's worth; about 1 kB each."""

LONGEST_TOKEN: Final = 4096
LONGEST_USER_ID: Final = 128


class Role(StrEnum):
    """What one may do; everyone who is signed in is a user."""

    USER = "user"
    SETTER = "setter"
    JURY = "jury"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks, until `expires_at`. The name is for showing and is never written to the log."""

    user_id: UserId
    name: str
    roles: frozenset[Role]
    expires_at: datetime

    def has_any(self, *roles: Role) -> bool:
        """Whether one of these roles is held; an admin holds them all."""
        return Role.ADMIN in self.roles or not self.roles.isdisjoint(roles)


class Tokens:
    """Verifies tokens against one public key, and remembers the ones that it has verified until they expire."""

    def __init__(self, public_key: bytes, *, clock: Callable[[], float] = time.time) -> None:
        """`public_key` is PEM; a ValueError where it is no Ed25519 key."""
        self._key = _ed25519_public_key(public_key)
        self._clock = clock
        self._verified: dict[str, tuple[Identity, float]] = {}

    def identify(self, authorization: str | None) -> Identity | None:
        """Who sent this `Authorization` header; None without one. A `Refusal` where it is not a valid token."""
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(refusals.TOKEN_INVALID, "Authorization should be: Bearer TOKEN")
        return self.verify(token.strip())

    def verify(self, token: str) -> Identity:
        """Whom the token names; a `Refusal` (token-invalid, token-expired) otherwise."""
        known = self._verified.get(token)
        if known is not None and known[1] > self._clock():
            return known[0]
        claims = self._claims(token)
        identity = _identity(claims)
        self._remember(token, identity)
        return identity

    def _claims(self, token: str) -> dict[str, object]:
        if len(token) > LONGEST_TOKEN:
            raise Refusal(refusals.TOKEN_INVALID, f"a token has at most {LONGEST_TOKEN} characters")
        try:
            claims: dict[str, object] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options=JWT_OPTIONS,
            )
        except jwt.PyJWTError as error:
            raise Refusal(refusals.TOKEN_INVALID, str(error)) from None
        if not _is_number(claims["exp"]):
            raise Refusal(refusals.TOKEN_INVALID, "exp should be a number")
        if claims["exp"] <= self._clock():  # type: ignore[operator]  # checked one line above
            raise Refusal(refusals.TOKEN_EXPIRED, "sign in again")
        return claims

    def _remember(self, token: str, identity: Identity) -> None:
        while len(self._verified) >= REMEMBERED_TOKENS:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = (identity, identity.expires_at.timestamp())


def sign_token(private_key: bytes, user_id: str, *, name: str, roles: Iterable[Role], now: datetime) -> str:
    """A token for `user_id`, good for 12 hours from `now`; `private_key` is PEM, Ed25519."""
    key = load_pem_private_key(private_key, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 private key")
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user_id,
        "name": name,
        "roles": [str(role) for role in roles],
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def require(connection: HTTPConnection, *roles: Role) -> Identity:
    """Who asks; refused without a token, or without one of these roles (or admin) where any are named."""
    tokens: Tokens = connection.app.state.tokens
    identity = tokens.identify(connection.headers.get("authorization"))
    if identity is None:
        raise Refusal(refusals.TOKEN_MISSING, "send Authorization: Bearer TOKEN")
    if roles and not identity.has_any(*roles):
        raise Refusal(refusals.FORBIDDEN, f"only {', '.join(roles)} and admin may")
    return identity


async def anyone(connection: HTTPConnection) -> Identity | None:
    """FastAPI dependency: who asks, or None for someone without a token. Needs `app.state.tokens`."""
    tokens: Tokens = connection.app.state.tokens
    return tokens.identify(connection.headers.get("authorization"))


async def signed_in(connection: HTTPConnection) -> Identity:
    """FastAPI dependency: who asks; refused without a token."""
    return require(connection)


def holding(*roles: Role) -> Callable[[HTTPConnection], Awaitable[Identity]]:
    """FastAPI dependency: who asks, refused without one of these roles (or admin)."""

    async def identity_with_role(connection: HTTPConnection) -> Identity:
        return require(connection, *roles)

    return identity_with_role


def _ed25519_public_key(pem: bytes) -> Ed25519PublicKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 public key")
    return key


def _identity(claims: dict[str, object]) -> Identity:
    user_id, name, roles, expires = claims["sub"], claims.get("name", ""), claims.get("roles", []), claims["exp"]
    if not isinstance(user_id, str) or not 0 < len(user_id) <= LONGEST_USER_ID or not user_id.isprintable():
        raise Refusal(refusals.TOKEN_INVALID, f"sub should be 1 to {LONGEST_USER_ID} printable characters")
    if not isinstance(name, str) or not isinstance(roles, list):
        raise Refusal(refusals.TOKEN_INVALID, "name should be text and roles a list")
    held = {Role(role) for role in roles if role in list(Role)}
    return Identity(
        user_id=UserId(user_id),
        name=name,
        roles=frozenset(held | {Role.USER}),
        expires_at=_moment(expires),
    )


def _moment(seconds: object) -> datetime:
    assert isinstance(seconds, int | float)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Refusal(refusals.TOKEN_INVALID, "exp is out of range") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
