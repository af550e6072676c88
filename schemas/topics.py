"""The topic table: the one place that names topics, their keys, events, partitions and retention."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.events import (
    CaseJudged,
    ChannelUpdated,
    ContestRejudged,
    ContestRevised,
    ContestSubmissionAccepted,
    ContestThawed,
    ContestVerdictReached,
    DeadLettered,
    Event,
    ExecutorReported,
    JudgingRequested,
    JudgingStalled,
    JudgingStarted,
    ProblemRetired,
    ProblemRevised,
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
    SubmissionReceived,
    TeamRegistered,
    VerdictReached,
)
from schemas.values import Lane

EXECUTOR_POOL: Final = "default"
"""The first pool; its executors share the consumer group `executor_group(EXECUTOR_POOL)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of the log.

    `key` is the attribute of its events that is the record key (hashed with murmur2), or None where the writer
    chooses the partition. `retention` None means for ever. `partitions_may_grow` only where no key moves by it.
    """

    name: str
    events: tuple[type[Event], ...]
    key: str | None
    partitions: int
    writer: str
    retention: timedelta | None = None
    compacted: bool = False
    partitions_may_grow: bool = False

    def key_of(self, event: Event) -> str | None:
        """The record key of an event of this topic."""
        return None if self.key is None else str(getattr(event, self.key))


SUBMISSION_PARTITIONS: Final = 12
"""`submissions`, `judgings` and `verdicts` share key and number, so a submission is in one partition of each."""

SUBMISSIONS: Final = Topic(
    name="submissions",
    events=(SubmissionReceived,),
    key="submission_id",
    partitions=SUBMISSION_PARTITIONS,
    writer="ingest_api",
)
JUDGINGS: Final = Topic(
    name="judgings",
    events=(JudgingStarted, CaseJudged),
    key="submission_id",
    partitions=SUBMISSION_PARTITIONS,
    writer="executor",
    retention=timedelta(days=30),
)
VERDICTS: Final = Topic(
    name="verdicts",
    events=(VerdictReached,),
    key="submission_id",
    partitions=SUBMISSION_PARTITIONS,
    writer="executor",
)
PROBLEMS: Final = Topic(
    name="problems",
    events=(ProblemRevised, ProblemRetired),
    key="problem_id",
    partitions=3,
    writer="ingest_api",
)
CONTESTS: Final = Topic(
    name="contests",
    events=(ContestRevised, TeamRegistered, ContestThawed),
    key="contest_id",
    partitions=3,
    writer="ingest_api",
)
CONTEST_FEED: Final = Topic(
    name="contest-feed",
    events=(
        ContestRevised,
        TeamRegistered,
        ContestThawed,
        ContestSubmissionAccepted,
        ContestVerdictReached,
        ContestRejudged,
    ),
    key="contest_id",
    partitions=6,
    writer="stream_processors",
)
REJUDGING_REQUESTS: Final = Topic(
    name="rejudging-requests",
    events=(RejudgingOpenRequested, RejudgingChangeRequested),
    key="rejudging_id",
    partitions=1,
    writer="ingest_api",
)
REJUDGINGS: Final = Topic(
    name="rejudgings",
    events=(
        RejudgingOpened,
        RejudgingCounted,
        RejudgingApplied,
        RejudgingReverted,
        RejudgingCancelled,
        RejudgingPaused,
        RejudgingResumed,
        RejudgingRefused,
    ),
    key="rejudging_id",
    partitions=1,
    writer="stream_processors",
)
STALLS: Final = Topic(
    name="stalls",
    events=(JudgingStalled,),
    key="submission_id",
    partitions=1,
    writer="stream_processors",
    retention=timedelta(days=30),
)
LIVE: Final = Topic(
    name="live",
    events=(ChannelUpdated,),
    key="channel",
    partitions=6,
    writer="projections",
    retention=timedelta(days=1),
)
EXECUTORS: Final = Topic(
    name="executors",
    events=(ExecutorReported,),
    key="executor_id",
    partitions=1,
    writer="executor",
    compacted=True,
)
DEAD_LETTERS: Final = Topic(
    name="dead-letters",
    events=(DeadLettered,),
    key=None,
    partitions=1,
    writer="whoever gave up",
    retention=timedelta(days=30),
)


def _jobs(lane: Lane) -> Topic:
    """A lane of jobs; kept for ever here, trimmed below the committed offset by whoever keeps house."""
    return Topic(
        name=f"jobs.{lane}",
        events=(JudgingRequested,),
        key=None,
        partitions=6,
        writer="stream_processors",
        partitions_may_grow=True,
    )


JOBS: Final[dict[Lane, Topic]] = {lane: _jobs(lane) for lane in Lane}

TOPICS: Final[tuple[Topic, ...]] = (
    SUBMISSIONS,
    *JOBS.values(),
    JUDGINGS,
    VERDICTS,
    PROBLEMS,
    CONTESTS,
    REJUDGING_REQUESTS,
    REJUDGINGS,
    CONTEST_FEED,
    STALLS,
    LIVE,
    EXECUTORS,
    DEAD_LETTERS,
)

TOPIC_BY_NAME: Final[dict[str, Topic]] = {topic.name: topic for topic in TOPICS}


def executor_group(pool: str) -> str:
    """The consumer group in which a pool's executors share the lanes; the router reads its committed offsets."""
    return f"executors.{pool}"
