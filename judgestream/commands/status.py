"""`judgestream status`: how the whole system is (jury and admins)."""

import time
from typing import Annotated, Final

import typer
from rich.live import Live

from judgestream import render_status
from judgestream.client import Client
from judgestream.commands.options import DEFAULT_URL, AsJson, Token, Url, out, print_json, told_failures

EVERY_S: Final = 2.0


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show it again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks of --watch.")] = EVERY_S,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show lanes, executors, read models, stalled judgings, rejudgings under way and dead letters."""
    with told_failures(as_json), Client(url, token) as client:
        if not watch:
            told = client.status()
            if as_json:
                print_json(told)
            else:
                out.print(render_status.status(told))
            return
        try:
            _watch(client, every, as_json=as_json)
        except KeyboardInterrupt:
            return


def _watch(client: Client, every_s: float, *, as_json: bool) -> None:
    if as_json:
        while True:
            print_json(client.status())
            time.sleep(every_s)
    with Live(console=out, screen=False, auto_refresh=False) as live:
        while True:
            live.update(render_status.status(client.status()), refresh=True)
            time.sleep(every_s)
