"""Events: what has happened, in the past tense, as it stands in the log.

Every event has `event_id`, `occurred_at` (aware, UTC, microseconds) and `caused_by` (a position, or None for what a
client asked for). A field that is added later has a default. No event holds a mail address or a person's name.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.ids import (
    AttemptId,
    ContestId,
    EventId,
    ExecutorId,
    JudgingId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    RejudgingId,
    Sha256,
    SubmissionId,
    TeamId,
    UserId,
)
from schemas.values import (
    Calibration,
    CaseResult,
    Comparison,
    ContestProblem,
    DeadLetterReason,
    JobCase,
    JudgingOverride,
    Lane,
    LanguageInfo,
    Limits,
    Position,
    ProblemCase,
    Provenance,
    RecordedJudging,
    RejudgingChange,
    RejudgingPriority,
    Scoring,
    SourceFile,
    StallAnswer,
    Stub,
    SubmissionFilter,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """What every event has."""

    event_id: EventId
    occurred_at: datetime
    caused_by: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReceived(Occurrence):
    """A submission was accepted, with everything that its judging will use pinned."""

    submission_id: SubmissionId
    user_id: UserId
    language: LanguageId
    files: tuple[SourceFile, ...]
    entry_point: str | None
    problem_id: ProblemId
    problem_revision: ProblemRevision
    contest_id: ContestId | None
    team_id: TeamId | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingRequested(Occurrence):
    """A self-contained job: an executor needs it and the blobs that it names, nothing else.

    With `give_up` nothing is run: the executor answers JUDGE_ERROR for that reason. A job of a rejudging names it, and
    which of its `repeat`s (from 0) this is; `image` replaces the language's own. What can be decided by `recorded` is
    not run again.
    """

    submission_id: SubmissionId
    judging_id: JudgingId
    attempt: int
    lane: Lane
    user_id: UserId
    team_id: TeamId | None
    problem_id: ProblemId
    problem_revision: ProblemRevision
    contest_id: ContestId | None
    submitted_at: datetime
    language: LanguageId
    files: tuple[SourceFile, ...]
    entry_point: str | None
    stub: Stub | None
    limits: Limits
    comparison: Comparison
    cases: tuple[JobCase, ...]
    all_cases: bool
    give_up: str | None = None
    rejudging_id: RejudgingId | None = None
    repeat: int = 0
    image: str | None = None
    recorded: RecordedJudging | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingStarted(Occurrence):
    """An executor began an attempt at a judging; `case_names` are all that it will run, in order."""

    submission_id: SubmissionId
    judging_id: JudgingId
    attempt_id: AttemptId
    attempt: int
    executor_id: ExecutorId
    case_names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseJudged(Occurrence):
    """Progress of an attempt: the `index`-th case (from 0) has ended. Ignored once there is a verdict."""

    submission_id: SubmissionId
    judging_id: JudgingId
    attempt_id: AttemptId
    attempt: int
    index: int
    result: CaseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReached(Occurrence):
    """The truth about one judging; the first one per judging in partition order counts.

    Self-contained for analytics. `score` is 0 to 1. `cpu_time_ms` and `memory_bytes` are the peaks over all cases;
    `problem_cases` is how many cases the problem has, of which `cases` holds those that were run, in order.
    """

    submission_id: SubmissionId
    judging_id: JudgingId
    attempt_id: AttemptId
    attempt: int
    user_id: UserId
    team_id: TeamId | None
    problem_id: ProblemId
    problem_revision: ProblemRevision
    contest_id: ContestId | None
    language: LanguageId
    submitted_at: datetime
    verdict: Verdict
    score: float
    cpu_time_ms: int
    memory_bytes: int
    compiler_output: str | None
    problem_cases: int
    cases: tuple[CaseResult, ...]
    provenance: Provenance
    reason: str | None = None
    rejudging_id: RejudgingId | None = None
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRevised(Occurrence):
    """A problem was created or changed; `revision` is the sha256 of its canonical definition, which is a blob."""

    problem_id: ProblemId
    revision: ProblemRevision
    author_id: UserId
    title: str
    statement: str
    difficulty: str | None
    tags: tuple[str, ...]
    editorial: str | None
    limits: Limits
    comparison: Comparison
    cases: tuple[ProblemCase, ...]
    all_cases: bool
    stubs: tuple[Stub, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRetired(Occurrence):
    """A problem takes no more submissions and is not listed; what was judged stays."""

    problem_id: ProblemId


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestRevised(Occurrence):
    """A contest was created or changed. `freeze_s` counts from the end; 0 means no freeze."""

    contest_id: ContestId
    name: str
    starts_at: datetime
    duration_s: int
    freeze_s: int
    penalty_minutes: int
    scoring: Scoring
    problems: tuple[ContestProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRegistered(Occurrence):
    """A team takes part; a later one of the same team replaces name and members."""

    contest_id: ContestId
    team_id: TeamId
    name: str
    members: tuple[UserId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestThawed(Occurrence):
    """The jury opened the frozen board to everyone."""

    contest_id: ContestId


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestSubmissionAccepted(Occurrence):
    """A submission as a contest's board sees it."""

    contest_id: ContestId
    team_id: TeamId
    submission_id: SubmissionId
    problem_id: ProblemId
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestVerdictReached(Occurrence):
    """A verdict as a contest's board sees it; whole, so that it may come before its submission."""

    contest_id: ContestId
    team_id: TeamId
    submission_id: SubmissionId
    judging_id: JudgingId
    problem_id: ProblemId
    submitted_at: datetime
    verdict: Verdict
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUpdated(Occurrence):
    """What changed on a live channel: `data` is JSON with absolute values, `version` grows with the row's state."""

    channel: str
    type: str
    version: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorReported(Occurrence):
    """An executor is there and offers these languages; it reports again every few seconds.

    `why_aside` says why it takes no jobs at present.
    """

    executor_id: ExecutorId
    pool: str
    slots: int
    busy: int
    sandbox: str
    software_version: str
    languages: tuple[LanguageInfo, ...]
    calibration: Calibration | None = None
    why_aside: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLettered(Occurrence):
    """A record that could not be dealt with: its raw bytes, where it stood (`caused_by`) and why."""

    key: bytes | None
    value: bytes
    reason: DeadLetterReason
    detail: str
    given_up_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingOpenRequested(Occurrence):
    """Somebody asks for a rejudging of all submissions that the filter selects, each `repeats` times.

    `everything` is said by whoever means a filter that restricts nothing. With `dry_run` they are counted only.
    """

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str
    filter: SubmissionFilter
    override: JudgingOverride
    repeats: int
    priority: RejudgingPriority
    everything: bool
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingChangeRequested(Occurrence):
    """Somebody asks to do something with a rejudging; `part` is for `apply` alone, None means the whole."""

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str
    change: RejudgingChange
    part: SubmissionFilter | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingOpened(Occurrence):
    """A rejudging was opened: `manifest` is the blob of its exact selection, `selected` submissions in all."""

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str
    filter: SubmissionFilter
    override: JudgingOverride
    repeats: int
    priority: RejudgingPriority
    manifest: Sha256
    selected: int
    contest_ids: tuple[ContestId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingCounted(Occurrence):
    """The answer to a dry run: so many submissions would be judged again. Nothing was opened."""

    rejudging_id: RejudgingId
    requested_by: UserId
    selected: int
    contest_ids: tuple[ContestId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingApplied(Occurrence):
    """Verdicts of a rejudging became current: `manifest` is the blob of what is current now, `changed` submissions."""

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str
    part: SubmissionFilter | None
    manifest: Sha256
    changed: int
    contest_ids: tuple[ContestId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingReverted(Occurrence):
    """Verdicts of a rejudging are no longer current: `manifest` is the blob of what is current instead."""

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str
    manifest: Sha256
    changed: int
    contest_ids: tuple[ContestId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingCancelled(Occurrence):
    """A rejudging was given up before it was applied; none of its verdicts will ever be current."""

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingPaused(Occurrence):
    """No more jobs of a rejudging are released until it is resumed."""

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingResumed(Occurrence):
    """Jobs of a rejudging are released again."""

    rejudging_id: RejudgingId
    requested_by: UserId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejudgingRefused(Occurrence):
    """What was asked for was not done, and nothing changed; `refusal` names the rule, `detail` says what to do."""

    rejudging_id: RejudgingId
    requested_by: UserId
    asked: str
    refusal: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestRejudged(Occurrence):
    """A contest's verdicts moved in one step, by a rejudging that was applied or, if `reverted`, taken back.

    `manifest` is the blob of what is current now; of its submissions `changed` are in this contest.
    """

    contest_id: ContestId
    rejudging_id: RejudgingId
    reverted: bool
    manifest: Sha256
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingStalled(Occurrence):
    """A judging made no progress for `stood_s` seconds, which is more than its limits allow.

    The job that stands is `caused_by`, its `attempt` the number that it asked for; `executor_id` began it last, None:
    nobody has. Whichever attempt's verdict is first in the log counts, whatever was answered.
    """

    submission_id: SubmissionId
    judging_id: JudgingId
    attempt: int
    executor_id: ExecutorId | None
    stood_s: int
    answer: StallAnswer


Event = (
    SubmissionReceived
    | JudgingRequested
    | JudgingStarted
    | CaseJudged
    | VerdictReached
    | ProblemRevised
    | ProblemRetired
    | ContestRevised
    | TeamRegistered
    | ContestThawed
    | ContestSubmissionAccepted
    | ContestVerdictReached
    | ChannelUpdated
    | ExecutorReported
    | DeadLettered
    | RejudgingOpenRequested
    | RejudgingChangeRequested
    | RejudgingOpened
    | RejudgingCounted
    | RejudgingApplied
    | RejudgingReverted
    | RejudgingCancelled
    | RejudgingPaused
    | RejudgingResumed
    | RejudgingRefused
    | ContestRejudged
    | JudgingStalled
)

EVENT_TYPES: Final[tuple[type[Event], ...]] = Event.__args__
"""Every event, in the order in which their schemas are registered; a new one goes to the end."""
