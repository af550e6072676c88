"""Decides about rejudgings, one request after the other.

Theory of operation. A decision counts if it is the first in `rejudgings` for its request, so the decider reads that
topic to its end before it decides, and again after its decision was acknowledged: what it then goes by is what the log
says, also where another process had been faster. A request is committed only after all that follows from its decision
is acknowledged. Whoever reads a decided request again decides nothing and repeats what follows from it, under the same
ids: so no contest misses a step, whenever a process is killed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import schemas.dead_letters
from schemas.blobs.port import BlobError
from schemas.eventlog.errors import AppendRejected, LogError
from schemas.eventlog.port import EventLog, Record, Undecodable
from schemas.events import (
    RejudgingChangeRequested,
    RejudgingOpened,
    RejudgingOpenRequested,
    SubmissionReceived,
    VerdictReached,
)
from schemas.heartbeats import Beat
from schemas.ids import JudgingId, ProblemRevision, Sha256, SubmissionId
from schemas.log import EventLogger
from schemas.manifests import NowCurrent, read_current, read_selection
from schemas.rules.definition import Definition, DefinitionUnreadable, parse
from schemas.topics import CONTEST_FEED, DEAD_LETTERS, REJUDGINGS, SUBMISSIONS, VERDICTS
from schemas.values import DeadLetterReason
from stream_processors.build_job import Unobtainable
from stream_processors.decide_rejudgings import (
    Asked,
    Decision,
    ToApply,
    ToRevert,
    ToSelect,
    contests_rejudged,
    decide_application,
    decide_opening,
    decide_revert,
    first_look,
    refused,
)
from stream_processors.rejudging import metrics
from stream_processors.rejudging.followed import Followed
from stream_processors.rejudging.patience import PatientBlobs, append
from stream_processors.rejudging.scan import scan, together
from stream_processors.rejudging_scans import Judging, Selecting, Selection, Uncovering
from stream_processors.source import GIVEN_UP_BY

OUR_FAULT: Final = "our-fault"

log: Final = EventLogger(__name__)

Rows = Mapping[SubmissionId, NowCurrent]


class Decider:
    """Answers requests by events in `rejudgings`, and moves contests by events in `contest-feed`."""

    def __init__(
        self,
        event_log: EventLog,
        blobs: PatientBlobs,
        followed: Followed,
        *,
        most_open: int,
        clock: Callable[[], datetime],
        beat: Beat,
    ) -> None:
        self._log = event_log
        self._blobs = blobs
        self._followed = followed
        self._most_open = most_open
        self._clock = clock
        self._beat = beat

    def handle(self, record: Record) -> None:
        """Returns once all that follows from the request is acknowledged; `LogUnavailable`: to be tried again."""
        match record.event:
            case RejudgingOpenRequested() | RejudgingChangeRequested() as request:
                self._followed.catch_up()
                if record.position.offset > self._followed.rejudgings.decided_to:
                    asked = Asked(request=request, position=record.position, now=self._clock())
                    self._append_any(asked, self._decided(asked, record))
                self._publish(record)
            case Undecodable() as unreadable:
                self._give_up(record, DeadLetterReason.UNDECODABLE, unreadable.why)
            case stranger:
                self._give_up(record, DeadLetterReason.UNEXPECTED_EVENT, type(stranger).__name__)

    def _append_any(self, asked: Asked, decision: Decision) -> None:
        try:
            self._append(asked, decision)
        except AppendRejected as error:
            log.error("decision_rejected", position=asked.position, why=error)
            self._append(asked, refused(asked, OUR_FAULT, f"The log does not take the decision: {error}."))

    def _append(self, asked: Asked, decision: Decision) -> None:
        manifest = decision.manifest
        if manifest is not None:
            self._blobs.put(manifest)
        position = append(self._log, REJUDGINGS, decision.event)
        self._followed.catch_up()
        metrics.DECIDED.labels(type(decision.event).__name__).inc()
        metrics.DECIDING_SECONDS.observe((self._clock() - asked.now).total_seconds())
        log.info(
            "rejudging_decided",
            rejudging_id=asked.request.rejudging_id,
            decision=type(decision.event).__name__,
            refusal=getattr(decision.event, "refusal", None),
            submissions=getattr(decision.event, "selected", getattr(decision.event, "changed", None)),
            position=position,
        )

    def _publish(self, record: Record) -> None:
        """Tells the contests of the decision that counts for this request."""
        move = self._followed.moves.get(record.position.offset)
        if move is None:
            return
        try:
            rows = self._rows(move.event.manifest)
        except (BlobError, OSError, ValueError) as error:
            self._give_up(record, DeadLetterReason.ATTEMPTS_EXHAUSTED, f"its manifest cannot be read: {error}")
            return
        for event in contests_rejudged(move.event, move.position, rows):
            append(self._log, CONTEST_FEED, event)
            log.info("contest_rejudged", contest_id=event.contest_id, rejudging_id=event.rejudging_id)

    def _decided(self, asked: Asked, record: Record) -> Decision:
        try:
            return self._decide(asked)
        except LogError:
            raise
        except Exception as error:  # noqa: BLE001  a fault of ours in one request must not stop the next
            why = f"{type(error).__name__}: {error}"[:300]
            log.error("rejudging_undecided", error=error, position=record.position)
            self._give_up(record, DeadLetterReason.ATTEMPTS_EXHAUSTED, why)
            return refused(asked, OUR_FAULT, f"We failed, and nothing was changed; it is in the dead letters. {why}.")

    def _decide(self, asked: Asked) -> Decision:
        match first_look(asked, self._followed.rejudgings, self._most_open):
            case Decision() as decision:
                return decision
            case ToSelect(request=request):
                return decide_opening(asked, self._select(request), self._revised(request.override.problem_revision))
            case ToApply(request=request, opened=opened):
                return decide_application(asked, self._judged(request, opened).results())
            case ToRevert(application=application):
                place = self._followed.rejudgings.applied.index(application)
                stack = self._stack()
                reverted = tuple(stack[place].values())
                return decide_revert(asked, self._uncover(reverted, stack[:place], stack[place + 1 :]))

    # --- looking into the log ----------------------------------------------------------------------------------------

    def _select(self, request: RejudgingOpenRequested) -> Selection:
        """Reads `submissions` and `verdicts` to the ends that they have now, some partitions after the others."""
        began_s = time.monotonic()
        selecting = Selecting(request.filter, self._current())
        accepted, judged = self._log.end_offsets(SUBMISSIONS), self._log.end_offsets(VERDICTS)

        def visit(record: Record) -> None:
            match record.event:
                case SubmissionReceived():
                    selecting.accepted(record.event, record.position.offset)
                case VerdictReached():
                    selecting.judged(record.event, record.position.offset)
                case _:
                    pass  # in the dead letters already

        for partitions in together({number: accepted[number] + judged[number] for number in accepted}):
            scan(self._log, SUBMISSIONS, {number: range(accepted[number]) for number in partitions}, visit, self._beat)
            scan(self._log, VERDICTS, {number: range(judged[number]) for number in partitions}, visit, self._beat)
            selecting.settle()
        events = sum(accepted.values()) + sum(judged.values())
        log.info("rejudging_scanned", events=events, took_s=round(time.monotonic() - began_s, 3))
        return selecting.selection()

    def _judged(self, request: RejudgingChangeRequested, opened: RejudgingOpened) -> Judging:
        selection = read_selection(self._blobs.get(opened.manifest))
        judging = Judging(opened, selection, request.part, self._current() if request.part is not None else {})
        self._scan_verdicts(judging.judged)
        return judging

    def _uncover(
        self, reverted: Sequence[NowCurrent], below: Sequence[Rows], above: Sequence[Rows]
    ) -> tuple[NowCurrent, ...]:
        uncovering = Uncovering(reverted, below, above)
        if not uncovering.is_complete:
            self._scan_verdicts(uncovering.judged)
        return uncovering.rows()

    def _scan_verdicts(self, judged: Callable[[VerdictReached], None]) -> None:
        def visit(record: Record) -> None:
            if isinstance(record.event, VerdictReached):
                judged(record.event)

        ends = self._log.end_offsets(VERDICTS)
        scan(self._log, VERDICTS, {number: range(end) for number, end in ends.items()}, visit, self._beat)

    def _current(self) -> dict[SubmissionId, JudgingId]:
        """The judgings that are current by the stack of applications."""
        return {submission_id: row.judging_id for rows in self._stack() for submission_id, row in rows.items()}

    def _stack(self) -> list[Rows]:
        manifests = [application.manifest for application in self._followed.rejudgings.applied]
        return [{row.submission_id: row for row in self._rows(manifest)} for manifest in manifests]

    # --- blobs and dead letters --------------------------------------------------------------------------------------

    def _rows(self, manifest: Sha256) -> tuple[NowCurrent, ...]:
        return read_current(self._blobs.get(manifest))

    def _revised(self, revision: ProblemRevision | None) -> Definition | Unobtainable | None:
        if revision is None:
            return None
        try:
            return parse(self._blobs.get(Sha256(revision)))
        except (BlobError, OSError, DefinitionUnreadable) as error:
            return Unobtainable(reason=f"{error}.")

    def _give_up(self, record: Record, reason: DeadLetterReason, detail: str) -> None:
        letter = schemas.dead_letters.dead_letter(
            record.position,
            key=None,
            value=record.value,
            reason=reason,
            detail=detail,
            given_up_by=GIVEN_UP_BY,
            now=self._clock(),
        )
        append(self._log, DEAD_LETTERS, letter)
        metrics.DEAD_LETTERS.labels(reason).inc()
        log.error("dead_lettered", position=record.position, reason=reason, detail=detail)
