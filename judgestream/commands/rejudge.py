"""`judgestream rejudge`: judges again what a filter selects, and looks at it before anybody else does (jury)."""

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from judgestream import render_rejudgings as render
from judgestream.client import Client, Json
from judgestream.commands import submission_filters as of
from judgestream.commands.options import DEFAULT_URL, AsJson, Token, Url, out, print_json, told_failures
from judgestream.commands.rejudging_outcomes import ask_to_open, follow_to_end, tell_decision
from judgestream.commands.submission_filters import given
from judgestream.errors import Refused
from judgestream.rejudgings import await_decision

MEBIBYTE: Final = 2**20

rejudge = typer.Typer(help="Judge again, look at the effect, apply it, take it back (jury).", no_args_is_help=True)

Rejudging = Annotated[str, typer.Argument(metavar="REJUDGING", help="The rejudging's id.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why, in a line; it stays with the rejudging for ever.")]
Patience = Annotated[float, typer.Option("--patience", help="Seconds to wait for the decision.")]
Page = Annotated[int, typer.Option(min=1, max=200, help="How many at most.")]
Cursor = Annotated[str | None, typer.Option(help="Where the page before ended.")]


@rejudge.command("open")
def open_one(
    reason: Reason,
    submission: of.Submissions = None,
    problem: of.Problems = None,
    contest: of.Contests = None,
    language: of.Languages = None,
    user: of.Users = None,
    team: of.Teams = None,
    verdict: of.Verdicts = None,
    executor: of.Executors = None,
    image_digest: of.ImageDigests = None,
    compiler: of.Compilers = None,
    software: of.Software = None,
    from_: of.From = None,
    before: of.Before = None,
    everything: Annotated[bool, typer.Option("--all", help="Where no filter is meant: every submission.")] = False,
    revision: Annotated[str | None, typer.Option(help="Judge by that revision of the problem.")] = None,
    cpu_ms: Annotated[int | None, typer.Option(help="Another limit of CPU time, in milliseconds.")] = None,
    memory_mib: Annotated[int | None, typer.Option(help="Another limit of memory, in MiB.")] = None,
    output_bytes: Annotated[int | None, typer.Option(help="Another limit of output, in bytes.")] = None,
    wall_ms: Annotated[int | None, typer.Option(help="Another limit of wall time, in milliseconds.")] = None,
    comparison: Annotated[str | None, typer.Option(help="Another comparison: tokens, exact or float.")] = None,
    absolute: Annotated[float | None, typer.Option(help="Absolute tolerance of float.")] = None,
    relative: Annotated[float | None, typer.Option(help="Relative tolerance of float.")] = None,
    all_cases: Annotated[
        bool | None, typer.Option("--all-cases/--stop-at-failure", help="Whether judging goes on after a failure.")
    ] = None,
    image: Annotated[str | None, typer.Option(help="Compile and run in that image.")] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="Before other rejudgings.")] = False,
    repeats: Annotated[int, typer.Option(help="How often each is judged, to find flaky tests.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the submissions.")] = False,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Follow it until all are judged.")] = False,
    patience: Patience = 120,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Open a rejudging. What is current stays so until it is applied."""
    wanted_filter = of.filter_of(locals())
    if not wanted_filter and not everything:
        raise typer.BadParameter("it restricts nothing: name some submissions, or say --all", param_hint="the filter")
    override = {
        "problem_revision": revision,
        "limits": given(
            {
                "cpu_time_ms": cpu_ms,
                "memory_bytes": None if memory_mib is None else memory_mib * MEBIBYTE,
                "output_bytes": output_bytes,
                "wall_time_ms": wall_ms,
            }
        ),
        "comparison": given({"kind": comparison, "absolute": absolute, "relative": relative}),
        "all_cases": all_cases,
        "image": image,
    }
    wanted: Json = {
        "filter": wanted_filter,
        "override": given(override),
        "reason": reason,
        "priority": "urgent" if urgent else "normal",
        "repeats": repeats,
        "everything": everything,
        "dry_run": dry_run,
    }
    with told_failures(as_json), Client(url, token) as client:
        ask_to_open(client, wanted, wait=wait, patience_s=patience, as_json=as_json)


@rejudge.command("list")
def list_all(
    limit: Page = 20, cursor: Cursor = None, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False
) -> None:
    """List rejudgings, the newest first."""
    _show(url, token, as_json, lambda client: client.rejudgings(limit=limit, cursor=cursor), render.rejudgings)


@rejudge.command()
def show(rejudging: Rejudging, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """Show a rejudging: what was asked for, how far it is, what was decided."""
    _show(url, token, as_json, lambda client: client.rejudging(rejudging), render.rejudging)


@rejudge.command()
def matrix(rejudging: Rejudging, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """Show how many submissions go from which verdict to which."""
    _show(url, token, as_json, lambda client: client.rejudging_matrix(rejudging), render.matrix)


@rejudge.command()
def changes(
    rejudging: Rejudging,
    limit: Page = 50,
    cursor: Cursor = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List the submissions whose verdict is another one."""
    _show(
        url,
        token,
        as_json,
        lambda client: client.rejudging_changes(rejudging, limit=limit, cursor=cursor),
        render.changes,
    )


@rejudge.command()
def diff(
    rejudging: Rejudging,
    contest: Annotated[str | None, typer.Option("--contest", "-c", help="Which one, where it is of several.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show what applying it would do to a contest's board."""

    def read(client: Client) -> Json:
        return client.rejudging_diff(rejudging, contest_id=contest or _only_contest(client, rejudging))

    _show(url, token, as_json, read, render.diff)


@rejudge.command()
def follow(
    rejudging: Rejudging,
    patience: Annotated[float, typer.Option("--patience", help="Seconds to follow it.")] = 86_400,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Follow a rejudging until all is judged."""
    with told_failures(as_json), Client(url, token) as client:
        follow_to_end(client, client.rejudging(rejudging), patience_s=patience, as_json=as_json)


@rejudge.command()
def apply(
    rejudging: Rejudging,
    reason: Reason,
    submission: of.Submissions = None,
    problem: of.Problems = None,
    contest: of.Contests = None,
    language: of.Languages = None,
    user: of.Users = None,
    team: of.Teams = None,
    verdict: of.Verdicts = None,
    executor: of.Executors = None,
    image_digest: of.ImageDigests = None,
    compiler: of.Compilers = None,
    software: of.Software = None,
    from_: of.From = None,
    before: of.Before = None,
    patience: Patience = 120,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make its verdicts current: all of them, or those of the part that a filter selects."""
    part = of.filter_of(locals())
    _change(url, token, as_json, rejudging, "apply", reason, patience, part or None)


def _changing(change: str, told: str) -> Callable[..., None]:
    """The command that asks for that change of the whole rejudging."""

    def command(
        rejudging: Rejudging,
        reason: Reason,
        patience: Patience = 120,
        url: Url = DEFAULT_URL,
        token: Token = None,
        as_json: AsJson = False,
    ) -> None:
        _change(url, token, as_json, rejudging, change, reason, patience, None)

    command.__doc__ = told
    return command


for _name, _told in (
    ("cancel", "Give it up before it is applied; none of its verdicts will ever be current."),
    ("revert", "Take it back after it was applied; later ones on top of it stay."),
    ("pause", "Judge nothing more of it until it is resumed."),
    ("resume", "Go on with what was paused."),
):
    rejudge.command(_name)(_changing(_name, _told))


def _change(
    url: str,
    token: str | None,
    as_json: bool,
    rejudging_id: str,
    change: str,
    reason: str,
    patience_s: float,
    part: Json | None,
) -> None:
    with told_failures(as_json), Client(url, token) as client:
        asked = client.change_rejudging(rejudging_id, change, reason=reason, part=part)
        decision = await_decision(client, asked["rejudging_id"], asked["position"], patience_s=patience_s)
        tell_decision(decision, as_json)


def _show(
    url: str, token: str | None, as_json: bool, read: Callable[[Client], Json], picture: Callable[[Json], Any]
) -> None:
    with told_failures(as_json), Client(url, token) as client:
        answer = read(client)
        if as_json:
            print_json(answer)
        else:
            out.print(picture(answer))


def _only_contest(client: Client, rejudging_id: str) -> str:
    contests = [str(contest) for contest in client.rejudging(rejudging_id).get("contest_ids") or ()]
    if len(contests) == 1:
        return contests[0]
    raise Refused(
        status=0,
        type="contest-not-named",
        title="Which contest?" if contests else "No contest",
        detail=f"name one with --contest: {', '.join(contests)}" if contests else "it has no submissions of a contest",
    )
