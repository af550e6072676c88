"""`judgestream board`: a contest's board."""

from typing import Annotated

import typer

from judgestream import render
from judgestream.client import Client
from judgestream.commands.options import DEFAULT_URL, AsJson, Token, Url, out, print_json, told_failures


def board(
    contest: Annotated[str, typer.Argument(help="The contest's id.")],
    jury: Annotated[bool, typer.Option("--jury", help="The board without a freeze (jury only).")] = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show a contest's board as it is now."""
    with told_failures(as_json), Client(url, token) as client:
        shown = client.board(contest, jury=jury)
        if as_json:
            print_json(shown)
        else:
            out.print(render.board(shown))
