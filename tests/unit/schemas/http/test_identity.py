"""Tokens: who may speak, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from schemas.http.identity import REMEMBERED_TOKENS, Identity, Role, Tokens, sign_token
from schemas.http.refusals import Refusal
from schemas.ids import UserId

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
OTHER_KEY = Ed25519PrivateKey.generate()
CLAIMS = {
    "iss": "judgestream",
    "aud": "judgestream",
    "sub": "ada",
    "name": "Ada",
    "roles": ["setter", "emperor"],
    "exp": NOW + timedelta(hours=1),
}


class Clock:
    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def __call__(self) -> float:
        return self.moment.timestamp()


def private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def tokens(clock: Clock) -> Tokens:
    return Tokens(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), clock=clock)


def signed(claims: dict[str, object], key: object = KEY, algorithm: str = "EdDSA") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)  # type: ignore[arg-type]  # wrong keys are the point


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def test_a_signed_token_says_who_asks_and_unknown_roles_count_for_nothing() -> None:
    assert tokens(Clock()).verify(signed(CLAIMS)) == Identity(
        user_id=UserId("ada"),
        name="Ada",
        roles=frozenset({Role.USER, Role.SETTER}),
        expires_at=NOW + timedelta(hours=1),
    )


def test_what_we_sign_we_accept() -> None:
    token = sign_token(private_pem(KEY), "ada", name="Ada", roles=[Role.JURY], now=NOW)
    identity = tokens(Clock()).verify(token)
    assert identity == Identity(
        user_id=UserId("ada"),
        name="Ada",
        roles=frozenset({Role.USER, Role.JURY}),
        expires_at=NOW + timedelta(hours=12),
    )


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "no token at all": lambda: "nonsense",
    "three parts of nothing": lambda: "a.b.c",
    "another key": lambda: signed(CLAIMS, OTHER_KEY),
    "no signature": lambda: signed(CLAIMS, None, "none"),
    "another algorithm": lambda: signed(CLAIMS, "s" * 64, "HS256"),
    "another issuer": lambda: signed(CLAIMS | {"iss": "elsewhere"}),
    "another audience": lambda: signed(CLAIMS | {"aud": "elsewhere"}),
    "no issuer": lambda: signed(without("iss")),
    "no audience": lambda: signed(without("aud")),
    "no end": lambda: signed(without("exp")),
    "an end beyond all time": lambda: signed(CLAIMS | {"exp": 10**40}),
    "no subject": lambda: signed(without("sub")),
    "an empty subject": lambda: signed(CLAIMS | {"sub": ""}),
    "a subject with a newline": lambda: signed(CLAIMS | {"sub": "a\nb"}),
    "a subject without end": lambda: signed(CLAIMS | {"sub": "a" * 129}),
    "roles that are no list": lambda: signed(CLAIMS | {"roles": "admin"}),
    "a token without end": lambda: signed(CLAIMS | {"name": "a" * 5000}),
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_refuses_what_is_no_token_of_ours(make: Callable[[], str]) -> None:
    with pytest.raises(Refusal) as refused:
        tokens(Clock()).verify(make())
    assert refused.value.kind.name == "token-invalid"


def test_a_token_ends_also_when_it_was_seen_before() -> None:
    clock = Clock()
    known, token = tokens(clock), signed(CLAIMS)
    known.verify(token)
    clock.moment = NOW + timedelta(hours=1)
    with pytest.raises(Refusal) as refused:
        known.verify(token)
    assert refused.value.kind.name == "token-expired"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "token"])
def test_refuses_another_kind_of_authorization(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        tokens(Clock()).identify(header)
    assert refused.value.kind.name == "token-invalid"


def test_nobody_is_nobody() -> None:
    assert tokens(Clock()).identify(None) is None


def test_an_admin_may_what_everyone_may_and_a_user_may_not() -> None:
    def identity(role: Role) -> Identity:
        return tokens(Clock()).verify(signed(CLAIMS | {"roles": [role]}))

    assert identity(Role.ADMIN).has_any(Role.JURY)
    assert identity(Role.JURY).has_any(Role.SETTER, Role.JURY)
    assert not identity(Role.USER).has_any(Role.SETTER, Role.JURY)


def test_remembers_no_more_tokens_than_it_says() -> None:
    known = tokens(Clock())
    first = known.verify(signed(CLAIMS))
    for number in range(REMEMBERED_TOKENS + 1):
        known._remember(f"token {number}", first)
    assert len(known._verified) == REMEMBERED_TOKENS
