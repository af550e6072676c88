"""A pool of executors as the watch over judgings sees it: offsets, readers of partitions, and records."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from schemas.eventlog.port import Owner, Partition, Record
from schemas.events import CaseJudged, Event, JudgingRequested, JudgingStarted, VerdictReached
from schemas.golden_records import example
from schemas.ids import ExecutorId, judging_id
from schemas.topics import JOBS, JUDGINGS, VERDICTS
from schemas.values import Lane, Limits, Position
from stream_processors.watch_judgings import SLACK_S, Answer, Judgings, Look, patience_s
from tests.unit.stream_processors.examples import submission_id

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
LIMITS = Limits(cpu_time_ms=3_000, memory_bytes=1, output_bytes=1, wall_time_ms=10_000)
PATIENCE_S = patience_s(LIMITS, SLACK_S)
TOPIC = JOBS[Lane.PRACTICE]
EAST, WEST = Owner("executor-east", "1"), Owner("executor-west", "2")
HALVES = {Partition(TOPIC.name, number): EAST if number < 3 else WEST for number in range(6)}


def job(number: int, attempt: int = 1, lane: Lane = Lane.PRACTICE) -> JudgingRequested:
    """The job of the `number`-th submission."""
    request: JudgingRequested = example(JudgingRequested)
    submission = submission_id(number)
    judging = judging_id(submission)
    return replace(
        request, submission_id=submission, judging_id=judging, attempt=attempt, lane=lane, limits=LIMITS, give_up=None
    )


@dataclass
class Pool:
    """Tells `judgings` what happens; the clock is `now_s`, and every step ends with a look."""

    owners: dict[Partition, Owner] = field(default_factory=lambda: dict(HALVES))
    judgings: Judgings = field(default_factory=Judgings)
    now_s: float = 0.0
    ends: dict[Partition, int] = field(default_factory=lambda: dict.fromkeys(HALVES, 0))
    committed: dict[Partition, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.look()

    def look(self) -> None:
        self.judgings.look(
            Look(now_s=self.now_s, ends=dict(self.ends), committed=dict(self.committed), owners=dict(self.owners))
        )

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.look()

    def ask(self, number: int, partition: int = 0, attempt: int = 1) -> Position:
        at = Partition(TOPIC.name, partition)
        position = Position(topic=at.topic, partition=at.number, offset=self.ends[at])
        self.ends[at] += 1
        self._read(position, job(number, attempt))
        return position

    def start(self, job_at: Position, number: int, executor: str = "east") -> None:
        started: JudgingStarted = example(JudgingStarted)
        self._told(
            replace(
                started,
                caused_by=job_at,
                submission_id=submission_id(number),
                judging_id=judging_id(submission_id(number)),
                executor_id=ExecutorId(executor),
            )
        )

    def end_case(self, job_at: Position, number: int) -> None:
        ended: CaseJudged = example(CaseJudged)
        self._told(replace(ended, caused_by=job_at, judging_id=judging_id(submission_id(number))))

    def judge(self, job_at: Position, number: int) -> None:
        verdict: VerdictReached = example(VerdictReached)
        self._told(replace(verdict, caused_by=job_at, judging_id=judging_id(submission_id(number))), VERDICTS.name)

    def commit(self, partition: int, offset: int) -> None:
        self.committed[Partition(TOPIC.name, partition)] = offset
        self.look()

    def give(self, partition: int, owner: Owner | None) -> None:
        at = Partition(TOPIC.name, partition)
        if owner is None:
            del self.owners[at]
        else:
            self.owners[at] = owner
        self.look()

    def stalled(self) -> list[int]:
        """The numbers of the submissions that stand still."""
        numbers = {submission_id(number): number for number in range(200)}
        return sorted(numbers[one.job.submission_id] for one in self.judgings.stalled())

    def answers(self) -> list[Answer]:
        return self.judgings.answers(self.judgings.stalled())

    def _told(self, event: Event, topic: str = JUDGINGS.name) -> None:
        self._read(Position(topic=topic, partition=0, offset=0), event)

    def _read(self, position: Position, event: Event) -> None:
        self.judgings.read(Record(position=position, appended_at=NOW, event=event), self.now_s)
        self.look()
