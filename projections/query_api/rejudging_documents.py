"""The shapes of answers about rejudgings, for the API's description; as in `documents.py`."""

from projections.query_api.documents import Document


class SubmissionFilter(Document):
    """Which submissions: all that is given must hold, of several values one; what is empty does not restrict."""

    submission_ids: list[str]
    problem_ids: list[str]
    contest_ids: list[str]
    languages: list[str]
    user_ids: list[str]
    team_ids: list[str]
    verdicts: list[str]
    executor_ids: list[str]
    image_digests: list[str]
    compiler_versions: list[str]
    software_versions: list[str]
    submitted_from: str | None
    submitted_before: str | None


class LimitsOverride(Document):
    """Limits that are others; null keeps the problem's."""

    cpu_time_ms: int | None
    memory_bytes: int | None
    output_bytes: int | None
    wall_time_ms: int | None


class ComparisonOverride(Document):
    """How outputs are compared."""

    kind: str
    absolute: float | None
    relative: float | None


class JudgingOverride(Document):
    """What is other than at the original judgings; null keeps what was pinned."""

    problem_revision: str | None
    limits: LimitsOverride | None
    comparison: ComparisonOverride | None
    all_cases: bool | None
    image: str | None


class RejudgingDecision(Document):
    """What was decided, when, for whom and why; at its own `position`, `caused_by` that of the request.

    `changed` is how many current verdicts an application or its reversal moved.
    """

    event: str
    position: str
    at: str
    by: str
    reason: str | None
    caused_by: str | None
    changed: int | None
    part: SubmissionFilter | None


class RejudgingRefusal(Document):
    """What was asked for and refused: nothing changed by it. `refusal` names the rule, `detail` says what to do."""

    asked: str
    refusal: str
    detail: str
    at: str
    by: str
    caused_by: str | None


class RejudgingAsked(Document):
    """What was asked for and is not decided yet."""

    asked: str
    at: str
    by: str
    reason: str
    position: str


class Rejudging(Document):
    """A rejudging. `selected` counts submissions; `total`, `done` and `left` count judgings, which are more where each
    is repeated. Rate and remaining time are null where nothing tells them.
    """

    rejudging_id: str
    state: str
    reason: str | None
    requested_by: str | None
    requested_at: str | None
    filter: SubmissionFilter | None
    override: JudgingOverride | None
    repeats: int
    priority: str | None
    everything: bool
    dry_run: bool
    selected: int | None
    contest_ids: list[str]
    total: int
    done: int
    left: int
    rate_per_s: float | None
    remaining_s: float | None
    cases_stored: int
    cases_run: int
    history: list[RejudgingDecision]
    refusals: list[RejudgingRefusal]
    undecided: list[RejudgingAsked]
    applied: bool | None = None


class RejudgingPage(Document):
    """Rejudgings, the newest first."""

    rejudgings: list[Rejudging]
    cursor: str | None
    applied: bool | None = None


class Moves(Document):
    """So many submissions go from the old verdict (null: there was none) to the new one."""

    old: str | None
    new: str
    count: int


class RejudgingMatrix(Document):
    """Old verdicts by new ones, of all that are judged, and how many submissions are flaky."""

    rejudging_id: str
    state: str
    selected: int | None
    rows: list[Moves]
    flaky: int
    applied: bool | None = None


class RejudgingChange(Document):
    """A submission whose verdict is another one. `flaky`: although nothing was overridden, or between `repeats`.

    `cases_stored` were decided by stored outputs, `cases_run` by a run, over all repeats.
    """

    submission_id: str
    user_id: str
    team_id: str | None
    contest_id: str | None
    problem_id: str
    language: str
    submitted_at: str
    old: str | None
    new: str | None
    old_cpu_time_ms: int | None
    new_cpu_time_ms: int
    old_memory_bytes: int | None
    new_memory_bytes: int
    cases_stored: int
    cases_run: int
    repeats: list[str]
    flaky: bool


class RejudgingChanges(Document):
    """Changes, in the order of the submissions' ids."""

    rejudging_id: str
    changes: list[RejudgingChange]
    cursor: str | None
    applied: bool | None = None


class TeamMoved(Document):
    """A team that would stand otherwise."""

    team_id: str
    name: str
    rank_before: int
    rank_after: int
    solved_before: int
    solved_after: int
    penalty_before: int
    penalty_after: int


class RejudgingDiff(Document):
    """The teams that would stand otherwise on the jury's board, as they would stand then."""

    rejudging_id: str
    contest_id: str
    state: str
    rises: int
    falls: int
    rows: list[TeamMoved]
    applied: bool | None = None
