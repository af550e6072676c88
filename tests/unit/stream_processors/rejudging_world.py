"""Submissions, verdicts and rejudgings as lists, decided as the decider does, without any I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from schemas.events import (
    RejudgingApplied,
    RejudgingChangeRequested,
    RejudgingOpened,
    RejudgingOpenRequested,
    RejudgingReverted,
    SubmissionReceived,
    VerdictReached,
)
from schemas.ids import ContestId, EventId, JudgingId, ProblemId, RejudgingId, Sha256, SubmissionId, UserId, judging_id
from schemas.manifests import NowCurrent, digest, read_current, read_selection
from schemas.rules.definition import Definition
from schemas.rules.rejudging import Covering, Decided, Rejudgings, current_judging, evolve
from schemas.values import JudgingOverride, Position, RejudgingChange, RejudgingPriority, SubmissionFilter, Verdict
from stream_processors.build_job import Unobtainable
from stream_processors.decide_rejudgings import (
    Asked,
    Decision,
    Request,
    ToApply,
    ToRevert,
    ToSelect,
    decide_application,
    decide_opening,
    decide_revert,
    first_look,
)
from stream_processors.rejudging_scans import Judging, Selecting, Uncovering
from tests.unit.stream_processors.examples import NOW, judged, received, submission_id

DAY = timedelta(days=1)


def opening(rejudging_id: str, **fields: Any) -> RejudgingOpenRequested:
    plain = RejudgingOpenRequested(
        event_id=EventId(f"open {rejudging_id}"),
        occurred_at=NOW,
        caused_by=None,
        rejudging_id=RejudgingId(rejudging_id),
        requested_by=UserId("jury"),
        reason="the answer was wrong",
        filter=SubmissionFilter(),
        override=JudgingOverride(),
        repeats=1,
        priority=RejudgingPriority.NORMAL,
        everything=True,
        dry_run=False,
    )
    return replace(plain, **fields)


def change(rejudging_id: str, what: RejudgingChange, part: SubmissionFilter | None = None) -> RejudgingChangeRequested:
    return RejudgingChangeRequested(
        event_id=EventId(f"{what} {rejudging_id}"),
        occurred_at=NOW,
        caused_by=None,
        rejudging_id=RejudgingId(rejudging_id),
        requested_by=UserId("jury"),
        reason="because",
        change=what,
        part=part,
    )


def only(*numbers: int) -> SubmissionFilter:
    return SubmissionFilter(submission_ids=tuple(map(submission_id, numbers)))


@dataclass
class World:
    """What the log and the blob store would hold."""

    submissions: list[SubmissionReceived] = field(default_factory=list)
    verdicts: list[VerdictReached] = field(default_factory=list)
    requests: int = 0
    decisions: list[Decided] = field(default_factory=list)
    manifests: dict[Sha256, bytes] = field(default_factory=dict)
    rejudgings: Rejudgings = field(default_factory=Rejudgings)
    most_open: int = 100

    def submit(self, number: int, problem: str = "sum", contest: str | None = None, **fields: Any) -> SubmissionId:
        submission = replace(
            received(number),
            problem_id=ProblemId(problem),
            contest_id=ContestId(contest) if contest else None,
            submitted_at=NOW - DAY + timedelta(minutes=number),
            **fields,
        )
        self.submissions.append(submission)
        return submission.submission_id

    def judge(self, number: int, verdict: Verdict, rejudging_id: str | None = None, repeat: int = 0) -> None:
        submission = next(one for one in self.submissions if one.submission_id == submission_id(number))
        names = (rejudging_id, repeat) if rejudging_id else ()
        self.verdicts.append(
            replace(
                judged(number),
                judging_id=judging_id(submission.submission_id, *names),
                user_id=submission.user_id,
                team_id=submission.team_id,
                contest_id=submission.contest_id,
                problem_id=submission.problem_id,
                language=submission.language,
                submitted_at=submission.submitted_at,
                verdict=verdict,
                rejudging_id=RejudgingId(rejudging_id) if rejudging_id else None,
                repeat=repeat,
            )
        )

    def judge_all(self, rejudging_id: str, verdict: Verdict = Verdict.AC) -> None:
        opened = self.rejudgings.known[RejudgingId(rejudging_id)].opened
        assert opened is not None
        for row in read_selection(self.manifests[opened.manifest]):
            for repeat in range(opened.repeats):
                self.judge(int(row.submission_id[-12:]), verdict, rejudging_id, repeat)

    def ask(self, request: Request, revised: Definition | Unobtainable | None = None) -> Decided:
        """Decides the request as the next one, and takes the decision into the log."""
        position = Position(topic="rejudging-requests", partition=0, offset=self.requests)
        self.requests += 1
        decision = self.decide(Asked(request=request, position=position, now=NOW), revised)
        if decision.manifest is not None:
            self.manifests[digest(decision.manifest)] = decision.manifest
        self.take(decision.event)
        return decision.event

    def take(self, event: Decided) -> None:
        """The next record of `rejudgings`."""
        self.decisions.append(event)
        self.rejudgings = evolve(self.rejudgings, len(self.decisions) - 1, event)

    def decide(self, asked: Asked, revised: Definition | Unobtainable | None = None) -> Decision:
        match first_look(asked, self.rejudgings, self.most_open):
            case Decision() as decision:
                return decision
            case ToSelect(request=request):
                selecting = Selecting(request.filter, self.current())
                for offset, submission in enumerate(self.submissions):
                    selecting.accepted(submission, offset)
                for offset, verdict in enumerate(self.verdicts):
                    selecting.judged(verdict, offset)
                selecting.settle()
                return decide_opening(asked, selecting.selection(), revised)
            case ToApply(request=request, opened=opened):
                judging = Judging(opened, self.selection_of(opened), request.part, self.current())
                for verdict in self.verdicts:
                    judging.judged(verdict)
                return decide_application(asked, judging.results())
            case ToRevert(application=application):
                stack = self.stack()
                place = self.rejudgings.applied.index(application)
                rows = read_current(self.manifests[application.manifest])
                uncovering = Uncovering(rows, stack[:place], stack[place + 1 :])
                for verdict in self.verdicts:
                    uncovering.judged(verdict)
                return decide_revert(asked, uncovering.rows())

    def selection_of(self, opened: RejudgingOpened) -> Any:
        return read_selection(self.manifests[opened.manifest])

    def stack(self) -> list[Mapping[SubmissionId, NowCurrent]]:
        return [
            {row.submission_id: row for row in read_current(self.manifests[one.manifest])}
            for one in self.rejudgings.applied
        ]

    def covering(self) -> list[Covering]:
        return [
            Covering(rejudging_id=one.rejudging_id, submissions=rows)
            for one, rows in zip(self.rejudgings.applied, self.stack(), strict=True)
        ]

    def current(self) -> dict[SubmissionId, JudgingId]:
        """By the rule: what is current of every submission."""
        covering = self.covering()
        return {one.submission_id: current_judging(one.submission_id, covering) for one in self.submissions}

    def seen_by_a_reader(self) -> dict[SubmissionId, JudgingId]:
        """What somebody knows who reads `rejudgings` from the beginning and takes each manifest as it comes."""
        current = {one.submission_id: judging_id(one.submission_id) for one in self.submissions}
        decided_to = -1
        for event in self.decisions:
            assert event.caused_by is not None
            if event.caused_by.offset > decided_to and isinstance(event, RejudgingApplied | RejudgingReverted):
                rows = read_current(self.manifests[event.manifest])
                current |= {row.submission_id: row.judging_id for row in rows}
            decided_to = max(decided_to, event.caused_by.offset)
        return current
