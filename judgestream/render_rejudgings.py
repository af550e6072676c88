"""How rejudgings look in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from judgestream.rejudgings import Decision, Standing, standing
from judgestream.render import STYLE, mebibytes, moment

Json = Mapping[str, Any]

DAY_S: Final = 86_400
ORDER: Final = tuple(STYLE)
"""Verdicts in the order in which a matrix shows them; others come last."""

NONE_YET: Final = "none"


def refusal(entry: Json) -> str:
    """A request that was decided against, in a line."""
    return f"{entry['asked']} refused: {entry['detail']}"


def decision(decided: Decision) -> RenderableType:
    """What was done, in a line that begins with the rejudging's id."""
    now = decided.rejudging
    event = str(decided.entry["event"])
    line = Text(f"{now['rejudging_id']} {event}")
    match event:
        case "opened" | "counted":
            line.append(f": {_submissions(now.get('selected'))}")
        case "applied" | "reverted":
            line.append(f": the current verdict of {_submissions(decided.entry.get('changed'))}")
    return line


def rejudgings(page: Json) -> RenderableType:
    """A page of rejudgings; the last line says how to go on."""
    if not page["rejudgings"]:
        return Text("no rejudgings", style="dim")
    table = Table(pad_edge=False, header_style="dim")
    for column in ("rejudging", "state", "done", "by", "reason"):
        table.add_column(column, overflow="fold", justify="right" if column == "done" else "left")
    for one in page["rejudgings"]:
        now = standing(one)
        told = (one["rejudging_id"], now.state, f"{now.done}/{now.total}", one["requested_by"], one["reason"])
        table.add_row(*(Text(str(cell or "")) for cell in told))
    return _with_cursor(table, page)


def rejudging(whole: Json) -> RenderableType:
    """One rejudging: what was asked for, how far it is, what was decided."""
    now = standing(whole)
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("rejudging", str(whole["rejudging_id"]))
    facts.add_row("state", Text(now.state, style="bold"))
    if whole.get("filter") is not None:  # what was asked of a rejudging that never was has none
        facts.add_row("asked by", Text(f"{whole['requested_by']}: {whole['reason']}"))
        facts.add_row("filter", Text(_given(whole["filter"]) or "every submission"))
        facts.add_row("override", Text(_given(whole["override"]) or "nothing: as they were judged"))
        facts.add_row("selected", f"{_submissions(whole.get('selected'))}, each judged {whole['repeats']}×")
        facts.add_row("done", ", ".join(filter(None, (f"{now.done} of {now.total}", pace(now)))))
        facts.add_row("contests", Text(", ".join(whole.get("contest_ids") or ())))
        facts.add_row(
            "cases", f"{whole.get('cases_stored') or 0} from stored outputs, {whole.get('cases_run') or 0} run"
        )
    for entry in whole.get("history") or ():
        facts.add_row(Text(str(entry["event"])), Text(_history(entry)))
    for entry in whole.get("refusals") or ():
        facts.add_row(Text("refused", style="red"), Text(f"{moment(entry['at'])} {refusal(entry)}"))
    for entry in whole.get("undecided") or ():
        facts.add_row(Text("asked", style="yellow"), Text(f"{moment(entry['at'])} {entry['asked']}, not decided yet"))
    return facts


def _history(entry: Json) -> str:
    """When, by whom, why, and what of it."""
    told = f"{moment(entry['at'])} by {entry.get('by') or 'nobody'}"
    told += f": {entry['reason']}" if entry.get("reason") else ""
    told += f" ({entry['changed']} changed)" if entry.get("changed") is not None else ""
    return told + (f", of {_given(entry['part'])}" if entry.get("part") else "")


def pace(now: Standing) -> str:
    """How fast it goes and how long it will take, as far as that is known."""
    told = [f"{now.total - now.done} left"] if now.total > now.done else []
    told += [f"{now.rate_per_s:.1f}/s"] if now.rate_per_s else []
    told += [f"{_duration(now.remaining_s)} to go"] if now.remaining_s else []
    return ", ".join(told)


def matrix(shown: Json) -> RenderableType:
    """Old verdicts down, new ones across; what stays the same stands on the dim diagonal."""
    counts = {(_name(row["old"]), _name(row["new"])): int(row["count"]) for row in shown["rows"]}
    if not counts:
        return Text("nothing was judged yet", style="dim")
    new = _ordered({new for _, new in counts})
    table = Table(pad_edge=False, header_style="dim")
    table.add_column("old \\ new")
    for name in new:
        table.add_column(Text(name, style=STYLE.get(name, "")), justify="right")
    for old in _ordered({old for old, _ in counts}):
        cells = (Text(str(counts.get((old, to), "")), style="dim" if old == to else "bold") for to in new)
        table.add_row(Text(old, style=STYLE.get(old, "")), *cells)
    if not shown.get("flaky"):
        return table
    return Group(table, Text(f"{shown['flaky']} flaky: changed although nothing was, or not the same twice"))


def changes(page: Json) -> RenderableType:
    """Submissions whose verdict is another one, with times and memory before and after."""
    if not page["changes"]:
        return Text("nothing changes", style="dim")
    table = Table(pad_edge=False, header_style="dim")
    for column in ("submission", "problem", "user", "verdict", "cpu", "memory", "cases", ""):
        table.add_column(column, overflow="fold", justify="right" if column in ("cpu", "memory") else "left")
    for row in page["changes"]:
        old, new = _name(row["old"]), _name(row["new"])
        verdicts = Text.assemble((old, STYLE.get(old, "")), " → ", (new, STYLE.get(new, "")))
        table.add_row(
            *(Text(str(row[name])) for name in ("submission_id", "problem_id", "user_id")),
            verdicts,
            _both(_milliseconds(row.get("old_cpu_time_ms")), _milliseconds(row.get("new_cpu_time_ms"))),
            _both(mebibytes(row.get("old_memory_bytes")), mebibytes(row.get("new_memory_bytes"))),
            Text(_cases(row)),
            Text(f"flaky: {' '.join(row.get('repeats') or ())}" if row.get("flaky") else "", style="yellow"),
        )
    return _with_cursor(table, page)


def diff(shown: Json) -> RenderableType:
    """What becomes of a board's teams: who rises, who falls."""
    if not shown["rows"]:
        return Text(f"the board of {shown['contest_id']} stays as it is", style="dim")
    table = Table(title=str(shown["contest_id"]), pad_edge=False, header_style="dim")
    for column in ("", "rank", "team", "solved", "penalty"):
        table.add_column(column, justify="left" if column in ("", "team") else "right")
    for row in shown["rows"]:
        table.add_row(
            _arrow(row.get("rank_before"), row.get("rank_after")),
            _both(row.get("rank_before"), row.get("rank_after")),
            Text(str(row["name"])),
            _both(row.get("solved_before"), row.get("solved_after")),
            _both(row.get("penalty_before"), row.get("penalty_after")),
        )
    return table


def _submissions(count: Any) -> str:
    return f"{int(count or 0)} submission{'' if count == 1 else 's'}"


def _given(value: Json, prefix: str = "") -> str:
    """What was given of a filter or an override, in a line."""
    told = []
    for name, part in value.items():
        if isinstance(part, Mapping):
            told.append(_given(part, f"{prefix}{name}."))
        elif isinstance(part, list | tuple):
            told.append(f"{prefix}{name}={','.join(map(str, part))}" if part else "")
        elif part is not None:
            told.append(f"{prefix}{name}={part}")
    return " ".join(filter(None, told))


def _name(verdict: Any) -> str:
    return NONE_YET if verdict is None else str(verdict)


def _ordered(names: set[str]) -> Sequence[str]:
    return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def _both(before: Any, after: Any) -> Text:
    """Before and after, once where they are the same."""
    old, new = ("" if value is None else str(value) for value in (before, after))
    return Text(new, style="dim") if old == new else Text(f"{old} → {new}")


def _arrow(before: Any, after: Any) -> Text:
    if before is None or after is None or before == after:
        return Text(" ")
    return Text("▲", style="green") if after < before else Text("▼", style="red")


def _cases(row: Json) -> str:
    """How its cases came about."""
    counts = {"stored": row.get("cases_stored"), "run": row.get("cases_run")}
    return ", ".join(f"{count} {how}" for how, count in counts.items() if count)


def _milliseconds(time_ms: Any) -> str:
    return "" if time_ms is None else f"{time_ms} ms"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def _with_cursor(table: Table, page: Json) -> RenderableType:
    if page.get("cursor") is None:
        return table
    return Group(table, Text(f"further ones: --cursor {page['cursor']}", style="dim"))
