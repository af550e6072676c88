"""How read models look in a terminal."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

Json = Mapping[str, Any]

STATE: Final = {"running": "green", "paused": "yellow", "parked": "bold red", "waiting": "yellow", "stopped": "red"}


def projections(page: Json) -> RenderableType:
    """All read models, a line each."""
    table = Table(pad_edge=False, header_style="dim")
    for column in ("model", "state", "tables", "position", "lag", "seconds", "events/s", "task"):
        table.add_column(column, justify="left" if column in ("model", "state", "task") else "right", overflow="fold")
    for one in page["projections"]:
        table.add_row(
            Text(str(one["name"])),
            Text(str(one["state"]), style=STATE.get(one["state"], "")),
            f"g{one['generation']}",
            f"{one['position']:,}",
            f"{one['lag_events']:,}",
            f"{one['lag_s']:.1f}",
            f"{one['rate']:,.1f}",
            Text("" if one["task"] is None else task_line(one["task"])),
        )
    return table


def projection(one: Json) -> RenderableType:
    """One read model by partition, with its troubles."""
    table = Table(pad_edge=False, header_style="dim")
    for column in ("partition", "position", "end", "lag", "seconds", "events/s", ""):
        table.add_column(column, justify="left" if column in ("partition", "") else "right", overflow="fold")
    for part in one["partitions"]:
        parked = part["parked"]
        table.add_row(
            Text(f"{part['topic']}:{part['partition']}"),
            f"{part['position']:,}",
            f"{part['end']:,}",
            f"{part['lag_events']:,}",
            f"{part['lag_s']:.1f}",
            f"{part['rate']:,.1f}",
            Text("" if parked is None else f"parked at {parked['offset']}: {parked['detail']}", style="red"),
        )
    head = Text.assemble(
        (str(one["name"]), "bold"), "  ", (str(one["state"]), STATE.get(one["state"], "")), f"  g{one['generation']}"
    )
    return Group(head, *(Text(line) for line in _notes(one)), table)


def task_line(task: Json) -> str:
    """A rebuild or verification in a line."""
    told = f"{task['kind']} {task['state']}"
    if task["ended_at"] is None and task["total"]:
        told += f" {task['done']:,}/{task['total']:,}"
    if task["differing"]:
        told += f", {task['differing']} differ"
    return told


def pace(task: Json) -> str:
    """How fast it goes, or what it waits for."""
    if task["waits_for"]:
        return f"waits for {task['waits_for']}"
    return f"{task['rate']:,.0f}/s" if task["rate"] else ""


def ended(model: str, task: Json) -> RenderableType:
    """What a rebuild or verification came to, with what differs."""
    if not task:
        return Text(f"{model}: another task has taken its place", style="red")
    line = Text.assemble((model, "bold"), f" {task['kind']} {task['state']}")
    if task["error"]:
        line.append(f": {task['error']}", style="red")
    elif task["state"] == "done":
        line.append(
            f": {task['events']:,} events at {task['events_per_s']:,.0f}/s, "
            f"{task['compared']:,} partitions compared, {task['differing']:,} differ"
        )
    return Group(line, _differences(task)) if task["differences"] else line


def _differences(task: Json) -> Table:
    table = Table(pad_edge=False, header_style="dim")
    for column in ("table", "row", "column", "live", "by the log"):
        table.add_column(column, overflow="fold")
    for one in task["differences"]:
        cells = (one["table"], one["key"], one["column"] or "(row)", one["live"], one["replayed"])
        table.add_row(*(Text("—" if cell is None else str(cell)) for cell in cells))
    return table


def _notes(one: Json) -> list[str]:
    notes = []
    if one["paused"] is not None:
        notes.append(f"paused by {one['paused']['by']} at {one['paused']['at']}: {one['paused']['reason']}")
    if one["waits_for"]:
        notes.append(f"waits for {one['waits_for']}")
    if one["last_error"]:
        notes.append(f"last error at {one['last_error_at']}: {one['last_error']}")
    notes += [f"passes over {skip['position']} ({skip['by']}: {skip['reason']})" for skip in one["skipped"]]
    if one["task"] is not None:
        notes.append(f"{task_line(one['task'])} (asked for by {one['task']['requested_by']}: {one['task']['reason']})")
    return notes
