"""An executor that judges rejudge jobs when it is told to, without running anything."""

from concurrent.futures import Future
from dataclasses import replace

from schemas.eventlog.port import Committed, Partition
from schemas.events import ExecutorReported, JudgingRequested, SubmissionReceived, VerdictReached
from schemas.golden_records import example
from schemas.ids import EventId, ExecutorId, JudgingId, RejudgingId, judging_id
from schemas.topics import EXECUTOR_POOL, EXECUTORS, JOBS, VERDICTS, executor_group
from schemas.values import Lane, Position, Verdict
from stream_processors.release_rejudgings import JOBS_PER_SLOT
from tests.integration.stream_processors.room import Room

SLOTS = 2
WINDOW = JOBS_PER_SLOT * SLOTS


class ModelExecutor:
    """Is the only member of its group that reads the lane."""

    def __init__(self, room: Room, *, slots: int = SLOTS) -> None:
        self._room = room
        self._reader = room.log.group_reader([JOBS[Lane.REJUDGE]], executor_group(EXECUTOR_POOL))
        self.judged = 0
        self.verdicts: set[JudgingId] = set()
        report: ExecutorReported = example(ExecutorReported)
        self._report = replace(report, executor_id=ExecutorId("model"), slots=slots, why_aside=None)
        self.report()

    def report(self) -> None:
        """It lives; who wants that to count for more than a minute says it again."""
        self._room.log.append(EXECUTORS, self._report).result(10)

    def jobs(self, rejudging_id: RejudgingId) -> list[JudgingId]:
        """What was released, in the order of each partition."""
        jobs = self._room.appended(JudgingRequested)
        return [job.judging_id for job in jobs if job.rejudging_id == rejudging_id]

    def judge(self, most: int) -> int:
        """Accepts what waits, at most so many, and commits it; how many it was."""
        records = self._reader.poll(most, 0.2)
        appends: list[Future[Position]] = []
        done: dict[Partition, Committed] = {}
        for record in records:
            assert isinstance(record.event, JudgingRequested)
            appends.append(self._room.log.append(VERDICTS, accepted(record.event)))
            if record.event.rejudging_id is not None:
                self.verdicts.add(record.event.judging_id)
            at = Partition(record.position.topic, record.position.partition)
            done[at] = Committed(offset=record.position.offset + 1)
        for append in appends:
            append.result(10)
        self._reader.commit(done)
        self.judged += len(records)
        return len(records)

    def close(self) -> None:
        self._reader.close()


def verdict_on(submission: SubmissionReceived, verdict: Verdict) -> VerdictReached:
    """The original judging's verdict."""
    plain: VerdictReached = example(VerdictReached)
    return replace(
        plain,
        event_id=EventId(f"verdict {submission.submission_id}"),
        submission_id=submission.submission_id,
        judging_id=judging_id(submission.submission_id),
        user_id=submission.user_id,
        team_id=submission.team_id,
        contest_id=submission.contest_id,
        problem_id=submission.problem_id,
        language=submission.language,
        submitted_at=submission.submitted_at,
        verdict=verdict,
        rejudging_id=None,
        repeat=0,
    )


def accepted(job: JudgingRequested) -> VerdictReached:
    """The verdict of a rejudging."""
    plain: VerdictReached = example(VerdictReached)
    return replace(
        plain,
        event_id=EventId(f"verdict {job.judging_id}"),
        submission_id=job.submission_id,
        judging_id=job.judging_id,
        user_id=job.user_id,
        team_id=job.team_id,
        contest_id=job.contest_id,
        problem_id=job.problem_id,
        language=job.language,
        submitted_at=job.submitted_at,
        verdict=Verdict.AC,
        rejudging_id=job.rejudging_id,
        repeat=job.repeat,
    )
