"""`judgestream submit`: sends files, and follows the verdict where asked."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.live import Live

from judgestream import render
from judgestream.client import Client, Receipt
from judgestream.commands.options import (
    DEFAULT_URL,
    AsJson,
    ExitStatus,
    Token,
    Url,
    out,
    print_json,
    told_failures,
)
from judgestream.errors import Refused
from judgestream.follow import final, follow
from judgestream.languages import guess_language, known_suffixes
from judgestream.progress import Progress


def submit(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, help="Your program.")],
    problem: Annotated[str, typer.Option("--problem", "-p", help="The problem's id.")],
    contest: Annotated[str | None, typer.Option("--contest", "-c", help="Submit in this contest.")] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", "-l", help="A language's id; guessed from the suffix without it."),
    ] = None,
    entry_point: Annotated[str | None, typer.Option(help="Where the program begins, if the language asks.")] = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Follow it; exit status 0 only for AC.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds to wait for the verdict.")] = 300,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Submit a program."""
    with told_failures(as_json), Client(url, token) as client:
        receipt = client.submit(
            problem_id=problem,
            language=language or _guess(client, files[0]),
            files={path.name: path.read_bytes() for path in files},
            contest_id=contest,
            entry_point=entry_point,
        )
        if not wait:
            _tell_receipt(receipt, as_json)
        elif _follow(client, receipt, patience, as_json) != "AC":
            raise typer.Exit(ExitStatus.NOT_ACCEPTED)


def _guess(client: Client, path: Path) -> str:
    offered = client.languages()
    if guessed := guess_language(path.name, offered):
        return guessed
    known = ", ".join(known_suffixes(offered)) or "none: no executor is there yet"
    raise Refused(
        status=0,
        type="language-not-guessed",
        title=f"No language goes with {path.name}",
        detail=f"name one with --language; suffixes known now: {known}",
    )


def _tell_receipt(receipt: Receipt, as_json: bool) -> None:
    if as_json:
        print_json({"submission_id": receipt.submission_id, "position": receipt.position})
    else:
        out.print(receipt.submission_id)


def _follow(client: Client, receipt: Receipt, patience_s: float, as_json: bool) -> str:
    """Shows the progress (JSON: a line whenever it changed, the whole submission last) and answers the verdict."""
    screen = nullcontext(None) if as_json else Live(render.progress(Progress()), console=out, transient=True)
    with screen as picture:
        for now in follow(client, receipt.submission_id, patience_s=patience_s):
            if picture is not None:
                picture.update(render.progress(now))
            elif now.verdict is None:
                print_json({"state": now.state, "cases": list(now.cases)})
    whole = final(client, receipt.submission_id)
    if as_json:
        print_json(whole)
    else:
        out.print(render.submission(whole))
    return str(whole.get("verdict"))
