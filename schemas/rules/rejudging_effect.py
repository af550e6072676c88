"""What a rejudging would change: from which verdict to which, which tests are flaky, how far it is.

What a submission's old verdict is was settled when the rejudging was opened; its new one is that of repeat 0, which is
what an application makes current.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.ids import ContestId, JudgingId, LanguageId, ProblemId, SubmissionId, TeamId, UserId
from schemas.manifests import Selected
from schemas.rules.submission import NEVER_APPLIED
from schemas.values import CaseResult, JudgingOverride, LimitsOverride, Verdict

APPLIED_REPEAT: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one judging of a rejudging came to; cases either from stored outputs or by a run."""

    repeat: int
    judging_id: JudgingId
    user_id: UserId
    team_id: TeamId | None
    contest_id: ContestId | None
    problem_id: ProblemId
    language: LanguageId
    submitted_at: datetime
    verdict: Verdict
    score: float
    cpu_time_ms: int
    memory_bytes: int
    cases_stored: int
    cases_run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """A submission of a rejudging: what was current when it was opened, and what came of it, by repeat."""

    submission_id: SubmissionId
    selected: Selected | None
    outcomes: tuple[Outcome, ...]

    @property
    def old(self) -> Verdict | None:
        """The verdict that was current; None where there was none."""
        return None if self.selected is None else self.selected.verdict

    @property
    def new(self) -> Outcome | None:
        """What an application would make current; None as long as it is not judged."""
        return next((one for one in self.outcomes if one.repeat == APPLIED_REPEAT), None)

    @property
    def is_changed(self) -> bool:
        """Whether its verdict is another one, or not the same in all repeats."""
        return (self.new is not None and self.new.verdict is not self.old) or repeats_differ(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """So many submissions went from the old verdict to the new one."""

    old: Verdict | None
    new: Verdict
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a rejudging is: `done` of `total` judgings. Rate and remaining time are None where nothing tells them."""

    total: int
    done: int
    rate_per_s: float | None
    remaining_s: float | None


def matrix(rejudged: Iterable[Rejudged]) -> tuple[Moves, ...]:
    """Old verdicts by new ones, of all that are judged, in the order of verdicts."""
    counts = Counter((one.old, one.new.verdict) for one in rejudged if one.new is not None)
    order = {verdict: place for place, verdict in enumerate((*Verdict, None))}
    ordered = sorted(counts, key=lambda pair: (order[pair[0]], order[pair[1]]))
    return tuple(Moves(old=old, new=new, count=counts[old, new]) for old, new in ordered)


def overrides_nothing(override: JudgingOverride) -> bool:
    """Whether everything is judged as it was at first."""
    return override in (JudgingOverride(), JudgingOverride(limits=LimitsOverride()))


def repeats_differ(rejudged: Rejudged) -> bool:
    """Whether the same judging came to different verdicts; our own failures are none of them."""
    return len({one.verdict for one in rejudged.outcomes} - NEVER_APPLIED) > 1


def is_flaky(rejudged: Rejudged, override: JudgingOverride) -> bool:
    """Whether its verdict changes although nothing else does: between repeats, or against the old one."""
    if repeats_differ(rejudged):
        return True
    verdicts = (rejudged.old, None if rejudged.new is None else rejudged.new.verdict)
    is_known = None not in verdicts and NEVER_APPLIED.isdisjoint(filter(None, verdicts))
    return overrides_nothing(override) and is_known and verdicts[0] is not verdicts[1]


def stored_and_run(cases: Iterable[CaseResult]) -> tuple[int, int]:
    """How many cases were decided by stored outputs, and how many by a run."""
    counts = Counter(case.from_stored_output for case in cases)
    return counts[True], counts[False]


def progress(
    *, total: int, done: int, begun_at: datetime, pauses: Sequence[datetime], last_at: datetime | None, now: datetime
) -> Progress:
    """How far it is. `pauses` are moments at which it was paused and resumed, in turn; `last_at` is the last verdict's.

    The rate is over the time in which it was neither paused nor done.
    """
    ends = last_at if done >= total and last_at is not None else now
    marks = [begun_at, *(moment for moment in pauses if moment <= ends), ends]
    active_s = sum((until - since for since, until in zip(marks[::2], marks[1::2], strict=False)), timedelta())
    seconds = active_s.total_seconds()
    rate = done / seconds if done and seconds > 0 else None
    is_paused = len(marks) % 2 == 1
    left = max(0, total - done)
    remaining_s = left / rate if rate is not None and left and not is_paused else None
    return Progress(total=total, done=done, rate_per_s=rate, remaining_s=remaining_s)
