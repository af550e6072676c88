"""The decisions about rejudgings: a request, what was decided so far and what the log says give one event.

A decision has one or two steps. `first_look` refuses what needs no look into the log, decides what needs none, and
otherwise says what is to be collected (`stream_processors.rejudging_scans`); the second step decides by that. What is
refused is an event like any other, and changes nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from schemas.events import (
    ContestRejudged,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingChangeRequested,
    RejudgingCounted,
    RejudgingOpened,
    RejudgingOpenRequested,
    RejudgingPaused,
    RejudgingRefused,
    RejudgingResumed,
    RejudgingReverted,
)
from schemas.ids import ContestId, EventId, derived_event_id
from schemas.manifests import NowCurrent, current_manifest, digest, selection_manifest
from schemas.rules.bounds import REPEATS, is_within_bounds
from schemas.rules.definition import Definition
from schemas.rules.rejudging import (
    OPEN,
    TRANSITIONS,
    Application,
    Decided,
    Rejudging,
    Rejudgings,
    RejudgingState,
    restricts,
    under_way,
)
from schemas.values import ComparisonKind, Position, RejudgingChange, SubmissionFilter
from stream_processors.build_job import Unobtainable
from stream_processors.rejudging_scans import Results, Selection

Request: TypeAlias = RejudgingOpenRequested | RejudgingChangeRequested

IMAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,255}")
"""What may name an image. Which ones there are only executors know: one that lacks it answers JUDGE_ERROR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, where it stands, and the time of the decision."""

    request: Request
    position: Position
    now: datetime

    def event_id(self, kind: type) -> EventId:
        """Deciding twice gives the same id."""
        return derived_event_id(kind.__name__, str(self.position))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be appended; the manifest that it names is to be stored before."""

    event: Decided
    manifest: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSelect:
    """Find out what the filter of an opening selects."""

    request: RejudgingOpenRequested


@dataclass(frozen=True, slots=True, kw_only=True)
class ToApply:
    """Find out what a rejudging came to, and which of it is the part."""

    request: RejudgingChangeRequested
    opened: RejudgingOpened


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRevert:
    """Find out what is current without this application."""

    request: RejudgingChangeRequested
    application: Application


FirstLook: TypeAlias = Decision | ToSelect | ToApply | ToRevert


def first_look(asked: Asked, rejudgings: Rejudgings, most_open: int) -> FirstLook:
    """The decision, if nothing is needed for it but what was decided so far.

    No more than `most_open` rejudgings are under way at once.
    """
    match asked.request:
        case RejudgingOpenRequested():
            return _opening(asked, asked.request, rejudgings, most_open)
        case RejudgingChangeRequested():
            return _change(asked, asked.request, rejudgings)


def refused(asked: Asked, refusal: str, detail: str) -> Decision:
    """What was asked for is not done; `refusal` names the rule."""
    request = asked.request
    return Decision(
        event=RejudgingRefused(
            event_id=asked.event_id(RejudgingRefused),
            occurred_at=asked.now,
            caused_by=asked.position,
            rejudging_id=request.rejudging_id,
            requested_by=request.requested_by,
            asked=OPEN if isinstance(request, RejudgingOpenRequested) else request.change.value,
            refusal=refusal,
            detail=detail,
        )
    )


# --- open ------------------------------------------------------------------------------------------------------------


def _opening(asked: Asked, request: RejudgingOpenRequested, rejudgings: Rejudgings, most_open: int) -> FirstLook:
    override = request.override
    if request.rejudging_id in rejudgings.known:
        return refused(asked, "already-decided", "There is a rejudging of this id; ask for another one.")
    if not (restricts(request.filter) or request.everything):
        return refused(
            asked, "filter-restricts-nothing", "The filter selects every submission; say so by `everything`."
        )
    if (wrong := _wrong_times(request.filter, asked)) is not None:
        return wrong
    if not 1 <= request.repeats <= REPEATS:
        return refused(asked, "repeats-out-of-bounds", f"Ask for 1 to {REPEATS} repeats, not {request.repeats}.")
    if override.limits is not None and not is_within_bounds(override.limits):
        return refused(asked, "limits-out-of-bounds", "A limit is outside of what a problem's author may set.")
    if override.comparison is not None and override.comparison.kind is ComparisonKind.UNKNOWN:
        return refused(asked, "unknown-comparison", "Compare by tokens, exact or float.")
    if override.image is not None and not IMAGE.fullmatch(override.image):
        return refused(asked, "unknown-image", f"{override.image[:100]!r} names no image.")
    if not request.dry_run and (already := under_way(rejudgings)) >= most_open:
        full = f"{already} are under way, and no more than {most_open} may be; apply or cancel one of them first."
        return refused(asked, "too-many-open", full)
    return ToSelect(request=request)


def decide_opening(asked: Asked, selection: Selection, revised: Definition | Unobtainable | None) -> Decision:
    """Opens it, counts it or refuses it. `revised` is the definition of the override's revision, if it has one."""
    request = asked.request
    if not isinstance(request, RejudgingOpenRequested):
        raise TypeError(f"{type(request).__name__} opens nothing")
    unfit = _unfit(asked, request, selection, revised)
    if unfit is not None:
        return unfit
    if request.dry_run:
        return _counted(asked, request, selection)
    if not selection.rows:
        return refused(asked, "selects-nothing", "The filter selects no submission; find one that does by dry runs.")
    return _opened(asked, request, selection)


def _unfit(
    asked: Asked, request: RejudgingOpenRequested, selection: Selection, revised: Definition | Unobtainable | None
) -> Decision | None:
    if request.override.image is not None and len(selection.languages) > 1:
        several = ", ".join(sorted(selection.languages))
        return refused(asked, "several-languages", f"An image is for one language, and these are {several}.")
    if revised is None:
        return None
    if isinstance(revised, Unobtainable):
        return refused(asked, "unknown-revision", f"The revision of the override cannot be had: {revised.reason}")
    if len(selection.problem_ids) > 1:
        several = f"{len(selection.problem_ids)} problems"
        return refused(asked, "several-problems", f"A revision is of one problem, and the filter selects {several}.")
    if selection.problem_ids - {revised.problem_id}:
        other = f"The revision is of {revised.problem_id}, and the submissions are for {min(selection.problem_ids)}."
        return refused(asked, "revision-of-other-problem", other)
    return None


def _opened(asked: Asked, request: RejudgingOpenRequested, selection: Selection) -> Decision:
    manifest = selection_manifest(selection.rows)
    return Decision(
        manifest=manifest,
        event=RejudgingOpened(
            event_id=asked.event_id(RejudgingOpened),
            occurred_at=asked.now,
            caused_by=asked.position,
            rejudging_id=request.rejudging_id,
            requested_by=request.requested_by,
            reason=request.reason,
            filter=request.filter,
            override=request.override,
            repeats=request.repeats,
            priority=request.priority,
            manifest=digest(manifest),
            selected=len(selection.rows),
            contest_ids=_contests([row.contest_id for row in selection.rows]),
        ),
    )


def _counted(asked: Asked, request: RejudgingOpenRequested, selection: Selection) -> Decision:
    return Decision(
        event=RejudgingCounted(
            event_id=asked.event_id(RejudgingCounted),
            occurred_at=asked.now,
            caused_by=asked.position,
            rejudging_id=request.rejudging_id,
            requested_by=request.requested_by,
            selected=len(selection.rows),
            contest_ids=_contests([row.contest_id for row in selection.rows]),
        )
    )


# --- change ----------------------------------------------------------------------------------------------------------

DENIALS: Final = {
    RejudgingState.COUNTED: ("dry-run", "It was a dry run, so that there is nothing to change; open it without."),
    RejudgingState.CANCELLED: ("cancelled", "It was cancelled for good; open a new one."),
    RejudgingState.REFUSED: ("unknown-rejudging", "It was never opened: that was refused."),
}
ASKED_IN_VAIN: Final = {
    RejudgingChange.APPLY: ("already-applied", "It is applied already; revert it before it is applied again."),
    RejudgingChange.REVERT: ("not-applied", "It is not applied, so that there is nothing to take back."),
    RejudgingChange.CANCEL: ("already-applied", "It is applied; revert it first."),
    RejudgingChange.PAUSE: ("not-judging", "Only one that is being judged can be paused, and this one is {state}."),
    RejudgingChange.RESUME: ("not-paused", "Only one that is paused can be resumed, and this one is {state}."),
}
"""Why what is asked for is not possible in a state: by the state, else by what is asked."""


def _change(asked: Asked, request: RejudgingChangeRequested, rejudgings: Rejudgings) -> FirstLook:
    known = rejudgings.known.get(request.rejudging_id)
    transition = TRANSITIONS.get(request.change)
    if known is None:
        return refused(asked, "unknown-rejudging", "There is no rejudging of this id.")
    if transition is None:
        return refused(asked, "unknown-change", "Ask for apply, cancel, revert, pause or resume.")
    if known.state not in transition.of or known.opened is None:
        refusal, detail = DENIALS.get(known.state) or ASKED_IN_VAIN[request.change]
        return refused(asked, refusal, detail.format(state=known.state))
    if request.part is not None and (wrong := _wrong_part(asked, request.part, request.change)) is not None:
        return wrong
    return _possible(asked, request, known, known.opened, rejudgings)


def _possible(
    asked: Asked,
    request: RejudgingChangeRequested,
    known: Rejudging,
    opened: RejudgingOpened,
    rejudgings: Rejudgings,
) -> FirstLook:
    match request.change:
        case RejudgingChange.APPLY:
            return ToApply(request=request, opened=opened)
        case RejudgingChange.REVERT:
            (application,) = (one for one in rejudgings.applied if one.rejudging_id == known.rejudging_id)
            return ToRevert(request=request, application=application)
        case RejudgingChange.CANCEL:
            return Decision(event=_simple(asked, request, RejudgingCancelled))
        case RejudgingChange.PAUSE:
            return Decision(event=_simple(asked, request, RejudgingPaused))
        case RejudgingChange.RESUME:
            return Decision(event=_simple(asked, request, RejudgingResumed))
        case RejudgingChange.UNKNOWN:
            return refused(asked, "unknown-change", "Ask for apply, cancel, revert, pause or resume.")


def _simple(
    asked: Asked,
    request: RejudgingChangeRequested,
    kind: type[RejudgingCancelled] | type[RejudgingPaused] | type[RejudgingResumed],
) -> RejudgingCancelled | RejudgingPaused | RejudgingResumed:
    return kind(
        event_id=asked.event_id(kind),
        occurred_at=asked.now,
        caused_by=asked.position,
        rejudging_id=request.rejudging_id,
        requested_by=request.requested_by,
        reason=request.reason,
    )


def decide_application(asked: Asked, results: Results) -> Decision:
    """Applies what was judged of the part, once nothing of the rejudging is left to be judged."""
    request = _change_of(asked)
    if results.missing:
        left = f"{results.missing} of {results.judgings} judgings are open; wait for them, or cancel."
        return refused(asked, "judgings-open", left)
    if not results.rows:
        return refused(asked, "nothing-to-apply", "No submission of that part has a verdict that could be applied.")
    manifest = current_manifest(results.rows)
    return Decision(
        manifest=manifest,
        event=RejudgingApplied(
            event_id=asked.event_id(RejudgingApplied),
            occurred_at=asked.now,
            caused_by=asked.position,
            rejudging_id=request.rejudging_id,
            requested_by=request.requested_by,
            reason=request.reason,
            part=request.part,
            manifest=digest(manifest),
            changed=len(results.rows),
            contest_ids=_contests([row.contest_id for row in results.rows]),
        ),
    )


def decide_revert(asked: Asked, rows: Sequence[NowCurrent]) -> Decision:
    """Takes an application back; `rows` are what is current now of all whose current judging that moves."""
    request = _change_of(asked)
    manifest = current_manifest(rows)
    return Decision(
        manifest=manifest,
        event=RejudgingReverted(
            event_id=asked.event_id(RejudgingReverted),
            occurred_at=asked.now,
            caused_by=asked.position,
            rejudging_id=request.rejudging_id,
            requested_by=request.requested_by,
            reason=request.reason,
            manifest=digest(manifest),
            changed=len(rows),
            contest_ids=_contests([row.contest_id for row in rows]),
        ),
    )


def contests_rejudged(
    event: RejudgingApplied | RejudgingReverted, position: Position, rows: Sequence[NowCurrent]
) -> tuple[ContestRejudged, ...]:
    """What moves the boards: one event per contest, for the decision that stands at `position` of `rejudgings`."""
    changed: dict[ContestId, int] = {}
    for row in rows:
        if row.contest_id is not None:
            changed[row.contest_id] = changed.get(row.contest_id, 0) + 1
    return tuple(
        ContestRejudged(
            event_id=derived_event_id(ContestRejudged.__name__, f"{position}:{contest_id}"),
            occurred_at=event.occurred_at,
            caused_by=position,
            contest_id=contest_id,
            rejudging_id=event.rejudging_id,
            reverted=isinstance(event, RejudgingReverted),
            manifest=event.manifest,
            changed=changed.get(contest_id, 0),
        )
        for contest_id in event.contest_ids
    )


# --- of both ---------------------------------------------------------------------------------------------------------


def _wrong_part(asked: Asked, part: SubmissionFilter, change: RejudgingChange) -> Decision | None:
    if change is not RejudgingChange.APPLY:
        return refused(asked, "part-not-allowed", f"Only a part of apply makes sense, not one of {change}.")
    if not restricts(part):
        return refused(asked, "filter-restricts-nothing", "The part leaves nothing out; apply the whole without one.")
    return _wrong_times(part, asked)


def _wrong_times(wanted: SubmissionFilter, asked: Asked) -> Decision | None:
    """A filter is resolved once: what it says of times to come would never become true."""
    times = (wanted.submitted_from, wanted.submitted_before)
    if any(time is not None and time > asked.request.occurred_at for time in times):
        return refused(asked, "time-in-future", "A filter selects what was submitted already; give times of the past.")
    if None not in times and wanted.submitted_from >= wanted.submitted_before:  # type: ignore[operator]  # both given
        return refused(asked, "empty-time-range", "`submitted_from` should be before `submitted_before`.")
    return None


def _change_of(asked: Asked) -> RejudgingChangeRequested:
    if not isinstance(asked.request, RejudgingChangeRequested):
        raise TypeError(f"{type(asked.request).__name__} changes nothing")
    return asked.request


def _contests(contest_ids: Sequence[ContestId | None]) -> tuple[ContestId, ...]:
    return tuple(sorted({contest_id for contest_id in contest_ids if contest_id is not None}))
