"""`judgestream board`: a contest's board, now or then."""

from datetime import datetime
from typing import Annotated

import typer

from judgestream import render
from judgestream.client import Client
from judgestream.commands.options import DEFAULT_URL, AsJson, Token, Url, out, print_json, told_failures
from judgestream.moments import into_contest, moment


def board(
    contest: Annotated[str, typer.Argument(help="The contest's id.")],
    jury: Annotated[bool, typer.Option("--jury", help="The board without a freeze (jury only).")] = False,
    at: Annotated[
        str | None,
        typer.Option(help="As it was then: 2026-11-21T14:00 (local, or with Z or +01:00), or +1:30 into the contest."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show a contest's board as it is now, or as it was at any moment."""
    with told_failures(as_json), Client(url, token) as client:
        shown = client.board(contest, jury=jury, at=None if at is None else _moment(client, contest, at))
        if as_json:
            print_json(shown)
        else:
            out.print(render.board(shown))


def _moment(client: Client, contest: str, at: str) -> str:
    starts_at = None
    if into_contest(at) is not None:
        starts_at = datetime.fromisoformat(client.contest(contest)["starts_at"])
    try:
        return moment(at, starts_at=starts_at)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint="--at") from None
