"""The shapes of answers, for the API's description. Answers are not made from them; tests hold the two together."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """Has the members that it names, no others."""

    model_config = ConfigDict(extra="forbid")


class Refused(BaseModel):
    """A problem document (RFC 9457): `type` is stable, further members depend on it."""

    type: str
    title: str
    status: int
    detail: str | None = None


class Case(Document):
    """A case that was judged: by a run, or with `from_stored_output` by the output and usage of an earlier run."""

    case: str
    verdict: str
    cpu_time_ms: int
    wall_time_ms: int
    memory_bytes: int
    from_stored_output: bool = False


class Judging(Document):
    """One grading of a submission, the original or one of a rejudging; `current` is the one whose verdict counts.

    `differing_repeats` counts verdicts of other attempts at it that came later and say something else.
    """

    judging_id: str
    state: str
    attempt: int
    verdict: str | None
    score: float | None
    cpu_time_ms: int | None
    memory_bytes: int | None
    rejudging_id: str | None
    repeat: int
    differing_repeats: int
    current: bool


class File(Document):
    """A file of a submission; `encoding` where it is not text."""

    name: str
    content: str
    encoding: Literal["base64"] | None = None


class Limits(Document):
    """Limits of one case."""

    cpu_time_ms: int
    memory_bytes: int
    output_bytes: int
    wall_time_ms: int


class Calibration(Document):
    """How fast the machine was: CPU time of fixed work, medians."""

    measured_at: str
    arithmetic_ns: int
    memory_access_ns: int


class Provenance(Document):
    """What a verdict rests on. Older verdicts lack the cases' digest and the limits."""

    executor_id: str
    sandbox: str
    software_version: str
    image_digest: str
    compiler_version: str
    cases_sha256: str
    limits: Limits | None
    calibration: Calibration | None


class Submission(Document):
    """A submission. `files` and `entry_point` are there for its author, their team and the jury, `provenance` for the
    jury once there is a verdict; `applied` where `after` was given. One that no model has yet has no more than its id
    and that it is queued.
    """

    submission_id: str
    user_id: str | None = None
    team_id: str | None = None
    problem_id: str | None = None
    problem_revision: str | None = None
    contest_id: str | None = None
    language: str | None = None
    submitted_at: str | None = None
    state: Literal["queued", "compiling", "running", "judged"]
    attempt_id: str | None = None
    verdict: str | None
    score: float | None
    cpu_time_ms: int | None
    memory_bytes: int | None
    compiler_output: str | None
    problem_cases: int | None
    cases: list[Case]
    judgings: list[Judging]
    version: int
    files: list[File] | None = None
    entry_point: str | None = None
    provenance: Provenance | None = None
    at: str | None = None
    applied: bool | None = None


class SubmissionLine(Document):
    """A submission in a list."""

    submission_id: str
    user_id: str
    team_id: str | None
    problem_id: str
    contest_id: str | None
    language: str
    submitted_at: str
    state: Literal["queued", "judged"]
    verdict: str | None
    score: float | None
    cpu_time_ms: int | None
    memory_bytes: int | None
    version: int


class SubmissionPage(Document):
    """Submissions, newest first; `cursor` is null on the last page."""

    submissions: list[SubmissionLine]
    cursor: str | None
    applied: bool | None = None


class Comparison(Document):
    """How outputs are compared."""

    kind: str
    absolute: float | None
    relative: float | None


class Sample(Document):
    """A case that solvers see."""

    name: str
    input: str
    answer: str


class ShownStub(Document):
    """What a solver begins with; `before` and `after` are for the jury and the problem's author."""

    starter: str
    before: str | None = None
    after: str | None = None


class BlobReference(Document):
    """A blob by its name."""

    sha256: str


class ShownCase(Document):
    """A case as the jury and the problem's author see it."""

    name: str
    input: BlobReference
    answer: BlobReference
    sample: bool


class Problem(Document):
    """A problem. What has a default is for the jury and the problem's author."""

    problem_id: str
    revision: str
    title: str
    statement: str
    difficulty: str | None
    tags: list[str]
    limits: Limits
    comparison: Comparison
    all_cases: bool
    stubs: dict[str, ShownStub]
    samples: list[Sample]
    retired: bool
    author_id: str | None = None
    revised_at: str | None = None
    editorial: str | None = None
    cases: list[ShownCase] | None = None
    applied: bool | None = None


class ProblemLine(Document):
    """A problem in the list."""

    problem_id: str
    title: str
    difficulty: str | None
    tags: list[str]
    revision: str


class ProblemPage(Document):
    """Problems by id; `cursor` is null on the last page."""

    problems: list[ProblemLine]
    cursor: str | None
    applied: bool | None = None


class Language(Document):
    """A language that may be submitted in now."""

    language: str
    name: str
    compiler_version: str
    suffixes: list[str]
    starter: str


class Languages(Document):
    """All of them, by id."""

    languages: list[Language]


class ContestProblem(Document):
    """A problem under its letter."""

    problem_id: str
    label: str
    color: str | None


class ContestLine(Document):
    """A contest in the list; `state` is that of this moment."""

    contest_id: str
    name: str
    starts_at: str
    ends_at: str
    duration_s: int
    freeze_s: int
    penalty_minutes: int
    scoring: str
    state: Literal["before", "running", "frozen", "ended", "thawed"]
    thawed: bool
    problems: list[ContestProblem]


class ContestPage(Document):
    """Contests, the one that starts last first; `cursor` is null on the last page."""

    contests: list[ContestLine]
    cursor: str | None
    applied: bool | None = None


class Team(Document):
    """A team; `members` for the jury and for themselves."""

    team_id: str
    name: str
    members: list[str] | None = None


class Contest(ContestLine):
    """A contest with its teams."""

    teams: list[Team]
    applied: bool | None = None


class Cell(Document):
    """A team's tries at a problem."""

    label: str
    attempts: int
    pending: int
    solved_at_minute: int | None
    first: bool
    score: float | None


class Row(Document):
    """A team on the board; `version` grows with each change of it."""

    rank: int
    team_id: str
    name: str
    solved: int
    penalty_minutes: int
    last_accepted_minute: int
    score: float | None
    cells: list[Cell]
    version: int


class Board(Document):
    """A board at one moment. `frozen` is the sentence that a frozen one carries; `at` is there where it was asked for
    as it was then, or by an offset: when that was.
    """

    contest_id: str
    name: str
    epoch: str
    offset: int
    state: str
    frozen: str | None
    thawed: bool
    problems: list[ContestProblem]
    rows: list[Row]
    at: str | None = None
    applied: bool | None = None


class Moment(Document):
    """A place in a contest's feed, and when it was reached."""

    offset: int
    at: str


class Timeline(Document):
    """When a board changed; all of the feed below `next_offset` was looked at."""

    contest_id: str
    next_offset: int
    moments: list[Moment]


class DeadLetterLine(Document):
    """A record that was given up: `source` is where it stood, `value_bytes` how much of it the letter holds."""

    position: str
    given_up_at: str
    source: str | None
    reason: str
    detail: str
    given_up_by: str | None
    value_bytes: int


class DeadLetterPage(Document):
    """Dead letters, newest first; `cursor` is null on the last page."""

    dead_letters: list[DeadLetterLine]
    cursor: str | None


class DeadLetter(DeadLetterLine):
    """A dead letter with key and value of the record, in base64; and whose it was, where it was of a submission."""

    key: str | None
    value: str
    submission_id: str | None
    rejudging_id: str | None


class Counts(Document):
    """`judged` of the submissions have a verdict that may be seen, of which `accepted` are AC."""

    submissions: int
    judged: int
    accepted: int


class LanguageCounts(Counts):
    """The same in one language."""

    language: str


class DayCounts(Counts):
    """The same of one day, in UTC."""

    day: str


class CpuTimes(Document):
    """How many accepted programs took at most each of `bounds_ms`, and more than the one before; the last bucket of
    `accepted` has those that took more than all of them.
    """

    bounds_ms: list[int]
    accepted: list[int]


class ProblemStatistics(Counts):
    """A problem's figures. What a freeze hides is submitted and not judged; `acceptance_rate` is accepted of judged."""

    problem_id: str
    acceptance_rate: float | None
    users_tried: int
    users_solved: int
    verdicts: dict[str, int]
    languages: list[LanguageCounts]
    cpu_time: CpuTimes
    applied: bool | None = None


class UserStatistics(Counts):
    """A user's figures, of what the viewer sees of their submissions; days without any are left out."""

    user_id: str
    acceptance_rate: float | None
    tried: list[str]
    solved: list[str]
    verdicts: dict[str, int]
    languages: list[LanguageCounts]
    days: list[DayCounts]
    applied: bool | None = None
