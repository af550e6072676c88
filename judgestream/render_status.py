"""How the system's status looks in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

Json = Mapping[str, Any]

LATE_S: Final = 60
"""A job that has waited so long is shown in colour."""

BEHIND: Final = 1000
"""So has a read model that is so many records behind."""


def status(told: Json) -> RenderableType:
    """The whole picture, its most urgent parts in colour."""
    parts = [
        Text(f"at {str(told['at'])[:19].replace('T', ' ')}", style="dim"),
        _lanes(told["lanes"]),
        _executors(told["executors"]),
        _projections(told["projections"]),
        *_rejudgings(told["rejudgings"]),
        *_stalls(told["stalls"]),
        _counted("dead letters in the last day", told["dead_letters"]["last_day"]),
    ]
    return Group(*parts)


def _lanes(lanes: Sequence[Json]) -> Table:
    table = _table("lane", "jobs", "oldest waits", "by partition: jobs (who reads it)")
    for lane in lanes:
        waiting = [part for part in lane["partitions"] if part["outstanding"]]
        where = ", ".join(f"{it['partition']}: {it['outstanding']} ({it['executor'] or 'nobody'})" for it in waiting)
        oldest = lane["oldest_s"]
        late = oldest is not None and oldest >= LATE_S
        table.add_row(
            lane["lane"], str(lane["outstanding"]), Text(_ago(oldest), style="bold red" if late else ""), where
        )
    return table


def _executors(executors: Sequence[Json]) -> RenderableType:
    if not executors:
        return Text("no executor reports: nothing is judged", style="bold red")
    table = _table("executor", "busy", "calibration", "languages", "reported")
    for one in executors:
        name = Text(str(one["executor_id"]))
        if one["why_aside"]:
            name.append(f" aside: {one['why_aside']}", style="yellow")
        languages = ", ".join(map(str, one["languages"]))
        told = (f"{one['busy']}/{one['slots']}", _calibration(one["calibration"]), languages)
        table.add_row(name, *told, f"{_ago(one['reported_s_ago'])} ago")
    return table


def _projections(projections: Sequence[Json]) -> Table:
    table = _table("read model", "records behind", "of")
    for one in projections:
        behind = ", ".join(f"{topic} {lag}" for topic, lag in one["topics"].items() if lag)
        table.add_row(one["model"], Text(str(one["lag"]), style="bold red" if one["lag"] >= BEHIND else ""), behind)
    return table


def _rejudgings(rejudgings: Sequence[Json]) -> list[RenderableType]:
    if not rejudgings:
        return []
    table = _table("rejudging", "state", "done", "left for")
    for one in rejudgings:
        done = f"{one['done']}/{'?' if one['total'] is None else one['total']}"
        table.add_row(one["rejudging_id"], one["state"], done, _ago(one["remaining_s"]))
    return [table]


def _stalls(stalls: Json) -> list[RenderableType]:
    counted = _counted("judgings that stood still in the last day", stalls["last_day"])
    if not stalls["newest"]:
        return [counted]
    counted.append(
        f", {stalls['standing']} of them where they still stand", style="bold red" if stalls["standing"] else ""
    )
    table = _table("submission", "attempt", "by", "stood", "answer", "job")
    for one in stalls["newest"]:
        job = Text(str(one["job"]), style="bold red" if one["stands"] else "dim")
        told = (str(one["attempt"]), str(one["executor_id"] or "nobody"), f"{one['stood_s']} s")
        table.add_row(one["submission_id"], *told, str(one["answer"]).replace("_", " "), job)
    return [counted, table]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _counted(what: str, number: int) -> Text:
    return Text(f"{what}: {number}", style="yellow" if number else "dim")


def _calibration(measured: Json | None) -> str:
    if measured is None:
        return ""
    arithmetic_ms, memory_ms = (measured[name] / 1e6 for name in ("arithmetic_ns", "memory_access_ns"))
    return f"{arithmetic_ms:.1f} ms, {memory_ms:.1f} ms"


def _ago(seconds: float | None) -> str:
    """A length of time, in the unit that fits."""
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
