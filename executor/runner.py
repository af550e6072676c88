"""Brings one record of a lane to its end: a verdict in the log, or a dead letter beside a JUDGE_ERROR.

Our own failures are tried again with patience and then given up, so that the partition moves on; a failure of the
log is waited out, however long it takes. Only when the executor goes down does a record stay unfinished.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Final

from executor import metrics
from executor.attempt import Attempt
from executor.errors import HopelessJob
from executor.judge import Judge
from executor.patience import APPEND_DELAYS_S, RETRY_DELAYS_S, delay_s
from executor.sandbox.errors import Stopped
from schemas.eventlog.errors import LogError
from schemas.eventlog.port import EventLog, Record, Undecodable
from schemas.events import CaseJudged, DeadLettered, Event, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import derived_event_id
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
    retry_delays_s: Sequence[float] = RETRY_DELAYS_S
    stopping: Flag = field(default_factory=Flag)

    def bring_to_its_end(self, record: Record) -> None:
        """Returns once all that follows from the record is acknowledged; `Stopped` if it never will be here."""
        match record.event:
            case JudgingRequested() as request:
                self._judge(record, request)
            case Undecodable(why=why, key=key):
                self._bury(record, DeadLetterReason.UNDECODABLE, why, key)
            case other:
                self._bury(record, DeadLetterReason.UNEXPECTED_EVENT, f"{type(other).__name__} in a lane")

    def stop(self) -> None:
        """Ends what is being run and every wait, each with `Stopped`; may be called from any thread."""
        self.stopping.set()
        self.judge.sandbox.close()

    def _judge(self, record: Record, request: JudgingRequested) -> None:
        with metrics.JUDGING_SECONDS.time():
            verdict = self._verdict(record, request)
        if verdict.reason is not None and request.give_up is None:
            self._bury(record, DeadLetterReason.ATTEMPTS_EXHAUSTED, verdict.reason)
        self._append(VERDICTS, verdict)
        metrics.VERDICTS.labels(verdict.verdict, verdict.language).inc()

    def _verdict(self, record: Record, request: JudgingRequested) -> VerdictReached:
        """The judge's verdict, or JUDGE_ERROR after its last failure."""
        for start in range(1, len(self.retry_delays_s) + 2):
            attempt = Attempt(
                request=request, position=record.position, start=start, executor_id=self.judge.executor_id
            )
            try:
                return self.judge.judge(attempt, self._tell)
            except Stopped:
                raise
            except HopelessJob as fault:
                return self._given_up(attempt, fault)
            except Exception as fault:  # noqa: BLE001  # whatever it is, it is ours, and a dead letter tells of it
                if start > len(self.retry_delays_s):
                    return self._given_up(attempt, fault)
                self._wait_before_retry(attempt, fault, self.retry_delays_s[start - 1])
        raise AssertionError("the last start returns")

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
            self.event_log.append(JUDGINGS, event).add_done_callback(_note_loss)
        except LogError as fault:
            log.warning("progress_lost", why=fault)

    def _bury(self, record: Record, reason: DeadLetterReason, why: str, key: bytes | None = None) -> None:
        log.warning("dead_lettered", position=record.position, reason=reason, why=why)
        event = record.event
        dead = DeadLettered(
            event_id=derived_event_id("DeadLettered", str(record.position)),
            occurred_at=self.judge.clock(),
            caused_by=record.position,
            key=key,
            value=event.value if isinstance(event, Undecodable) else record.value,
            reason=reason,
            detail=why,
            given_up_by=f"{SERVICE} {self.judge.executor_id}",
        )
        self._append(DEAD_LETTERS, dead, partition=0)

    def _append(self, topic: Topic, event: Event, partition: int | None = None) -> None:
        """Appends until it is acknowledged. The ids are derived, so that a second copy is the same event."""
        failures = 0
        while True:
            try:
                self.event_log.append(topic, event, partition=partition).result(ACKNOWLEDGED_WITHIN_S)
                return
            except (LogError, TimeoutError) as fault:
                failures += 1
                log.warning("append_failed", topic=topic.name, event_id=event.event_id, why=fault)
                self._pause(delay_s(APPEND_DELAYS_S, failures))


def _note_loss(appended: "Future[Position]") -> None:
    if (fault := appended.exception()) is not None:
        log.warning("progress_lost", why=fault)
