"""What a jury does in a run: opens rejudgings, and does to them whatever comes to its mind, possible or not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from schemas.eventlog.port import Undecodable
from schemas.events import (
    Event,
    RejudgingApplied,
    RejudgingChangeRequested,
    RejudgingOpenRequested,
    RejudgingRefused,
)
from schemas.ids import ContestId, EventId, ProblemId, RejudgingId, UserId
from schemas.topics import REJUDGINGS
from schemas.values import (
    Comparison,
    ComparisonKind,
    JudgingOverride,
    LimitsOverride,
    RejudgingChange,
    RejudgingPriority,
    SubmissionFilter,
    Verdict,
)
from tests.simulation.kernel import SECOND
from tests.simulation.surroundings import Surroundings

JUDY: Final = UserId("judy")
LOOKS: Final = 12
"""How often the jury looks whether what it wants to apply is judged."""


@dataclass(eq=False, slots=True)
class Jury:
    """One person, who asks for one thing after the other. `ask` appends a request, however often it takes."""

    it: Surroundings
    problems: tuple[ProblemId, ...]
    contest: ContestId
    ask: Callable[[Event], None]
    is_done: bool = False
    opened: list[RejudgingId] = field(default_factory=list)
    asked: int = 0

    def body(self) -> None:
        """The thread of that person."""
        chance = self.it.kernel.chance
        for _ in range(chance.randint(1, 3)):
            self._pause(3)
            self._open()
        for _ in range(chance.randint(0, 6)):
            self._pause(2)
            self._change(chance.choice(self.opened), chance.choice(list(RejudgingChange)), self._part())
        for rejudging in self.opened:
            if chance.random() < 0.8:
                self._apply(rejudging)
        for _ in range(chance.randint(0, 2)):
            self._change(chance.choice(self.opened), RejudgingChange.REVERT, None)
        self.is_done = True

    def _pause(self, longest_s: int) -> None:
        self.it.kernel.sleep(int(self.it.kernel.random() * longest_s * SECOND))

    def _open(self) -> None:
        chance = self.it.kernel.chance
        rejudging = RejudgingId(f"rejudging-{len(self.opened) + 1}")
        self.opened.append(rejudging)
        self.asked += 1
        wanted = self._filter(chance)
        self.ask(
            RejudgingOpenRequested(
                event_id=EventId(f"asked-{self.asked}"),
                occurred_at=self.it.now(),
                caused_by=None,
                rejudging_id=rejudging,
                requested_by=JUDY,
                reason="because",
                filter=wanted,
                override=self._override(chance),
                repeats=chance.choice((1, 1, 2)),
                priority=chance.choice((RejudgingPriority.NORMAL, RejudgingPriority.URGENT)),
                everything=True,
                dry_run=chance.random() < 0.05,
            )
        )

    def _change(self, rejudging: RejudgingId, change: RejudgingChange, part: SubmissionFilter | None) -> None:
        if change is RejudgingChange.UNKNOWN:
            return
        self.asked += 1
        self.ask(
            RejudgingChangeRequested(
                event_id=EventId(f"asked-{self.asked}"),
                occurred_at=self.it.now(),
                caused_by=None,
                rejudging_id=rejudging,
                requested_by=JUDY,
                reason="because",
                change=change,
                part=part if change is RejudgingChange.APPLY else None,
            )
        )

    def _apply(self, rejudging: RejudgingId) -> None:
        """Applies it as soon as that is possible, if it ever is."""
        for _ in range(LOOKS):
            self._change(rejudging, RejudgingChange.RESUME, None)
            self._change(rejudging, RejudgingChange.APPLY, None)
            self._pause(3)
            if any(self._is_over(event, rejudging) for event in self._decided()):
                return

    def _is_over(self, event: Event, rejudging: RejudgingId) -> bool:
        """Whether asking again is of no use."""
        if not isinstance(event, RejudgingApplied | RejudgingRefused) or event.rejudging_id != rejudging:
            return False
        return isinstance(event, RejudgingApplied) or event.refusal not in ("judgings-open", "not-paused")

    def _decided(self) -> list[Event]:
        records = self.it.broker.records(REJUDGINGS)
        return [record.event for record in records if not isinstance(record.event, Undecodable)]

    def _part(self) -> SubmissionFilter | None:
        chance = self.it.kernel.chance
        return self._filter(chance) if chance.random() < 0.5 else None

    def _filter(self, chance: Random) -> SubmissionFilter:
        return chance.choice(
            (
                SubmissionFilter(),
                SubmissionFilter(problem_ids=(chance.choice(self.problems),)),
                SubmissionFilter(contest_ids=(self.contest,)),
                SubmissionFilter(verdicts=(Verdict.WA, Verdict.TLE)),
                SubmissionFilter(verdicts=(Verdict.JUDGE_ERROR,)),
            )
        )

    def _override(self, chance: Random) -> JudgingOverride:
        return chance.choice(
            (
                JudgingOverride(),
                JudgingOverride(comparison=Comparison(kind=ComparisonKind.TOKENS)),
                JudgingOverride(limits=LimitsOverride(cpu_time_ms=1000)),
                JudgingOverride(limits=LimitsOverride(cpu_time_ms=10)),
            )
        )
