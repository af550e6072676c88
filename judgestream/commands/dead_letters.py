"""`judgestream dead-letters`: what was given up, and why (jury and admins)."""

from typing import Annotated

import typer

from judgestream import render
from judgestream.client import Client
from judgestream.commands.options import DEFAULT_URL, AsJson, Token, Url, out, print_json, told_failures

dead_letters = typer.Typer(help="Look after what was given up.", no_args_is_help=True)


@dead_letters.command("list")
def list_letters(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List dead letters, the newest first."""
    with told_failures(as_json), Client(url, token) as client:
        page = client.dead_letters(limit=limit, cursor=cursor)
        if as_json:
            print_json(page)
        else:
            out.print(render.dead_letters(page))


@dead_letters.command("show")
def show_letter(
    position: Annotated[str, typer.Argument(help="Where the letter stands, as the list says.")],
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with the record that was given up."""
    with told_failures(as_json), Client(url, token) as client:
        letter = client.dead_letter(position)
        if as_json:
            print_json(letter)
        else:
            out.print(render.dead_letter(letter))
