"""`judgestream dead-letters`: what was given up, and why (jury and admins)."""

from typing import Annotated

import typer

from judgestream import render
from judgestream.client import Client, Json
from judgestream.commands.options import DEFAULT_URL, AsJson, Token, Url, out, print_json, told_failures
from judgestream.commands.rejudging_outcomes import ask_to_open
from judgestream.errors import Refused

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


@dead_letters.command()
def retry(
    positions: Annotated[list[str], typer.Argument(metavar="POSITION…", help="Where the letters stand.")],
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why it will go well now; it stays for ever.")],
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Follow it until all are judged.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds to wait for the decision.")] = 120,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Open a rejudging of the submissions whose JUDGE_ERROR the letters tell of; apply it when they are judged.

    Where a letter is of a rejudging's own judging, what that one overrides is overridden again.
    """
    ended: typer.Exit | None = None
    with told_failures(as_json), Client(url, token) as client:
        for wanted in _rejudgings_for(client, positions, reason):
            try:
                ask_to_open(client, wanted, wait=wait, patience_s=patience, as_json=as_json)
            except typer.Exit as refused:
                ended = refused
    if ended is not None:
        raise ended


def _rejudgings_for(client: Client, positions: list[str], reason: str) -> list[Json]:
    """What to ask for: one rejudging for all original judgings, one for those of each rejudging."""
    submissions: dict[str | None, dict[str, None]] = {}
    for position in positions:
        letter = client.dead_letter(position)
        if letter.get("submission_id") is None:
            raise Refused(
                status=0,
                type="no-submission",
                title=f"The letter at {position} is of no submission",
                detail="only a judging can be retried; show tells what it is of",
            )
        submissions.setdefault(letter.get("rejudging_id"), {})[letter["submission_id"]] = None
    return [_wanted(client, of, list(ids)) | {"reason": reason} for of, ids in submissions.items()]


def _wanted(client: Client, rejudging_id: str | None, submission_ids: list[str]) -> Json:
    if rejudging_id is None:
        return {"filter": {"submission_ids": submission_ids, "verdicts": ["JUDGE_ERROR"]}, "dry_run": False}
    before = client.rejudging(rejudging_id)
    return {
        "filter": {"submission_ids": submission_ids},
        "override": before["override"],
        "repeats": before["repeats"],
        "dry_run": False,
    }
