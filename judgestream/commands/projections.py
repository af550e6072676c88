"""`judgestream projections`: looks after read models (admins): rebuild, verify, pause, pass over."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Final

import typer
from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from judgestream import render_projections as render
from judgestream.client import Client, Json
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

LOOK_EVERY_S: Final = 0.5

projections = typer.Typer(help="Look after read models (admins).", no_args_is_help=True)

Model = Annotated[str, typer.Argument(metavar="MODEL", help="The read model's name, as `list` shows it.")]
Models = Annotated[list[str] | None, typer.Argument(metavar="MODEL…", help="Names of read models.")]
All = Annotated[bool, typer.Option("--all", help="All read models, one after the other.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why, in a line.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Only ask; `status` tells how far it is.")]


@projections.command("list")
def list_all(url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """List the read models: state, lag, rate, and the last rebuild or verification of each."""
    _show(url, token, as_json, Client.projections, render.projections)


@projections.command()
def status(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="One of them, with all partitions.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show position, end, lag, rate and troubles: of all models, or of one by partition."""
    if model is None:
        _show(url, token, as_json, Client.projections, render.projections)
    else:
        _show(url, token, as_json, lambda client: client.projection(model), render.projection)


@projections.command()
def rebuild(
    models: Models = None,
    everything: All = False,
    reason: Reason = "asked for on the command line",
    only_if_equal: Annotated[
        bool, typer.Option("--only-if-equal", help="Let the new tables serve only if they are as the old ones.")
    ] = False,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Go on where the log has forgotten what the old tables still hold.")
    ] = False,
    no_wait: NoWait = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make a model's tables anew beside those that serve, compare both, and let the new ones serve."""
    body: Json = {"reason": reason, "only_if_equal": only_if_equal, "accept_loss": accept_loss}
    with told_failures(as_json), Client(url, token) as client:
        _work(client, _wanted(client, models, everything), "rebuild", body, wait=not no_wait, as_json=as_json)


@projections.command()
def verify(
    models: Models = None,
    everything: All = False,
    reason: Reason = "asked for on the command line",
    no_wait: NoWait = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Replay the log beside a model, compare row by row and show what differs; status 1 where anything does."""
    with told_failures(as_json), Client(url, token) as client:
        wanted = _wanted(client, models, everything)
        _work(client, wanted, "verify", {"reason": reason}, wait=not no_wait, as_json=as_json)


@projections.command()
def cancel(model: Model, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """End a rebuild or a verification; nothing has changed then."""
    _order(url, token, as_json, model, "cancel", {})


@projections.command()
def pause(model: Model, reason: Reason, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """Let a model stand still until `resume`, over restarts too."""
    _order(url, token, as_json, model, "pause", {"reason": reason})


@projections.command()
def resume(model: Model, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """Let a paused model go on; where partitions are parked, try them again."""
    _order(url, token, as_json, model, "resume", {})


@projections.command()
def skip(
    model: Model,
    position: Annotated[str, typer.Argument(metavar="TOPIC:PARTITION:OFFSET", help="Where the model is parked.")],
    reason: Reason,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Let a parked model pass over the record that it stands at; the record goes to the dead letters."""
    _order(url, token, as_json, model, "skip", {"position": position, "reason": reason})


def _show(
    url: str,
    token: str | None,
    as_json: bool,
    look: Callable[[Client], Json],
    rendered: Callable[[Json], RenderableType],
) -> None:
    with told_failures(as_json), Client(url, token) as client:
        found = look(client)
        if as_json:
            print_json(found)
        else:
            out.print(rendered(found))


def _order(url: str, token: str | None, as_json: bool, model: str, order: str, body: Json) -> None:
    _show(url, token, as_json, lambda client: client.order_projection(model, order, body), render.projection)


def _wanted(client: Client, models: list[str] | None, everything: bool) -> list[str]:
    if bool(models) == everything:
        raise typer.BadParameter("name read models, or say --all")
    return models or [str(one["name"]) for one in client.projections()["projections"]]


def _work(client: Client, models: Sequence[str], kind: str, body: Json, *, wait: bool, as_json: bool) -> None:
    """Asks for one after the other and follows each to its end; the worst one makes the status."""
    is_good = True
    for model in models:
        asked = client.order_projection(model, kind, body)
        if not wait:
            out.print(f"{model}: asked for", highlight=False) if not as_json else print_json(asked)
            continue
        ended = _followed(client, model, str(asked["task"]["task_id"]), as_json=as_json)
        if as_json:
            print_json(ended)
        else:
            out.print(render.ended(model, ended))
        failed = ended["state"] != "done" or (kind == "verify" and ended["differing"])
        is_good = is_good and not failed
    if not is_good:
        err.print("not all is well", style="red")
        raise typer.Exit(ExitStatus.NOT_ACCEPTED)


def _followed(client: Client, model: str, task_id: str, *, as_json: bool) -> Json:
    """Shows how far it is until it has ended; the task as it was then."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        TimeRemainingColumn(),
    )
    last: Json = {}
    with Progress(*columns, console=out, transient=True, disable=as_json) as bar:
        shown = bar.add_task(model, total=None, pace="")
        for last in _states(client, model, task_id):
            bar.update(
                shown,
                description=f"{model} {last['state']}",
                completed=last["done"],
                total=last["total"] or None,
                pace=render.pace(last),
            )
    return last


def _states(client: Client, model: str, task_id: str) -> Iterator[Json]:
    while True:
        task = client.projection(model)["task"]
        if task is None or task["task_id"] != task_id:
            return
        yield task
        if task["ended_at"] is not None:
            return
        time.sleep(LOOK_EVERY_S)
