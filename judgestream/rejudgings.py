"""Waiting for what becomes of a rejudging: what was decided about a request, and how far its judging is."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from judgestream.client import Client, Json
from judgestream.errors import NoDecision, Refused
from judgestream.live import frames

NOT_FOUND: Final = 404
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0
ASKED: Final = frozenset({"requested", "change_requested"})
"""Events of a history that are no decisions."""

OPENED: Final = frozenset({"opened", "counted"})
REPEATED: Final = "already-decided"
"""The refusal of an opening under an id that was decided about before."""

SETTLED: Final = frozenset({"refused", "counted", "judged", "applied", "reverted", "cancelled"})
"""States in which no judging of a rejudging is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about one request: `entry` is of the rejudging's history, or of its refusals."""

    entry: Json
    refused: bool
    rejudging: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a rejudging is: `done` of `total` judgings; rate and remaining time where they are known."""

    state: str
    done: int
    total: int
    rate_per_s: float | None
    remaining_s: float | None


def decision_on(position: str, rejudging: Json) -> Decision | None:
    """What was decided about the request at that position; None as long as nothing is known.

    A request that stands in the log twice, since its first answer was lost, was decided where it stands first.
    """
    decided = list(_decisions(rejudging))
    mine = next((one for one in decided if one.entry.get("caused_by") == position), None)
    if mine is None or mine.entry.get("refusal") != REPEATED:
        return mine
    return next((one for one in decided if _is_of_opening(one.entry)), mine)


def _decisions(rejudging: Json) -> Iterator[Decision]:
    for name, refused in (("history", False), ("refusals", True)):
        for entry in rejudging.get(name) or ():
            if entry.get("event") not in ASKED:
                yield Decision(entry=entry, refused=refused, rejudging=rejudging)


def _is_of_opening(entry: Json) -> bool:
    return entry.get("event") in OPENED or (entry.get("asked") == "open" and entry.get("refusal") != REPEATED)


def standing(rejudging: Mapping[str, Any]) -> Standing:
    """How far the rejudging is, as it tells."""
    selected, repeats = int(rejudging.get("selected") or 0), int(rejudging.get("repeats") or 1)
    return Standing(
        state=str(rejudging["state"]),
        done=int(rejudging.get("done") or 0),
        total=int(rejudging.get("total") or selected * repeats),
        rate_per_s=rejudging.get("rate_per_s"),
        remaining_s=rejudging.get("remaining_s"),
    )


def await_decision(client: Client, rejudging_id: str, position: str, *, patience_s: float) -> Decision:
    """Waits until it is known what was decided about the request at that position; `NoDecision` after `patience_s`."""
    for rejudging in _looks(client, rejudging_id, position, patience_s):
        if (decision := decision_on(position, rejudging)) is not None:
            return decision
    raise NoDecision(rejudging_id, patience_s)


def follow(client: Client, rejudging_id: str, *, patience_s: float) -> Iterator[Json]:
    """Yields the rejudging whenever it stands elsewhere, last when nothing of it is judged any more."""
    before: Standing | None = None
    for rejudging in _told(client, rejudging_id, time.monotonic() + patience_s):
        if (now := standing(rejudging)) != before:
            before = now
            yield rejudging
        if now.state in SETTLED:
            return
    raise NoDecision(rejudging_id, patience_s)


def _told(client: Client, rejudging_id: str, deadline: float) -> Iterator[Json]:
    """The rejudging as its channel tells it, and as GET does while there is no socket."""
    for frame in frames(client, f"rejudging:{rejudging_id}", deadline=deadline):
        if frame is None:
            yield client.rejudging(rejudging_id)
        elif frame.get("type") == "snapshot":
            yield frame["data"]


def _looks(client: Client, rejudging_id: str, after: str, patience_s: float) -> Iterator[Json]:
    """The rejudging again and again, at longer and longer intervals; one that is not known yet is passed over."""
    pause_s, deadline = FIRST_PAUSE_S, time.monotonic() + patience_s
    while True:
        try:
            yield client.rejudging(rejudging_id, after=after)
        except Refused as refused:
            if refused.status != NOT_FOUND:
                raise
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return
        time.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
