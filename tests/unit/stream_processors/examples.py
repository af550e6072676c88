"""A submission, its verdict and its problem, for the tests of the stream processors."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from schemas.avro_schema import AvroSchema
from schemas.avro_versions import newest, schema_versions
from schemas.codec import Codec
from schemas.eventlog.errors import LogUnavailable
from schemas.events import ContestRevised, Event, ProblemRevised, SubmissionReceived, VerdictReached
from schemas.golden_records import example
from schemas.ids import ContestId, LanguageId, SubmissionId, TeamId, judging_id
from schemas.rules.definition import Definition, canonical, definition_of, revision_of
from schemas.values import Position, Stub

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
STUB = Stub(language=LanguageId("cpp"), before="<", starter="…", after=">")
DEFINITION: Definition = replace(definition_of(example(ProblemRevised)), stubs=(STUB,))
DEFINITION_BYTES = canonical(DEFINITION)
UNKNOWN_ID = 4_000_000_000
AWAY_FOR = 3


class Registry:
    """Is away for the first questions, then knows `UNKNOWN_ID` as the schema of a submission."""

    def __init__(self) -> None:
        self.asked = 0

    def schema(self, schema_id: int) -> AvroSchema:
        self.asked += 1
        if self.asked <= AWAY_FOR or schema_id != UNKNOWN_ID:
            raise LogUnavailable(f"schema {schema_id}")
        return newest(SubmissionReceived.__name__).schema()


def codec(registry: Registry) -> Codec:
    ids = {version: number for number, version in enumerate(schema_versions(), start=1)}
    return Codec(ids, registry)


@cache
def encoded(event: Event) -> bytes:
    """The event as a record's value."""
    return _encoder().encode(event)


@cache
def _encoder() -> Codec:
    return codec(Registry())


def submission_id(number: int = 1) -> SubmissionId:
    return SubmissionId(f"01990000-0000-7000-8000-{number:012}")


def received(number: int = 1, *, contest: bool = False, language: str = "cpp") -> SubmissionReceived:
    submission: SubmissionReceived = example(SubmissionReceived)
    return replace(
        submission,
        submission_id=submission_id(number),
        contest_id=ContestId("finals") if contest else None,
        team_id=TeamId("red") if contest else None,
        language=LanguageId(language),
        problem_revision=revision_of(DEFINITION_BYTES),
    )


def judged(number: int = 1, *, contest: bool = True) -> VerdictReached:
    verdict: VerdictReached = example(VerdictReached)
    return replace(
        verdict,
        submission_id=submission_id(number),
        judging_id=judging_id(submission_id(number)),
        contest_id=ContestId("finals") if contest else None,
        team_id=TeamId("red") if contest else None,
    )


def revised() -> ContestRevised:
    revision: ContestRevised = example(ContestRevised)
    return replace(revision, contest_id=ContestId("finals"))


def at(topic: str = "submissions", partition: int = 0, offset: int = 0) -> Position:
    return Position(topic=topic, partition=partition, offset=offset)
