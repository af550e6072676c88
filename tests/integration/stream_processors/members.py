"""Members of the executors' group that judge nothing for real: one answers every job, one only polls."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event as Flag
from threading import Thread

from schemas.eventlog.port import Committed, EventLog, GroupReader, Partition, Record
from schemas.events import JudgingRequested, VerdictReached
from schemas.golden_records import example
from schemas.ids import EventId, ExecutorId, SubmissionId
from schemas.topics import EXECUTOR_POOL, JOBS, VERDICTS, executor_group


class Member:
    """An executor as its group sees it, in a thread of its own; `judged` are the submissions that it answered."""

    def __init__(self, log: EventLog, *, answers: bool) -> None:
        self.judged: list[SubmissionId] = []
        self._log = log
        self._answers = answers
        self._stopped = Flag()
        self._reader: GroupReader = log.group_reader(list(JOBS.values()), executor_group(EXECUTOR_POOL))
        self._thread = Thread(target=self._run, daemon=True)

    def partitions(self) -> frozenset[Partition]:
        """What the group has given it."""
        return self._reader.assignment()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(20)
        self._reader.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            for record in self._reader.poll(100, 0.1):
                if self._answers and isinstance(record.event, JudgingRequested):
                    self._answer(record, record.event)

    def _answer(self, record: Record, request: JudgingRequested) -> None:
        verdict: VerdictReached = example(VerdictReached)
        reached = replace(
            verdict,
            event_id=EventId(f"verdict {record.position}"),
            submission_id=request.submission_id,
            judging_id=request.judging_id,
            attempt=request.attempt,
            caused_by=record.position,
            contest_id=None,
            team_id=None,
            provenance=replace(verdict.provenance, executor_id=ExecutorId("healthy")),
        )
        self._log.append(VERDICTS, reached).result(10)
        at = Partition(record.position.topic, record.position.partition)
        self._reader.commit({at: Committed(offset=record.position.offset + 1)})
        self.judged.append(request.submission_id)


@contextmanager
def joined(log: EventLog, *, answers: bool) -> Iterator[Member]:
    """A member of the group while this is entered."""
    member = Member(log, answers=answers)
    member.start()
    try:
        yield member
    finally:
        member.stop()
