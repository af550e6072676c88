"""Brings one record of a lane to its end: a verdict in the log, or a dead letter beside a JUDGE_ERROR.

Our own failures are tried again with patience and then given up, so that the partition moves on; a failure of the
log is waited out, however long it takes. What the log will never take is given up, too. Only when the executor goes
down, or the job becomes another's, does a record stay unfinished.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Final

from executor import metrics
from executor.attempt import Attempt
from executor.attempts import DEATHS_ALLOWED, Start
from executor.errors import ExecutorDied, HopelessJob, JobLost
from executor.judge import Judge
from executor.patience import APPEND_DELAYS_S, RETRY_DELAYS_S, delay_s
from executor.sandbox.errors import Stopped
from executor.slots import CountAgain
from schemas.dead_letters import dead_letter, without_content
from schemas.eventlog.errors import AppendRejected, LogError
from schemas.eventlog.port import EventLog, Record, Undecodable
from schemas.events import CaseJudged, Event, JudgingRequested, JudgingStarted, VerdictReached
from schemas.log import EventLogger
from schemas.topics import DEAD_LETTERS, JUDGINGS, VERDICTS, Topic
from schemas.values import DeadLetterReason, Position

ACKNOWLEDGED_WITHIN_S: Final = 60.0
"""Longer than the log's own time limit for an append, so that it is the log that says what became of it."""

SERVICE: Final = "executor"

log = EventLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Works for one slot."""

    judge: Judge
    event_log: EventLog
    progress_log: EventLog
    """The same log by a producer that may wait a moment for more: ten cases then cost as much as one."""

    retry_delays_s: Sequence[float] = RETRY_DELAYS_S
    stopping: Flag = field(default_factory=Flag)

    def bring_to_its_end(self, record: Record, start: Start, count_again: CountAgain) -> None:
        """Returns once all that follows from the record is acknowledged.

        `start` is counted already; `count_again` counts every further one. `Stopped` or `JobLost` where the record
        will not come to its end here.
        """
        match record.event:
            case JudgingRequested() as request:
                self._judge(record, request, start, count_again)
            case Undecodable(why=why):
                self._bury(record, DeadLetterReason.UNDECODABLE, why)
            case other:
                self._bury(record, DeadLetterReason.UNEXPECTED_EVENT, f"{type(other).__name__} in a lane")

    def stop(self) -> None:
        """Ends what is being run and every wait, each with `Stopped`; may be called from any thread."""
        self.stopping.set()
        self.judge.sandbox.close()

    def _judge(self, record: Record, request: JudgingRequested, start: Start, count_again: CountAgain) -> None:
        with metrics.JUDGING_SECONDS.time():
            verdict = self._verdict(request, start, count_again)
        try:
            self._conclude(record, request, verdict)
        except AppendRejected as fault:
            attempt = self._attempt(request, start)
            self._conclude(record, request, self._given_up(attempt, fault))

    def _conclude(self, record: Record, request: JudgingRequested, verdict: VerdictReached) -> None:
        if verdict.reason is not None and request.give_up is None:
            self._bury(record, DeadLetterReason.ATTEMPTS_EXHAUSTED, verdict.reason)
        self._append(VERDICTS, verdict)
        metrics.VERDICTS.labels(verdict.verdict, verdict.language).inc()

    def _verdict(self, request: JudgingRequested, start: Start, count_again: CountAgain) -> VerdictReached:
        """The judge's verdict, or JUDGE_ERROR after its last failure."""
        if start.exhausted and request.give_up is None:
            return self._given_up(self._attempt(request, start), ExecutorDied(DEATHS_ALLOWED))
        for pause_s in (*self.retry_delays_s, None):
            attempt = self._attempt(request, start)
            try:
                return self.judge.judge(attempt, self._tell)
            except (Stopped, JobLost):
                raise
            except HopelessJob as fault:
                return self._given_up(attempt, fault)
            except Exception as fault:  # noqa: BLE001  # whatever it is, it is ours, and a dead letter tells of it
                if pause_s is None:
                    return self._given_up(attempt, fault)
                self._wait_before_retry(attempt, fault, pause_s)
                start = count_again()
        raise AssertionError("the last start returns")

    def _attempt(self, request: JudgingRequested, start: Start) -> Attempt:
        return Attempt(request=request, position=start.position, start=start.number, executor_id=self.judge.executor_id)

    def _given_up(self, attempt: Attempt, fault: Exception) -> VerdictReached:
        log.error("judging_given_up", error=fault, submission_id=attempt.request.submission_id, starts=attempt.start)
        return self.judge.give_up(attempt, f"{type(fault).__name__}: {fault}")

    def _wait_before_retry(self, attempt: Attempt, fault: Exception, pause_s: float) -> None:
        metrics.FAULTS.labels(type(fault).__name__).inc()
        log.warning(
            "judging_failed",
            submission_id=attempt.request.submission_id,
            start=attempt.start,
            why=fault,
            again_in_s=pause_s,
        )
        self._pause(pause_s)

    def _pause(self, pause_s: float) -> None:
        if self.stopping.wait(pause_s):
            raise Stopped("the executor is going down")

    def _tell(self, event: JudgingStarted | CaseJudged) -> None:
        """Progress is worth no waiting: a verdict replaces it."""
        try:
            self.progress_log.append(JUDGINGS, event).add_done_callback(_note_loss)
        except LogError as fault:
            log.warning("progress_lost", why=fault)

    def _bury(self, record: Record, reason: DeadLetterReason, why: str) -> None:
        log.warning("dead_lettered", position=record.position, reason=reason, why=why)
        metrics.DEAD_LETTERS.labels(reason).inc()
        event = record.event
        letter = dead_letter(
            record.position,
            key=event.key if isinstance(event, Undecodable) else None,
            value=event.value if isinstance(event, Undecodable) else record.value,
            reason=reason,
            detail=why,
            given_up_by=f"{SERVICE} {self.judge.executor_id}",
            now=self.judge.clock(),
        )
        try:
            self._append(DEAD_LETTERS, letter, partition=0)
        except AppendRejected as fault:
            log.error("dead_letter_rejected", position=record.position, why=fault)
            self._append(DEAD_LETTERS, without_content(letter), partition=0)

    def _append(self, topic: Topic, event: Event, partition: int | None = None) -> None:
        """Appends until it is acknowledged; `AppendRejected` where it never will be.

        The ids are derived, so that a second copy is the same event.
        """
        failures = 0
        while True:
            try:
                self.event_log.append(topic, event, partition=partition).result(ACKNOWLEDGED_WITHIN_S)
                return
            except AppendRejected:
                raise
            except (LogError, TimeoutError) as fault:
                failures += 1
                log.warning("append_failed", topic=topic.name, event_id=event.event_id, why=fault)
                self._pause(delay_s(APPEND_DELAYS_S, failures))


def _note_loss(appended: "Future[Position]") -> None:
    if (fault := appended.exception()) is not None:
        log.warning("progress_lost", why=fault)
