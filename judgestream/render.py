"""How submissions, boards and dead letters look in a terminal."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from judgestream.progress import Progress

Json = Mapping[str, Any]

STYLE: Final = {
    "AC": "bold green",
    "WA": "bold red",
    "TLE": "bold yellow",
    "MLE": "bold magenta",
    "OLE": "bold magenta",
    "RTE": "bold red",
    "CE": "bold cyan",
    "JUDGE_ERROR": "bold white on red",
}
WORDS: Final = {
    "AC": "accepted",
    "WA": "wrong answer",
    "TLE": "time limit exceeded",
    "MLE": "memory limit exceeded",
    "OLE": "output limit exceeded",
    "RTE": "run-time error",
    "CE": "compile error",
    "JUDGE_ERROR": "judge error: ours, not yours",
}
CASES_IN_A_ROW: Final = 16
SHOWN_BYTES: Final = 1024
"""How much of a dead record is shown to a person."""


def verdict(code: str) -> Text:
    """A verdict in its colour and in words."""
    return Text(f"{code} {WORDS.get(code, '')}".rstrip(), style=STYLE.get(code, "bold"))


def heading(now: Progress) -> Text:
    """The verdict, or how far it is."""
    if now.verdict:
        return verdict(now.verdict)
    return Text(f"{now.state} {len(now.cases) or ''}".rstrip(), style="dim")


def progress(now: Progress) -> RenderableType:
    """The running picture: a chip for each case, then the verdict."""
    chips = Text()
    for number, case in enumerate(now.cases):
        chips.append("\n" if number and number % CASES_IN_A_ROW == 0 else "")
        chips.append(f"{case['verdict']} ", style=STYLE.get(str(case["verdict"]), ""))
    return Group(heading(now), chips) if now.cases else heading(now)


def submission(whole: Json) -> RenderableType:
    """A judged submission: verdict, peaks, the cases, what the compiler said."""
    code = str(whole.get("verdict") or whole.get("state"))
    title = verdict(code)
    if whole.get("cpu_time_ms") is not None and code not in ("CE", "JUDGE_ERROR"):
        title.append(f"  {whole['cpu_time_ms']} ms, {mebibytes(whole.get('memory_bytes'))}", style="dim")
    parts: list[RenderableType] = [title]
    if cases := whole.get("cases"):
        parts.append(_cases(cases))
    if whole.get("compiler_output") and code == "CE":
        parts.append(Text(str(whole["compiler_output"]), style="dim"))
    return Group(*parts)


def board(shown: Json) -> RenderableType:
    """A board as a table, one row per team."""
    labels = [str(problem["label"]) for problem in shown.get("problems", ())] or _labels(shown["rows"])
    then = f", as it was at {moment(shown['at'])}" if shown.get("at") else ""
    table = Table(title=f"{shown.get('name') or shown['contest_id']}: {shown['state']}{then}")
    for column in ("rank", "team", "solved", "penalty", *labels):
        table.add_column(column, justify="left" if column == "team" else "right")
    for row in shown["rows"]:
        cells = {str(cell["label"]): cell for cell in row["cells"]}
        table.add_row(
            str(row["rank"]),
            Text(str(row["name"])),
            str(row["solved"]),
            str(row["penalty_minutes"]),
            *(_cell(cells.get(label)) for label in labels),
        )
    return table


def languages(offered: Sequence[Json]) -> RenderableType:
    """The languages that may be submitted in, one a row."""
    if not offered:
        return Text("no languages: no executor is there yet")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("language", "name", "compiler", "suffixes"):
        table.add_column(column, overflow="fold")
    for one in offered:
        suffixes = " ".join(f".{str(suffix).lstrip('.')}" for suffix in one.get("suffixes", ()))
        table.add_row(*(Text(str(told)) for told in (one["language"], one["name"], one["compiler_version"], suffixes)))
    return table


def dead_letters(page: Json) -> RenderableType:
    """A page of dead letters; the last line says how to go on."""
    if not page["dead_letters"]:
        return Text("no dead letters", style="dim")
    table = Table(pad_edge=False, header_style="dim")
    for column in ("letter", "given up", "record", "reason", "by", "why"):
        table.add_column(column, overflow="fold")
    for line in page["dead_letters"]:
        cells = (line["position"], moment(line["given_up_at"]), line["source"], line["reason"], line["given_up_by"])
        table.add_row(*(Text(str(cell or "")) for cell in cells), Text(str(line["detail"])))
    if page["cursor"] is None:
        return table
    return Group(table, Text(f"older ones: --cursor {page['cursor']}", style="dim"))


def dead_letter(letter: Json) -> RenderableType:
    """A dead letter: what is known of it, and the beginning of the record as a hex dump."""
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    for name in ("position", "given_up_at", "source", "reason", "detail", "given_up_by", "value_bytes"):
        facts.add_row(name.replace("_", " "), Text(str(letter[name] if letter[name] is not None else "")))
    if letter.get("submission_id") is not None:
        facts.add_row("submission", Text(f"{letter['submission_id']} (judgestream dead-letters retry)"))
    if letter["key"] is not None:
        facts.add_row("key", Text(repr(b64decode(letter["key"]))))
    value = b64decode(letter["value"])
    parts: list[RenderableType] = [facts, Text(_hex_dump(value[:SHOWN_BYTES]))]
    if len(value) > SHOWN_BYTES:
        parts.append(Text(f"… {len(value) - SHOWN_BYTES} more bytes; --json has them all", style="dim"))
    return Group(*parts)


def _hex_dump(content: bytes) -> str:
    """Sixteen bytes a line: offset, hex, and what can be read."""
    lines = []
    for at in range(0, len(content), 16):
        part = content[at : at + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{at:06x}  {part.hex(' '):<47}  {text}")
    return "\n".join(lines)


def moment(text: Any) -> str:
    """A time to the second, as it came: UTC."""
    return str(text)[:19].replace("T", " ")


def _cases(cases: Sequence[Json]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("case", "verdict", "cpu", "wall", "memory", ""):
        table.add_column(column, justify="right" if column in ("cpu", "wall", "memory") else "left")
    for case in cases:
        code = str(case["verdict"])
        times = (f"{case[name]} ms" for name in ("cpu_time_ms", "wall_time_ms"))
        name = Text(str(case["case"]))
        how = Text("not run again" if case.get("from_stored_output") else "", style="dim")
        table.add_row(name, Text(code, style=STYLE.get(code, "")), *times, mebibytes(case["memory_bytes"]), how)
    return table


def _cell(cell: Json | None) -> Text:
    if cell is None or not (cell["attempts"] or cell["pending"]):
        return Text("")
    if cell.get("solved_at_minute") is not None:
        style = "bold white on green" if cell.get("first") else "green"
        return Text(f"{'★' if cell.get('first') else '+'}{cell['attempts']} {cell['solved_at_minute']}′", style=style)
    if cell["pending"]:
        return Text(f"?{cell['attempts']}+{cell['pending']}", style="blue")
    return Text(f"-{cell['attempts']}", style="red")


def _labels(rows: Sequence[Json]) -> list[str]:
    return sorted({str(cell["label"]) for row in rows for cell in row["cells"]})


def mebibytes(size_bytes: Any) -> str:
    """A size in MiB; nothing for None."""
    return "" if size_bytes is None else f"{int(size_bytes) / 2**20:.1f} MiB"
