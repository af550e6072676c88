"""What a benchmark answers: a figure with its unit, and what it is held against."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.setup.places import HOME

RESULTS: Final = HOME / "bench.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One figure. `baseline` is the same quantity of the yardstick in the same run, `ratio` is value / baseline."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    repetitions: int
    note: str = ""


def keep(measurement: Measurement, path: Path = RESULTS) -> None:
    """Adds a measurement to the results, one JSON object per line."""
    line = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), **asdict(measurement)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
