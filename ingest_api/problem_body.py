"""What a setter sends as a problem, and the limits on it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ingest_api import limits
from ingest_api.statement import raw_html_line
from schemas.ids import CLICS_ID, SHA256_HEX, LanguageId
from schemas.values import Comparison, ComparisonKind, Limits, Stub


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("printable, without spaces at its ends")
    return text


def _markdown(text: str) -> str:
    line = raw_html_line(text)
    if line is not None:
        raise ValueError(f"raw HTML in line {line}; write Markdown, or put spaces around < in a formula")
    return text


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("text without NUL")
    return text


Id = Annotated[str, Field(pattern=f"^{CLICS_ID.pattern}$")]
Text = Annotated[str, Field(max_length=limits.DEFINITION_BYTES), AfterValidator(_without_nul)]
Markdown = Annotated[Text, AfterValidator(_markdown)]
Title = Annotated[str, Field(min_length=1, max_length=limits.TITLE_CHARACTERS), AfterValidator(_printable)]
Tag = Annotated[str, Field(min_length=1, max_length=limits.TAG_CHARACTERS), AfterValidator(_printable)]
CaseName = Annotated[str, Field(min_length=1, max_length=limits.CASE_NAME_CHARACTERS), AfterValidator(_printable)]
Tolerance = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LimitsBody(_Strict):
    """Limits of one run."""

    cpu_time_ms: Annotated[int, Field(gt=0, le=limits.CPU_TIME_MS)]
    memory_bytes: Annotated[int, Field(ge=limits.LEAST_MEMORY_BYTES, le=limits.MEMORY_BYTES)]
    output_bytes: Annotated[int, Field(gt=0, le=limits.OUTPUT_BYTES)] = limits.DEFAULT_OUTPUT_BYTES
    wall_time_ms: Annotated[int, Field(gt=0, le=limits.WALL_TIME_MS)] | None = None

    def limits(self) -> Limits:
        """With the wall time that follows where none is given."""
        return Limits(
            cpu_time_ms=self.cpu_time_ms,
            memory_bytes=self.memory_bytes,
            output_bytes=self.output_bytes,
            wall_time_ms=self.wall_time_ms or 3 * self.cpu_time_ms + 1000,
        )


class ComparisonBody(_Strict):
    """How an output is held against the answer; tolerances for `float` only."""

    kind: Literal["tokens", "exact", "float"]
    absolute: Tolerance | None = None
    relative: Tolerance | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        given = self.absolute is not None or self.relative is not None
        if given != (self.kind == "float"):
            raise ValueError("float needs absolute, relative or both; the others take none")
        return self

    def comparison(self) -> Comparison:
        """As a value."""
        return Comparison(kind=ComparisonKind(self.kind), absolute=self.absolute, relative=self.relative)


class BlobName(_Strict):
    """Content that was sent before by PUT /blobs/{sha256}."""

    sha256: Annotated[str, Field(pattern=f"^{SHA256_HEX.pattern}$")]


class CaseBody(_Strict):
    """One case; `input` and `answer` are text or the name of a blob."""

    name: CaseName
    input: str | BlobName
    answer: str | BlobName
    sample: bool = False


class StubBody(_Strict):
    """What wraps an author's text when it is judged."""

    before: Text = ""
    starter: Text = ""
    after: Text = ""


class ProblemBody(_Strict):
    """A problem: all that is needed to show and to judge it."""

    problem_id: Id | None = None
    title: Title
    statement: Markdown
    difficulty: Tag | None = None
    tags: Annotated[list[Tag], Field(max_length=limits.TAGS)] = []
    editorial: Markdown | None = None
    limits: LimitsBody
    comparison: ComparisonBody
    cases: Annotated[list[CaseBody], Field(min_length=1, max_length=limits.CASES)]
    all_cases: bool = False
    stubs: Annotated[dict[Id, StubBody], Field(max_length=limits.STUBS)] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({case.name for case in self.cases}) < len(self.cases):
            raise ValueError("each case should have a name of its own")
        return self

    def stub_values(self) -> tuple[Stub, ...]:
        """The stubs as values, sorted by language."""
        return tuple(
            Stub(language=LanguageId(language), before=stub.before, starter=stub.starter, after=stub.after)
            for language, stub in sorted(self.stubs.items())
        )
