"""How commands ask for a rejudging, tell what was decided, and follow it."""

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from judgestream import render_rejudgings as render
from judgestream.client import Client, Json
from judgestream.commands.options import ExitStatus, err, out, print_json
from judgestream.rejudgings import Decision, await_decision, follow, standing


def ask_to_open(client: Client, wanted: Json, *, wait: bool, patience_s: float, as_json: bool) -> None:
    """Asks, tells what was decided, and follows it to its end where that is wanted."""
    asked = client.open_rejudging(wanted)
    decision = await_decision(client, asked["rejudging_id"], asked["position"], patience_s=patience_s)
    if decision.refused or not wait or wanted["dry_run"]:
        tell_decision(decision, as_json)
        return
    if not as_json:
        out.print(render.decision(decision))
    follow_to_end(client, decision.rejudging, patience_s=render.DAY_S, as_json=as_json)


def tell_decision(decision: Decision, as_json: bool) -> None:
    """Prints it (JSON: the whole rejudging); ends with status 1 where the request was decided against."""
    if as_json:
        print_json(decision.rejudging)
    elif decision.refused:
        err.print(render.refusal(decision.entry), style="red", markup=False)
    else:
        out.print(render.decision(decision))
    if decision.refused:
        raise typer.Exit(ExitStatus.NOT_ACCEPTED)


def follow_to_end(client: Client, rejudging: Json, *, patience_s: float, as_json: bool) -> None:
    """Shows how far it is (JSON: a line whenever that changed) until nothing of it is judged, and what came of it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    last = rejudging
    with Progress(*columns, console=out, transient=True, disable=as_json) as bar:
        task = bar.add_task(str(rejudging["state"]), total=None, pace="")
        for last in follow(client, str(rejudging["rejudging_id"]), patience_s=patience_s):
            now = standing(last)
            bar.update(task, description=now.state, completed=now.done, total=now.total, pace=render.pace(now))
            if as_json:
                print_json(last)
    if not as_json:
        out.print(render.rejudging(last))
