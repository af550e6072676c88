"""`judgestream token`: signs a token with the local key."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from judgestream.commands.options import AsJson, ExitStatus, err, out, print_json
from judgestream.tokens import ROLES, sign


def token(
    user: Annotated[str, typer.Argument(help="The user's id, as it will stand in the log.")],
    key: Annotated[Path, typer.Option("--key", envvar="JUDGESTREAM_TOKEN_PRIVATE_KEY", help="The private key (PEM).")],
    role: Annotated[
        list[str] | None, typer.Option("--role", "-r", help=f"One of {', '.join(ROLES)}; repeat it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name that is shown; the id without it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sign a token for a user, good for 12 hours."""
    roles = role or ["user"]
    if unknown := sorted(set(roles) - set(ROLES)):
        err.print(f"unknown role {', '.join(unknown)}; there are {', '.join(ROLES)}", style="red", markup=False)
        raise typer.Exit(ExitStatus.REFUSED)
    try:
        signed = sign(key, user, name=name or user, roles=roles, now=datetime.now(UTC))
    except (OSError, ValueError) as error:
        err.print(f"the key {key} cannot be used: {error}", style="red", markup=False)
        raise typer.Exit(ExitStatus.REFUSED) from error
    if as_json:
        print_json({"token": signed})
    else:
        out.out(signed)
