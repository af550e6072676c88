"""What happens to a rejudging, as the events of its two topics, with manifests: for the tests of the read models."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from projections.models.model import Fact
from schemas.events import (
    Event,
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
    VerdictReached,
)
from schemas.ids import EventId, RejudgingId, Sha256, UserId, judging_id
from schemas.manifests import (
    NowCurrent,
    Selected,
    current_manifest,
    manifest_named_by,
    selection_manifest,
)
from schemas.topics import REJUDGING_REQUESTS, REJUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import JudgingOverride, Position, RejudgingChange, RejudgingPriority, SubmissionFilter, Verdict
from tests.unit.projections.stories import NOON, Log, attempt, received, submission, verdict

RECHECK = RejudgingId("0199aaaa-0000-7000-8000-000000000001")
RIVAL = RejudgingId("0199aaaa-0000-7000-8000-000000000002")
UNNAMED = Sha256("0" * 64)


def log() -> Log:
    """A partition of each topic that a submission and a rejudging are told on."""
    return Log({SUBMISSIONS: [], VERDICTS: [], REJUDGING_REQUESTS: [], REJUDGINGS: []})


def asked(rejudging: RejudgingId = RECHECK, **given: Any) -> RejudgingOpenRequested:
    known: dict[str, Any] = {
        "event_id": EventId(f"asked {rejudging}"),
        "occurred_at": NOON,
        "caused_by": None,
        "rejudging_id": rejudging,
        "requested_by": UserId("judy"),
        "reason": "the checker was wrong",
        "filter": SubmissionFilter(),
        "override": JudgingOverride(),
        "repeats": 1,
        "priority": RejudgingPriority.NORMAL,
        "everything": True,
        "dry_run": False,
    }
    return RejudgingOpenRequested(**{**known, **given})


def change(what: RejudgingChange, rejudging: RejudgingId = RECHECK) -> RejudgingChangeRequested:
    return RejudgingChangeRequested(
        event_id=EventId(f"change {what} {rejudging}"),
        occurred_at=NOON,
        caused_by=None,
        rejudging_id=rejudging,
        requested_by=UserId("judy"),
        reason="it looks right",
        change=what,
        part=None,
    )


def opened(selected: int = 1, repeats: int = 1, **given: Any) -> RejudgingOpened:
    known: dict[str, Any] = {
        "reason": "the checker was wrong",
        "filter": SubmissionFilter(),
        "override": JudgingOverride(),
        "repeats": repeats,
        "priority": RejudgingPriority.NORMAL,
        "manifest": UNNAMED,
        "selected": selected,
        "contest_ids": (),
    }
    return RejudgingOpened(**{**_decided("opened"), **known, **given})


def counted(selected: int = 3) -> RejudgingCounted:
    known = _decided("counted")
    return RejudgingCounted(**known, selected=selected, contest_ids=())


def applied(rejudging: RejudgingId = RECHECK, changed: int = 1, at: datetime = NOON) -> RejudgingApplied:
    known = _decided("applied", rejudging, at)
    return RejudgingApplied(**known, reason="right", part=None, manifest=UNNAMED, changed=changed, contest_ids=())


def reverted(rejudging: RejudgingId = RECHECK, changed: int = 1) -> RejudgingReverted:
    known = _decided("reverted", rejudging)
    return RejudgingReverted(**known, reason="wrong", manifest=UNNAMED, changed=changed, contest_ids=())


def paused(minute: float = 0) -> RejudgingPaused:
    return RejudgingPaused(**_decided("paused", at=NOON + timedelta(minutes=minute)), reason="lunch")


def resumed(minute: float = 0) -> RejudgingResumed:
    return RejudgingResumed(**_decided("resumed", at=NOON + timedelta(minutes=minute)), reason="lunch is over")


def cancelled() -> RejudgingCancelled:
    return RejudgingCancelled(**_decided("cancelled"), reason="no use")


def refused(what: str = "apply", rejudging: RejudgingId = RECHECK) -> RejudgingRefused:
    known = _decided(f"refused {what}", rejudging)
    return RejudgingRefused(**known, asked=what, refusal="judgings-open", detail="3 judgings are open: wait for them")


def verdict_of(
    number: int = 1, said: Verdict = Verdict.AC, *, repeat: int = 0, rejudging: RejudgingId = RECHECK, minute: float = 1
) -> VerdictReached:
    """The verdict of a rejudging's judging."""
    told = verdict(number, said=said)
    return replace(
        told,
        event_id=EventId(f"{rejudging} {number} {repeat} {said}"),
        occurred_at=NOON + timedelta(minutes=minute),
        judging_id=judging_id(submission(number), rejudging, repeat),
        attempt_id=attempt(number, 7 + repeat),
        rejudging_id=rejudging,
        repeat=repeat,
    )


def selected(number: int = 1, said: Verdict | None = Verdict.WA) -> Selected:
    return Selected(
        submission_id=submission(number),
        offset=number,
        contest_id=None,
        judging_id=judging_id(submission(number)),
        verdict_offset=None if said is None else number,
        verdict=said,
    )


def now_of(
    number: int = 1, said: Verdict | None = Verdict.AC, by: RejudgingId | None = RECHECK, contest: str | None = None
) -> NowCurrent:
    """What became current of a submission: by that rejudging, or its original judging again."""
    told = received(number, contest=contest)
    return NowCurrent(
        submission_id=told.submission_id,
        user_id=told.user_id,
        team_id=told.team_id,
        contest_id=told.contest_id,
        problem_id=told.problem_id,
        language=told.language,
        submitted_at=told.submitted_at,
        judging_id=judging_id(told.submission_id, by) if by else judging_id(told.submission_id),
        verdict=said,
        score=float(said is Verdict.AC),
        cpu_time_ms=9,
        memory_bytes=2 << 20,
    )


@dataclass
class Story:
    """Facts in the order of their telling; decisions are caused by the requests before them, in their order."""

    log: Log = field(default_factory=log)
    facts: list[Fact] = field(default_factory=list)

    def tell(self, *events: Event) -> "Story":
        """Tells events that name no manifest, or one with nothing in it."""
        for event in events:
            self._tell(event, b"" if manifest_named_by(event) else None)
        return self

    def open(self, *rows: Selected, repeats: int = 1, **given: Any) -> "Story":
        """Asks for a rejudging of these and opens it."""
        self.tell(asked(repeats=repeats, **{name: given[name] for name in given if name == "override"}))
        self._tell(opened(len(rows), repeats, **given), selection_manifest(rows))
        return self

    def apply(self, *rows: NowCurrent, rejudging: RejudgingId = RECHECK) -> "Story":
        """Asks that it be applied, and does it."""
        self.tell(change(RejudgingChange.APPLY, rejudging))
        self._tell(applied(rejudging, len(rows)), current_manifest(rows))
        return self

    def revert(self, *rows: NowCurrent, rejudging: RejudgingId = RECHECK) -> "Story":
        """Asks that it be taken back, and does it."""
        self.tell(change(RejudgingChange.REVERT, rejudging))
        self._tell(reverted(rejudging, len(rows)), current_manifest(rows))
        return self

    def _tell(self, event: Event, manifest: bytes | None) -> None:
        if event.__class__ in REJUDGINGS.events:
            event = replace(event, caused_by=self._undecided())
        (fact,) = self.log.tell(event)
        self.facts.append(fact._replace(manifest=manifest))

    def _undecided(self) -> Position:
        """The request that is to be decided next; decisions come one for one."""
        offset = len(self.log.of_topic[REJUDGINGS])
        return Position(topic=REJUDGING_REQUESTS.name, partition=0, offset=offset)


def _decided(what: str, rejudging: RejudgingId = RECHECK, at: datetime = NOON) -> dict[str, Any]:
    return {
        "event_id": EventId(f"{what} {rejudging}"),
        "occurred_at": at,
        "caused_by": None,
        "rejudging_id": rejudging,
        "requested_by": UserId("judy"),
    }
