"""Jobs for tests, and a judge of a scripted sandbox that counts its time by itself."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache

from executor.compile_cache import CompileCache
from executor.judge import Judge
from executor.languages.loader import load_languages
from executor.machine import WatchStrain
from executor.other_images import OtherImage, no_other_image
from executor.outputs import NoOutputs, Outputs
from executor.policy import Strain
from executor.sandbox.port import Sandbox
from executor.toolchains import Toolchain, Toolchains
from schemas.blobs.port import BlobStore
from schemas.events import JudgingRequested
from schemas.ids import (
    EventId,
    ExecutorId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    Sha256,
    SubmissionId,
    UserId,
    judging_id,
)
from schemas.values import Calibration, Comparison, ComparisonKind, JobCase, Lane, Limits, Position, SourceFile, Stub
from tests.unit.executor.memory_compile_cache import MemoryCompileCache

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SUBMISSION = SubmissionId("01936d5e-0000-7000-8000-000000000001")
POSITION = Position(topic="jobs.practice", partition=2, offset=41)
EXECUTOR = ExecutorId("executor-1")
LIMITS = Limits(cpu_time_ms=1000, memory_bytes=64 * 1024 * 1024, output_bytes=1024, wall_time_ms=4000)


def job(
    cases: Sequence[JobCase] = (),
    *,
    submission: SubmissionId = SUBMISSION,
    language: str = "cpp",
    source: bytes = b"int main() {}",
    lane: Lane = Lane.PRACTICE,
    all_cases: bool = False,
    stub: Stub | None = None,
    give_up: str | None = None,
    limits: Limits = LIMITS,
) -> JudgingRequested:
    """A job that is right; a test says what matters to it."""
    return JudgingRequested(
        event_id=EventId("event"),
        occurred_at=NOW,
        caused_by=None,
        submission_id=submission,
        judging_id=judging_id(submission),
        attempt=1,
        lane=lane,
        user_id=UserId("user"),
        team_id=None,
        problem_id=ProblemId("sum"),
        problem_revision=ProblemRevision("0" * 64),
        contest_id=None,
        submitted_at=NOW,
        language=LanguageId(language),
        files=(SourceFile(name="main.cpp", content=source),),
        entry_point=None,
        stub=stub,
        limits=limits,
        comparison=Comparison(kind=ComparisonKind.TOKENS),
        cases=tuple(cases),
        all_cases=all_cases,
        give_up=give_up,
    )


def case(blobs: BlobStore, name: str, given: bytes, answer: bytes) -> JobCase:
    """A case whose blobs are kept."""
    return JobCase(name=name, input_sha256=blobs.put(given), answer_sha256=blobs.put(answer))


def missing_case(name: str) -> JobCase:
    """A case whose blobs nobody has."""
    return JobCase(name=name, input_sha256=Sha256("1" * 64), answer_sha256=Sha256("2" * 64))


def quiet() -> Callable[[], Strain]:
    """Watches a machine on which nothing else happens."""
    return Strain


@cache
def toolchains() -> Toolchains:
    """Of every language."""
    return {
        language.id: Toolchain(language=language, image=f"sha256:{language.image}", compiler_version="v1")
        for language in load_languages().values()
    }


def judge_with(
    sandbox: Sandbox,
    blobs: BlobStore,
    *,
    compile_cache: CompileCache | None = None,
    watch_strain: WatchStrain = quiet,
    calibration: Calibration | None = None,
    outputs: Outputs | None = None,
    other_image: OtherImage = no_other_image,
) -> Judge:
    """A judge that knows all languages."""
    return Judge(
        sandbox=sandbox,
        sandbox_kind="scripted",
        toolchains=toolchains(),
        blobs=blobs,
        executor_id=EXECUTOR,
        software_version="0",
        clock=lambda: NOW,
        compile_cache=compile_cache or MemoryCompileCache(),
        calibration=lambda: calibration,
        watch_strain=watch_strain,
        outputs=outputs or NoOutputs(),
        other_image=other_image,
    )
