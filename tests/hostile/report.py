"""The table of what every attack got and left behind, as a person reads it and as a program does."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from tests.hostile.arena import Result

COLUMNS = ("attack", "what", "language", "sandbox", "verdict", "expected", "CPU ms", "wall ms", "MiB", "left behind")


def table(results: Iterable[Result]) -> Iterator[str]:
    """The rows as Markdown, in the catalogue's order."""
    yield _row(COLUMNS)
    yield _row(["---"] * len(COLUMNS))
    for result in sorted(results, key=lambda result: (int(result.id[1:]), result.kind)):
        yield _row(_cells(result))
        for wrong in result.wrong:
            yield f"  WRONG {result.id} {result.name} ({result.kind}): {wrong}"


def summary(results: list[Result]) -> str:
    """How many there were and how many of them were not contained."""
    bad = [result for result in results if result.wrong or result.left]
    attacks = len({result.id for result in results})
    return f"{attacks} attacks in {len(results)} forms, {len(bad)} not contained"


def as_json(result: Result) -> str:
    """One line."""
    return json.dumps(asdict(result))


def _cells(result: Result) -> list[str]:
    figures = [f"{result.cpu_time_ms:.1f}", f"{result.wall_time_ms:.1f}", f"{result.memory_bytes / 2**20:.1f}"]
    left = ", ".join(result.left) or "nothing"
    shown = figures if result.wall_time_ms else ["", "", ""]
    return [result.id, result.name, result.language, result.kind, result.verdict, result.expected, *shown, left]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
