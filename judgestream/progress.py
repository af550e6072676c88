"""A submission as its live channel tells it: a pure merge of frames into what a person wants to see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known so far; `cases` are the case results in the order in which they run."""

    state: str = "queued"
    verdict: str | None = None
    cases: tuple[Json, ...] = ()
    version: int = -1


def advance(progress: Progress, frame: Json) -> Progress:
    """The progress after one more frame; repeats, late frames and unknown types change nothing.

    The version grows with the submission's state, so what has a lower one is late.
    """
    data = frame.get("data") or {}
    version = data.get("version", -1)
    if version < progress.version:
        return progress
    match frame.get("type"):
        case "case":
            cases = (*progress.cases[: data["index"]], data["result"], *progress.cases[data["index"] + 1 :])
            return replace(progress, state=data["state"], cases=cases, version=version)
        case "snapshot" | "received" | "started" | "verdict":
            verdict, cases = data.get("verdict"), tuple(data.get("cases") or ())
            return Progress(state=data["state"], verdict=verdict, cases=cases, version=version)
        case _:
            return progress
