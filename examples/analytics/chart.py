"""A chart as SVG: the verdicts of each problem as a bar, and below the CPU times of accepted programs by language."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any

COLOURS = {
    "AC": "#2e9e5b",
    "WA": "#d64545",
    "TLE": "#e0a526",
    "MLE": "#9b59b6",
    "OLE": "#7d3c98",
    "RTE": "#c0562b",
    "CE": "#3498b8",
}
OTHER = "#888888"
WIDTH, ROW, LEFT, RIGHT, TOP = 900, 26, 220, 170, 56

TIMES_OF_A_ROW = ("fastest_ms", "median_ms", "p90_ms", "slowest_ms")

Row = Mapping[str, Any]


def chart(by_problem: Sequence[Row], times: Sequence[Row]) -> str:
    """Both pictures, one above the other."""
    upper, height = _bars(by_problem, TOP)
    lower, end = _times(times, height + TOP)
    title = _text(20, 24, "Verdicts by problem", size=16)
    told = "CPU time of accepted programs: fastest to slowest, median to nine of ten (ms, logarithmic)"
    second = _text(20, height + 30, told, size=16)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{end + 20}" font-family="sans-serif">'
        f'<rect width="100%" height="100%" fill="white"/>{title}{_legend()}{upper}{second}{lower}</svg>\n'
    )


def _bars(rows: Sequence[Row], top: int) -> tuple[str, int]:
    problems: dict[str, dict[str, int]] = {}
    for row in rows:
        problems.setdefault(row["problem_id"], {})[row["verdict"]] = row["judged"]
    parts, y, space = [], top, WIDTH - LEFT - RIGHT
    for problem_id, verdicts in problems.items():
        judged = sum(verdicts.values())
        x = float(LEFT)
        for verdict in sorted(verdicts, key=lambda one: ([*COLOURS, one].index(one), one)):
            width = space * verdicts[verdict] / judged
            told = escape(f"{problem_id}: {verdict} {verdicts[verdict]}")
            parts.append(_box(x, y, width, COLOURS.get(verdict, OTHER), told))
            x += width
        percent = 100 * verdicts.get("AC", 0) / judged
        parts.append(_text(LEFT - 10, y + 14, problem_id, anchor="end"))
        parts.append(_text(WIDTH - RIGHT + 10, y + 14, f"{percent:.0f} % of {judged}"))
        y += ROW
    return "".join(parts), y


def _times(rows: Sequence[Row], top: int) -> tuple[str, int]:
    slowest = max((row["slowest_ms"] for row in rows), default=1)
    parts, y = [], top
    for row in rows:
        fastest, median, p90, last = (_at(row[name], slowest) for name in TIMES_OF_A_ROW)
        parts.append(f'<line x1="{fastest}" x2="{last}" y1="{y + 9}" y2="{y + 9}" stroke="#999"/>')
        told = escape(f"{row['problem_id']} {row['language']}: median {row['median_ms']:.0f} ms of {row['accepted']}")
        parts.append(_box(median, y, max(2.0, p90 - median), "#6fa8dc", told))
        parts.append(f'<rect x="{median - 1.5}" y="{y}" width="3" height="18" fill="#1c4587"/>')
        parts.append(_text(LEFT - 10, y + 14, f"{row['problem_id']} {row['language']}", anchor="end"))
        figures = f"{row['median_ms']:.0f} / {row['p90_ms']:.0f} / {row['slowest_ms']}"
        parts.append(_text(WIDTH - RIGHT + 10, y + 14, figures))
        y += ROW
    return "".join(parts), y


def _at(time_ms: float, slowest_ms: float) -> float:
    """Where a time stands: one millisecond at the left, the slowest at the right, by its number of digits."""
    return round(LEFT + (WIDTH - LEFT - RIGHT) * _digits(time_ms) / _digits(slowest_ms), 1)


def _digits(time_ms: float) -> float:
    """The decimal logarithm, at least a little above zero."""
    return max(0.01, log10(max(time_ms, 1.0)))


def _legend() -> str:
    parts, x = [], 220
    for verdict, colour in COLOURS.items():
        parts.append(f'<rect x="{x}" y="14" width="12" height="12" fill="{colour}"/>{_text(x + 16, 24, verdict)}')
        x += 62
    return "".join(parts)


def _box(x: float, y: float, width: float, colour: str, told: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" fill="{colour}"><title>{told}</title></rect>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'
