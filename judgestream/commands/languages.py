"""`judgestream languages`: what executors offer now; `install` builds the images of further languages in a checkout."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from judgestream import render
from judgestream.client import Client
from judgestream.commands.options import (
    DEFAULT_URL,
    AsJson,
    ExitStatus,
    Token,
    Url,
    err,
    out,
    print_json,
    told_failures,
)

SET_UP: Final = "deploy.setup"
SET_UP_FILE: Final = Path("deploy", "setup", "languages.py")
"""By which a checkout is known."""

languages = typer.Typer(help="List languages, and install more of them.", invoke_without_command=True)


@languages.callback()
def list_languages(
    context: typer.Context, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False
) -> None:
    """List the languages that may be submitted in now, each with its compiler's version."""
    if context.invoked_subcommand:
        return
    with told_failures(as_json), Client(url, token) as client:
        offered = client.languages()
        if as_json:
            print_json(offered)
        else:
            out.print(render.languages(offered))


@languages.command()
def install(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Languages' ids, or `all`.")],
) -> None:
    """Build the images of further languages; run it inside a checkout of judgestream on the executor's machine."""
    here = Path.cwd()
    checkout = next((folder for folder in (here, *here.parents) if (folder / SET_UP_FILE).is_file()), None)
    if checkout is None:
        err.print(f"{here} is in no checkout of judgestream: images are built in one", style="red", markup=False)
        raise typer.Exit(ExitStatus.REFUSED)
    python = shutil.which("python3.11") or sys.executable
    done = subprocess.run([python, "-m", SET_UP, "languages", *names], cwd=checkout, check=False)
    if done.returncode:
        raise typer.Exit(ExitStatus.REFUSED)
    out.print("installed; an executor offers them from its next start on")
