"""Rejudging: which submissions a filter selects, what became of each rejudging, and which judging is current.

The rule of current: of the rejudgings that are applied and not reverted, in the order in which `rejudgings` applied
them, the last one that covers a submission counts, else the original judging. An application covers the submissions of
its manifest: those of the applied part whose rejudged verdict is not our own failure. A reverted rejudging leaves its
place; applied again, it stands on top. What was decided of one rejudging never touches what is known of another.

The topic `rejudgings` may hold a decision twice, or two decisions for one request: the first one per request counts.
A decision that does not fit the state of its rejudging changes nothing.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from schemas.events import (
    Event,
    RejudgingApplied,
    RejudgingCancelled,
    RejudgingCounted,
    RejudgingOpened,
    RejudgingPaused,
    RejudgingRefused,
    RejudgingResumed,
    RejudgingReverted,
    SubmissionReceived,
)
from schemas.ids import (
    ContestId,
    JudgingId,
    LanguageId,
    ProblemId,
    RejudgingId,
    Sha256,
    SubmissionId,
    TeamId,
    UserId,
    judging_id,
)
from schemas.values import Provenance, RejudgingChange, SubmissionFilter, Verdict

OPEN: Final = "open"
"""What a refusal of an opening says was asked; that of a change says the change."""


# --- filters ---------------------------------------------------------------------------------------------------------


VERDICT: Final = "verdict"
ACCEPTED: Final[Mapping[str, str]] = {
    "submission_id": "submission_ids",
    "problem_id": "problem_ids",
    "contest_id": "contest_ids",
    "language": "languages",
    "user_id": "user_ids",
    "team_id": "team_ids",
}
JUDGED: Final[Mapping[str, str]] = {
    VERDICT: "verdicts",
    "executor_id": "executor_ids",
    "image_digest": "image_digests",
    "compiler_version": "compiler_versions",
    "software_version": "software_versions",
}
"""What of a submission, and of its current verdict, which list of a filter restricts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a filter asks of a submission; `verdict` and `provenance` are those of the judging that is current."""

    submission_id: SubmissionId
    user_id: UserId
    team_id: TeamId | None
    contest_id: ContestId | None
    problem_id: ProblemId
    language: LanguageId
    submitted_at: datetime
    verdict: Verdict | None = None
    provenance: Provenance | None = None


def candidate(event: SubmissionReceived) -> Candidate:
    """The submission as it was accepted, before anything is known of its verdict."""
    return Candidate(
        submission_id=event.submission_id,
        user_id=event.user_id,
        team_id=event.team_id,
        contest_id=event.contest_id,
        problem_id=event.problem_id,
        language=event.language,
        submitted_at=event.submitted_at,
    )


class Selector:
    """A filter made ready for many submissions: all that it gives must hold, of several values one."""

    def __init__(self, wanted: SubmissionFilter) -> None:
        self._from = wanted.submitted_from
        self._before = wanted.submitted_before
        self._accepted = _sets(wanted, ACCEPTED)
        self._judged = _sets(wanted, JUDGED)

    def selects(self, known: Candidate) -> bool:
        """Whether the filter selects the submission."""
        return self.selects_accepted(known) and self._selects_judged(known)

    def selects_accepted(self, known: Candidate) -> bool:
        """Whether that holds which was settled when the submission was accepted; the rest depends on verdicts."""
        return (
            all(getattr(known, name) in values for name, values in self._accepted)
            and (self._from is None or known.submitted_at >= self._from)
            and (self._before is None or known.submitted_at < self._before)
        )

    def _selects_judged(self, known: Candidate) -> bool:
        by = known.provenance
        return all(
            (known.verdict if name == VERDICT else by and getattr(by, name)) in values for name, values in self._judged
        )


def selects(wanted: SubmissionFilter, known: Candidate) -> bool:
    """Whether the filter selects the submission; for many of them a `Selector` is quicker."""
    return Selector(wanted).selects(known)


def restricts(wanted: SubmissionFilter) -> bool:
    """Whether the filter leaves anything out."""
    return wanted != SubmissionFilter()


def _sets(wanted: SubmissionFilter, names: Mapping[str, str]) -> tuple[tuple[str, frozenset[str]], ...]:
    lists = ((name, frozenset[str](getattr(wanted, of))) for name, of in names.items())
    return tuple((name, values) for name, values in lists if values)


# --- what became of each ---------------------------------------------------------------------------------------------


class RejudgingState(StrEnum):
    """How far a rejudging is. `requested` and `judged` are for readers: the first has no decision yet, the second is
    `judging` or `paused` with all verdicts there."""

    REQUESTED = "requested"
    REFUSED = "refused"
    COUNTED = "counted"
    JUDGING = "judging"
    PAUSED = "paused"
    JUDGED = "judged"
    APPLIED = "applied"
    REVERTED = "reverted"
    CANCELLED = "cancelled"


Change: TypeAlias = RejudgingApplied | RejudgingReverted | RejudgingCancelled | RejudgingPaused | RejudgingResumed
Decided: TypeAlias = RejudgingOpened | RejudgingCounted | RejudgingRefused | Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """From which states a change is possible, and where it leads."""

    of: frozenset[RejudgingState]
    to: RejudgingState


UNDER_WAY: Final = frozenset({RejudgingState.JUDGING, RejudgingState.PAUSED})
NOT_APPLIED: Final = UNDER_WAY | {RejudgingState.REVERTED}

TRANSITIONS: Final[Mapping[RejudgingChange, Transition]] = {
    RejudgingChange.APPLY: Transition(of=NOT_APPLIED, to=RejudgingState.APPLIED),
    RejudgingChange.REVERT: Transition(of=frozenset({RejudgingState.APPLIED}), to=RejudgingState.REVERTED),
    RejudgingChange.CANCEL: Transition(of=NOT_APPLIED, to=RejudgingState.CANCELLED),
    RejudgingChange.PAUSE: Transition(of=frozenset({RejudgingState.JUDGING}), to=RejudgingState.PAUSED),
    RejudgingChange.RESUME: Transition(of=frozenset({RejudgingState.PAUSED}), to=RejudgingState.JUDGING),
}

CHANGES: Final[Mapping[type[Change], RejudgingChange]] = {
    RejudgingApplied: RejudgingChange.APPLY,
    RejudgingReverted: RejudgingChange.REVERT,
    RejudgingCancelled: RejudgingChange.CANCEL,
    RejudgingPaused: RejudgingChange.PAUSE,
    RejudgingResumed: RejudgingChange.RESUME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudging:
    """A rejudging: its state, how it was opened (None where it never was), and all that was decided, in order.

    `offset` is where the opening stands in `rejudgings`.
    """

    rejudging_id: RejudgingId
    state: RejudgingState
    offset: int
    opened: RejudgingOpened | None = None
    history: tuple[Decided, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A rejudging that is applied: where that stands in `rejudgings`, and the manifest of what it made current."""

    rejudging_id: RejudgingId
    offset: int
    manifest: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudgings:
    """All that `rejudgings` says. `applied` is the stack, the last one on top.

    `offset` is the last record that is in it, `decided_to` the last request that was decided; both -1 at first.
    """

    offset: int = -1
    decided_to: int = -1
    known: Mapping[RejudgingId, Rejudging] = field(default_factory=dict)
    applied: tuple[Application, ...] = ()


def under_way(rejudgings: Rejudgings) -> int:
    """How many were opened and are neither applied nor given up: so many selections wait for somebody's decision."""
    return sum(one.state in UNDER_WAY for one in rejudgings.known.values())


def evolve(before: Rejudgings, offset: int, event: Event) -> Rejudgings:
    """What is known after the record at that offset of `rejudgings`.

    One decider answers requests in their order, so a decision for a request that was passed already is a repeat.
    """
    if offset <= before.offset:
        return before
    after = replace(before, offset=offset)
    if event.caused_by is not None:
        if event.caused_by.offset <= before.decided_to:
            return after
        after = replace(after, decided_to=event.caused_by.offset)
    match event:
        case RejudgingOpened() | RejudgingCounted():
            return _begun(after, offset, event)
        case RejudgingRefused():
            return _refused(after, offset, event)
        case RejudgingApplied() | RejudgingReverted() | RejudgingCancelled() | RejudgingPaused() | RejudgingResumed():
            return _changed(after, offset, event)
        case _:
            return after


def _begun(after: Rejudgings, offset: int, event: RejudgingOpened | RejudgingCounted) -> Rejudgings:
    if event.rejudging_id in after.known:
        return after
    opened = event if isinstance(event, RejudgingOpened) else None
    state = RejudgingState.JUDGING if opened else RejudgingState.COUNTED
    begun = Rejudging(rejudging_id=event.rejudging_id, state=state, offset=offset, opened=opened, history=(event,))
    return replace(after, known={**after.known, event.rejudging_id: begun})


def _refused(after: Rejudgings, offset: int, event: RejudgingRefused) -> Rejudgings:
    """A refused opening is known as such; a refusal of anything else is no more than a line of its history."""
    known = after.known.get(event.rejudging_id)
    if known is not None:
        known = replace(known, history=(*known.history, event))
    elif event.asked == OPEN:
        known = Rejudging(
            rejudging_id=event.rejudging_id, state=RejudgingState.REFUSED, offset=offset, history=(event,)
        )
    else:
        return after
    return replace(after, known={**after.known, event.rejudging_id: known})


def _changed(after: Rejudgings, offset: int, event: Change) -> Rejudgings:
    known = after.known.get(event.rejudging_id)
    transition = TRANSITIONS[CHANGES[type(event)]]
    if known is None or known.state not in transition.of:
        return after
    known = replace(known, state=transition.to, history=(*known.history, event))
    return replace(
        after,
        known={**after.known, event.rejudging_id: known},
        applied=_stacked(after.applied, offset, event),
    )


def _stacked(applied: tuple[Application, ...], offset: int, event: Change) -> tuple[Application, ...]:
    match event:
        case RejudgingApplied():
            return (
                *applied,
                Application(rejudging_id=event.rejudging_id, offset=offset, manifest=event.manifest),
            )
        case RejudgingReverted():
            return tuple(one for one in applied if one.rejudging_id != event.rejudging_id)
        case _:
            return applied


# --- what is current -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """An applied rejudging and the submissions that it covers: those of its application's manifest."""

    rejudging_id: RejudgingId
    submissions: Container[SubmissionId]


def applied_judgings(submission_id: SubmissionId, applied: Sequence[Covering]) -> tuple[JudgingId, ...]:
    """A submission's judgings by the rejudgings of the stack that cover it, the last one on top.

    This is what `schemas.rules.submission.current` asks for.
    """
    return tuple(judging_id(submission_id, one.rejudging_id) for one in applied if submission_id in one.submissions)


def current_judging(submission_id: SubmissionId, applied: Sequence[Covering]) -> JudgingId:
    """The judging of a submission that is current, by the rule above."""
    covering = next((one for one in reversed(applied) if submission_id in one.submissions), None)
    return judging_id(submission_id, covering.rejudging_id) if covering else judging_id(submission_id)
