"""Values that events are made of.

Units stand last in a name: `_ms` milliseconds, `_bytes` bytes, `_s` seconds; times are aware and UTC. Sets that
may grow travel as strings and become enums with an explicit `UNKNOWN` when they are read.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from schemas.ids import (
    ContestId,
    JudgingId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    Sha256,
    SubmissionId,
    TeamId,
    UserId,
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Position:
    """Where a record stands in the log; `str()` gives `topic:partition:offset`."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `topic:partition:offset`; a ValueError says what is wrong."""
        match text.split(":"):
            case [topic, partition, offset] if topic and _is_number(partition) and _is_number(offset):
                return cls(topic=topic, partition=int(partition), offset=int(offset))
        raise ValueError(f"a position is topic:partition:offset, not {text[:80]!r}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


class Verdict(StrEnum):
    """What is concluded about a case or a submission. JUDGE_ERROR is our fault, never the author's."""

    AC = "AC"
    WA = "WA"
    TLE = "TLE"
    MLE = "MLE"
    OLE = "OLE"
    RTE = "RTE"
    CE = "CE"
    JUDGE_ERROR = "JUDGE_ERROR"
    UNKNOWN = "UNKNOWN"


class Lane(StrEnum):
    """The three lanes in which jobs wait; weights 16:4:1 while all of them wait."""

    CONTEST = "contest"
    PRACTICE = "practice"
    REJUDGE = "rejudge"


class ComparisonKind(StrEnum):
    """How an output is held against the answer."""

    TOKENS = "tokens"
    EXACT = "exact"
    FLOAT = "float"
    UNKNOWN = "UNKNOWN"


class Scoring(StrEnum):
    """How a contest ranks its teams."""

    ICPC = "icpc"
    IOI = "ioi"
    UNKNOWN = "UNKNOWN"


class DeadLetterReason(StrEnum):
    """Why a record was given up."""

    UNDECODABLE = "undecodable"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    UNEXPECTED_EVENT = "unexpected_event"
    SKIPPED = "skipped"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file as its author sent it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """What is put before and after an author's text when it is judged; never stored as the author's."""

    language: LanguageId
    before: str
    starter: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one run. A wall limit that is not given is 3 x CPU + 1 s."""

    cpu_time_ms: int
    memory_bytes: int
    output_bytes: int
    wall_time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Tolerances count for `float` only: |s - a| <= absolute or <= relative * |a|."""

    kind: ComparisonKind
    absolute: float | None = None
    relative: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemCase:
    """One case of a problem; input and answer are blobs."""

    name: str
    input_sha256: Sha256
    answer_sha256: Sha256
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCase:
    """One case as a job carries it."""

    name: str
    input_sha256: Sha256
    answer_sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestProblem:
    """A problem in a contest, under the letter that the board shows."""

    problem_id: str
    label: str
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSample:
    """What one run of a case took, and what it would have come to by itself."""

    cpu_time_ms: int
    wall_time_ms: int
    memory_bytes: int
    verdict: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """What is known of one case.

    `cpu_time_ms` is the measured time rounded up, and what a limit is compared with. A case that was not run after
    an earlier failure has no result. Exactly one of `exit_code` and `signal` is given for a program that ended.
    `samples` are all runs of the case in order, the one that counts among them. `from_stored_output` says that nothing
    was run: output and usage are those of an earlier judging.
    """

    case: str
    verdict: Verdict
    cpu_time_ms: int
    wall_time_ms: int
    memory_bytes: int
    exit_code: int | None = None
    signal: int | None = None
    output_bytes: int = 0
    output_sha256: Sha256 | None = None
    samples: tuple[UsageSample, ...] = ()
    from_stored_output: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How fast a machine is: the CPU time of two fixed pieces of work in its sandbox, each a median."""

    measured_at: datetime
    arithmetic_ns: int
    memory_access_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a verdict rests on, so that it can be told apart from one of another machine or image.

    `cases_sha256` is the digest of all cases of the job, their names, inputs and answers. There is no `calibration`
    before the machine's first one.
    """

    executor_id: str
    sandbox: str
    software_version: str
    image_digest: str
    compiler_version: str
    cases_sha256: str = ""
    limits: Limits | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageInfo:
    """A language as an executor offers it."""

    language: LanguageId
    name: str
    compiler_version: str
    suffixes: tuple[str, ...]
    starter: str


class RejudgingChange(StrEnum):
    """What can be done with a rejudging once it is open."""

    APPLY = "apply"
    CANCEL = "cancel"
    REVERT = "revert"
    PAUSE = "pause"
    RESUME = "resume"
    UNKNOWN = "UNKNOWN"


class StallAnswer(StrEnum):
    """What was done about a judging that stood still; `NOBODY_ELSE` where no other executor could take it."""

    ASKED_AGAIN = "asked_again"
    GIVEN_UP = "given_up"
    NOBODY_ELSE = "nobody_else"
    UNKNOWN = "UNKNOWN"


class RejudgingPriority(StrEnum):
    """How a rejudging's jobs share the rejudge lane with those of others."""

    URGENT = "urgent"
    NORMAL = "normal"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionFilter:
    """Which submissions: all that is given must hold, of several values one; what is empty does not restrict.

    Times are `submitted_at`, the first included and the second not. `verdicts` and what a verdict's provenance tells
    (executors, image digests, versions) are of the judging that is current.
    """

    submission_ids: tuple[SubmissionId, ...] = ()
    problem_ids: tuple[ProblemId, ...] = ()
    contest_ids: tuple[ContestId, ...] = ()
    languages: tuple[LanguageId, ...] = ()
    user_ids: tuple[UserId, ...] = ()
    team_ids: tuple[TeamId, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    executor_ids: tuple[str, ...] = ()
    image_digests: tuple[str, ...] = ()
    compiler_versions: tuple[str, ...] = ()
    software_versions: tuple[str, ...] = ()
    submitted_from: datetime | None = None
    submitted_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsOverride:
    """The limits that are to be others; None keeps the problem's."""

    cpu_time_ms: int | None = None
    memory_bytes: int | None = None
    output_bytes: int | None = None
    wall_time_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingOverride:
    """What is to be other than at the original judging; None keeps what was pinned.

    `problem_revision` is another revision of the same problem; `image` names the image that programs are compiled and
    run in; `all_cases` is whether judging goes on after a failure, which a score depends on.
    """

    problem_revision: ProblemRevision | None = None
    limits: LimitsOverride | None = None
    comparison: Comparison | None = None
    all_cases: bool | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedJudging:
    """An earlier judging, for whoever can decide anew by what it left: results, usage, digests of outputs.

    `cases` has only results of cases whose name and input are those of a case of the job; the answers may be others.
    """

    judging_id: JudgingId
    verdict: Verdict
    compiler_output: str | None
    cases: tuple[CaseResult, ...]
    provenance: Provenance
