"""`python -m tests.bench [NAME…]`: measures, prints a table, adds JSON lines to `.judgestream/bench.jsonl`.

A benchmark is a module here with `run() -> list[Measurement]`; without names all of them run, one after the other.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.bench.measurement import RESULTS, Measurement, keep

Benchmark = Callable[[], list[Measurement]]

FOLDER: Final = Path(__file__).parent
BAD_USAGE: Final = 2


def main(names: Sequence[str]) -> int:
    """Answers the exit status: 1 where a benchmark broke, 2 for a name that is none."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    benchmarks = found()
    unknown = [name for name in names if name not in benchmarks]
    if unknown:
        console.print(f"no benchmark {', '.join(unknown)}; there are {', '.join(benchmarks)}")
        return BAD_USAGE
    broken = [name for name in names or benchmarks if not _measured(name, benchmarks[name], console)]
    console.print(f"results: {RESULTS}", soft_wrap=True)
    if broken:
        console.print(f"broken: {', '.join(broken)}")
    return 1 if broken else 0


def found() -> dict[str, Benchmark]:
    """The benchmarks of this folder by name."""
    modules = {
        path.stem: importlib.import_module(f"tests.bench.{path.stem}")
        for path in sorted(FOLDER.glob("*.py"))
        if not path.stem.startswith("__")
    }
    return {name: module.run for name, module in modules.items() if hasattr(module, "run")}


def _measured(name: str, benchmark: Benchmark, console: Console) -> bool:
    """Runs one and shows what it found; one that breaks must not hide the others."""
    try:
        measurements = benchmark()
    except Exception:  # noqa: BLE001  # whatever broke is shown, and the exit status tells of it
        console.print(f"{name} broke:")
        console.print_exception(max_frames=5)
        return False
    for measurement in measurements:
        keep(measurement)
    console.print(table(name, measurements))
    return True


def table(name: str, measurements: Sequence[Measurement]) -> Table:
    """The figures of one benchmark."""
    drawn = Table(title=name, title_justify="left", title_style="bold")
    drawn.add_column("what", overflow="fold")
    for heading in ("value", "unit", "baseline", "ratio", "n"):
        drawn.add_column(heading, justify="left" if heading == "unit" else "right", no_wrap=True)
    drawn.add_column("note", overflow="fold")
    for one in measurements:
        figures = (_figure(one.value), one.unit, _figure(one.baseline), _figure(one.ratio), str(one.repetitions))
        drawn.add_row(one.name, *figures, one.note)
    return drawn


def _figure(value: float | None) -> str:
    """Three digits that count, and no more."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
