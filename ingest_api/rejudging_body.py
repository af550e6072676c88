"""What a juror sends to open a rejudging or to change one, and the limits on it.

Faults with a refusal of their own are raised under its name, for whoever asks to know what to do.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, NoReturn, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ingest_api import limits
from ingest_api.problem_body import ComparisonBody
from schemas.http import refusals
from schemas.http.refusals import RefusalType
from schemas.ids import (
    CLICS_ID,
    SHA256_HEX,
    ContestId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    SubmissionId,
    TeamId,
    UserId,
)
from schemas.values import JudgingOverride, LimitsOverride, SubmissionFilter, Verdict

RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
VERDICTS: Final = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNKNOWN)


def _refuse(kind: RefusalType, advice: str) -> NoReturn:
    raise PydanticCustomError(kind.name, "{advice}", {"advice": advice})


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("printable, without spaces at its ends")
    return text


def _submission_id(text: str) -> str:
    try:
        canonical = str(UUID(text))
    except ValueError:
        canonical = ""
    if canonical != text.lower():
        _refuse(refusals.INVALID_SUBMISSION_ID, "a submission's id has 36 characters, as in 018f4a3e-5c1b-7d2a-…")
    return canonical


def _verdict(text: object) -> object:
    if text not in VERDICTS:
        _refuse(refusals.UNKNOWN_VERDICT, f"one of {', '.join(VERDICTS)}")
    return text


def _moment_text(text: object) -> object:
    if not isinstance(text, str) or not RFC_3339.fullmatch(text):
        _refuse(refusals.MALFORMED_TIME, "a time is RFC 3339 with a zone, as in 2026-11-21T12:00:00Z")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        _refuse(refusals.MALFORMED_TIME, "the calendar or the clock has no such time")
    if not limits.EARLIEST_YEAR <= moment.year <= limits.LATEST_YEAR:
        _refuse(refusals.MALFORMED_TIME, f"a year from {limits.EARLIEST_YEAR} to {limits.LATEST_YEAR}")
    return moment.astimezone(UTC)


def _reason(text: object) -> object:
    if text is None or (isinstance(text, str) and not text.strip()):
        _refuse(refusals.REASON_NEEDED, "say in a line why; it stays with the rejudging for ever")
    return text.strip() if isinstance(text, str) else text


def _repeats(number: int) -> int:
    if not 1 <= number <= limits.REPEATS:
        _refuse(refusals.REPEATS_OUT_OF_BOUNDS, f"1 to {limits.REPEATS}; more are a further rejudging")
    return number


def _within(least: int, most: int) -> AfterValidator:
    def check(number: int) -> int:
        if not least <= number <= most:
            _refuse(refusals.LIMITS_OUT_OF_BOUNDS, f"{least} to {most}, as for a problem")
        return number

    return AfterValidator(check)


Id = Annotated[str, Field(pattern=f"^{CLICS_ID.pattern}$")]
Text = Annotated[str, Field(min_length=1, max_length=limits.FILTER_TEXT_CHARACTERS), AfterValidator(_printable)]
Submission = Annotated[str, AfterValidator(_submission_id)]
VerdictName = Annotated[Verdict, BeforeValidator(_verdict, json_schema_input_type=Literal[VERDICTS])]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment_text)]
Reason = Annotated[
    str, BeforeValidator(_reason), Field(max_length=limits.REASON_CHARACTERS), AfterValidator(_printable)
]
Image = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,255}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FilterBody(_Strict):
    """Which submissions: all that is given must hold, of several values one; what is left out does not restrict.

    Times are those of submitting, the first included and the second not.
    """

    submission_ids: list[Submission] = []
    problem_ids: list[Id] = []
    contest_ids: list[Id] = []
    languages: list[Id] = []
    user_ids: list[Text] = []
    team_ids: list[Id] = []
    verdicts: list[VerdictName] = []
    executor_ids: list[Text] = []
    image_digests: list[Text] = []
    compiler_versions: list[Text] = []
    software_versions: list[Text] = []
    submitted_from: Moment | None = None
    submitted_before: Moment | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        named = sum(len(value) for _, value in self if isinstance(value, list))
        if named > limits.FILTER_IDS:
            _refuse(
                refusals.TOO_MANY_IDS,
                f"{named:,} values, at most {limits.FILTER_IDS:,}: name a problem, a contest or a time instead",
            )
        if self.submitted_from and self.submitted_before and self.submitted_from >= self.submitted_before:
            _refuse(refusals.EMPTY_TIME_RANGE, "submitted_from should be before submitted_before")
        return self

    def filter(self) -> SubmissionFilter:
        """As a value; a repeated id is there once."""
        return SubmissionFilter(
            submission_ids=tuple(SubmissionId(value) for value in dict.fromkeys(self.submission_ids)),
            problem_ids=tuple(ProblemId(value) for value in dict.fromkeys(self.problem_ids)),
            contest_ids=tuple(ContestId(value) for value in dict.fromkeys(self.contest_ids)),
            languages=tuple(LanguageId(value) for value in dict.fromkeys(self.languages)),
            user_ids=tuple(UserId(value) for value in dict.fromkeys(self.user_ids)),
            team_ids=tuple(TeamId(value) for value in dict.fromkeys(self.team_ids)),
            verdicts=tuple(dict.fromkeys(self.verdicts)),
            executor_ids=tuple(dict.fromkeys(self.executor_ids)),
            image_digests=tuple(dict.fromkeys(self.image_digests)),
            compiler_versions=tuple(dict.fromkeys(self.compiler_versions)),
            software_versions=tuple(dict.fromkeys(self.software_versions)),
            submitted_from=self.submitted_from,
            submitted_before=self.submitted_before,
        )


class LimitsOverrideBody(_Strict):
    """The limits that are to be others."""

    cpu_time_ms: Annotated[int, _within(1, limits.CPU_TIME_MS)] | None = None
    memory_bytes: Annotated[int, _within(limits.LEAST_MEMORY_BYTES, limits.MEMORY_BYTES)] | None = None
    output_bytes: Annotated[int, _within(1, limits.OUTPUT_BYTES)] | None = None
    wall_time_ms: Annotated[int, _within(1, limits.WALL_TIME_MS)] | None = None

    def override(self) -> LimitsOverride | None:
        """As a value; None where all stay."""
        given = LimitsOverride(
            cpu_time_ms=self.cpu_time_ms,
            memory_bytes=self.memory_bytes,
            output_bytes=self.output_bytes,
            wall_time_ms=self.wall_time_ms,
        )
        return None if given == LimitsOverride() else given


class OverrideBody(_Strict):
    """What is to be other than at the first judging; what is left out stays."""

    problem_revision: Annotated[str, Field(pattern=f"^{SHA256_HEX.pattern}$")] | None = None
    limits: LimitsOverrideBody | None = None
    comparison: ComparisonBody | None = None
    all_cases: bool | None = None
    image: Image | None = None

    def override(self) -> JudgingOverride:
        """As a value."""
        return JudgingOverride(
            problem_revision=None if self.problem_revision is None else ProblemRevision(self.problem_revision),
            limits=None if self.limits is None else self.limits.override(),
            comparison=None if self.comparison is None else self.comparison.comparison(),
            all_cases=self.all_cases,
            image=self.image,
        )


class OpenRejudgingBody(_Strict):
    """A rejudging to be opened; `everything` is said by whoever means a filter that restricts nothing."""

    filter: FilterBody
    override: OverrideBody = OverrideBody()
    reason: Reason = Field(default="", validate_default=True)
    priority: Literal["urgent", "normal"] = "normal"
    repeats: Annotated[int, AfterValidator(_repeats)] = 1
    everything: bool = False
    dry_run: bool = False

    @model_validator(mode="after")
    def _restricts(self) -> Self:
        if not self.everything and self.filter.filter() == SubmissionFilter():
            _refuse(
                refusals.FILTER_RESTRICTS_NOTHING,
                "it would be every submission there is; name some, or say so: everything: true",
            )
        return self


class ChangeRejudgingBody(_Strict):
    """Something to be done with a rejudging; `part` is for apply alone, without it all of the rejudging is applied."""

    reason: Reason = Field(default="", validate_default=True)
    part: FilterBody | None = None

    @model_validator(mode="after")
    def _restricts(self) -> Self:
        if self.part is not None and self.part.filter() == SubmissionFilter():
            _refuse(refusals.FILTER_RESTRICTS_NOTHING, "leave part out to apply all of it")
        return self
