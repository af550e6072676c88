"""Signing tokens with the local key."""

from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from judgestream.__main__ import main
from judgestream.tokens import sign


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "token.pem"
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_a_token_says_who_and_what_and_until_when(key: Path) -> None:
    now = datetime(2026, 9, 1, tzinfo=UTC)
    signed = sign(key, "ada", name="Ada", roles=["user", "jury"], now=now)
    assert jwt.get_unverified_header(signed)["alg"] == "EdDSA"
    claims = jwt.decode(signed, options={"verify_signature": False})
    assert claims["sub"] == "ada"
    assert claims["roles"] == ["user", "jury"]
    assert claims["exp"] - claims["iat"] == 12 * 3600
    assert (claims["iss"], claims["aud"]) == ("judgestream", "judgestream")


@pytest.mark.parametrize(
    ("arguments", "told"), [(["--role", "king"], "unknown role king"), (["--key", "/nowhere"], "cannot be used")]
)
def test_what_cannot_be_signed_is_refused_in_a_line(key: Path, arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(main, ["token", "ada", "--key", str(key), *arguments])
    assert result.exit_code == 2
    assert told in result.output
