"""A rejudging as GETs and its channel tell it."""

from datetime import datetime
from typing import Any, TypedDict

from projections.models.rejudging_reads import RejudgingView, Told
from projections.models.rejudgings import TOLD_AS
from schemas.events import (
    RejudgingApplied,
    RejudgingChangeRequested,
    RejudgingCounted,
    RejudgingOpened,
    RejudgingOpenRequested,
    RejudgingRefused,
    RejudgingReverted,
)
from schemas.rules.rejudging import OPEN


class HistoryBody(TypedDict):
    """A decision at its own position; `caused_by` is that of the request, `changed` how many verdicts moved by it."""

    event: str
    position: str
    at: str
    by: str
    reason: str | None
    caused_by: str | None
    changed: int | None
    part: Any


class RefusalBody(TypedDict):
    """A request that was decided against: `refusal` names the rule, `detail` says what to do."""

    asked: str
    refusal: str
    detail: str
    at: str
    by: str
    caused_by: str | None


class UndecidedBody(TypedDict):
    """A request that nothing was decided about yet."""

    asked: str
    at: str
    by: str
    reason: str
    position: str


class RejudgingBody(TypedDict):
    """A rejudging. `done` and `total` count judgings, `selected` submissions; what is not known is null."""

    rejudging_id: str
    state: str
    reason: str | None
    requested_by: str | None
    requested_at: str | None
    filter: Any
    override: Any
    repeats: int
    priority: str | None
    everything: bool
    dry_run: bool
    selected: int | None
    contest_ids: list[str]
    total: int
    done: int
    left: int
    rate_per_s: float | None
    remaining_s: float | None
    cases_stored: int
    cases_run: int
    history: list[HistoryBody]
    refusals: list[RefusalBody]
    undecided: list[UndecidedBody]


def rejudging_body(view: RejudgingView, now: datetime) -> RejudgingBody:
    """The whole rejudging as it stands at that moment."""
    asked, progress = view.request, view.progress(now)
    return {
        "rejudging_id": view.rejudging_id,
        "state": view.state.value,
        "reason": asked.reason if asked else None,
        "requested_by": asked.requested_by if asked else None,
        "requested_at": asked.occurred_at.isoformat() if asked else None,
        "filter": asked.filter if asked else None,
        "override": asked.override if asked else None,
        "repeats": asked.repeats if asked else 1,
        "priority": asked.priority.value if asked else None,
        "everything": asked.everything if asked else False,
        "dry_run": asked.dry_run if asked else False,
        "selected": view.selected,
        "contest_ids": _contest_ids(view),
        "total": view.total,
        "done": view.counts.done,
        "left": max(0, view.total - view.counts.done),
        "rate_per_s": progress.rate_per_s if progress else None,
        "remaining_s": progress.remaining_s if progress else None,
        "cases_stored": view.counts.stored,
        "cases_run": view.counts.run,
        "history": [_decision(one) for one in view.decisions if not isinstance(one.event, RejudgingRefused)],
        "refusals": [_refusal(one.event) for one in view.decisions if isinstance(one.event, RejudgingRefused)],
        "undecided": [body for one in view.undecided if (body := _undecided(one)) is not None],
    }


def _contest_ids(view: RejudgingView) -> list[str]:
    known = (one.event for one in view.decisions if isinstance(one.event, RejudgingOpened | RejudgingCounted))
    return next((list(map(str, event.contest_ids)) for event in known), [])


def _decision(one: Told) -> HistoryBody:
    event = one.event
    moved = event if isinstance(event, RejudgingApplied | RejudgingReverted) else None
    return {
        "event": TOLD_AS[type(event)],
        "position": str(one.position),
        "at": event.occurred_at.isoformat(),
        "by": event.requested_by,
        "reason": getattr(event, "reason", None),
        "caused_by": None if event.caused_by is None else str(event.caused_by),
        "changed": moved.changed if moved else None,
        "part": event.part if isinstance(event, RejudgingApplied) else None,
    }


def _refusal(event: RejudgingRefused) -> RefusalBody:
    return {
        "asked": event.asked,
        "refusal": event.refusal,
        "detail": event.detail,
        "at": event.occurred_at.isoformat(),
        "by": event.requested_by,
        "caused_by": None if event.caused_by is None else str(event.caused_by),
    }


def _undecided(one: Told) -> UndecidedBody | None:
    match one.event:
        case RejudgingOpenRequested() as event:
            asked = OPEN
        case RejudgingChangeRequested() as event:
            asked = event.change.value
        case _:
            return None
    return {
        "asked": asked,
        "at": event.occurred_at.isoformat(),
        "by": event.requested_by,
        "reason": event.reason,
        "position": str(one.position),
    }
