"""A judge with a real sandbox and a real cache compiles the same source once; so does the calibration."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from executor.attempt import Attempt
from executor.calibration.measure import LIMITS, measure
from executor.compile_cache import DirectoryCompileCache
from executor.judge import Judge
from executor.languages.images import runner_images
from executor.languages.loader import load_languages
from executor.machine import Machine
from executor.sandbox.cgroup import accounting
from executor.sandbox.container import KIND, ContainerSandbox
from executor.sandbox.engine import Engine
from executor.sandbox.hardening import Slot
from executor.toolchains import Toolchain, Toolchains
from schemas.blobs.directory import DirectoryBlobStore
from schemas.events import JudgingRequested, VerdictReached
from schemas.ids import ExecutorId, LanguageId
from schemas.values import Verdict
from tests.unit.executor.jobs import POSITION, case, job

OWNER = "compile-once"
SUM = b"#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n"
BROKEN = b"int main( { }\n"
NS_PER_MS = 1_000_000


@pytest.fixture
def sandbox(docker_url: str, tmp_path: Path) -> Iterator[ContainerSandbox]:
    with closing(Engine(docker_url)) as engine:
        info = engine.info()
        groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=OWNER)
        yield ContainerSandbox(
            engine=engine, accounting=groups, slot=Slot(number=4, cpu=None), owner=OWNER, work=tmp_path / "work"
        )
        groups.sweep()


@pytest.fixture
def toolchains(docker_url: str) -> Toolchains:
    (image,) = [image for image in runner_images() if image.name == "cpp"]
    with closing(Engine(docker_url)) as engine:
        digest = engine.image_id(image.reference)
    languages = load_languages()
    return {
        language: Toolchain(language=languages[language], image=digest, compiler_version="not asked")
        for language in (LanguageId("c"), LanguageId("cpp"))
    }


@pytest.fixture
def judge(sandbox: ContainerSandbox, toolchains: Toolchains, tmp_path: Path) -> Judge:
    return Judge(
        sandbox=sandbox,
        sandbox_kind=KIND,
        toolchains=toolchains,
        blobs=DirectoryBlobStore(tmp_path / "blobs"),
        executor_id=ExecutorId("compile-once"),
        software_version="0",
        clock=lambda: datetime.now(UTC),
        compile_cache=DirectoryCompileCache(tmp_path / "compiled"),
        calibration=lambda: None,
        watch_strain=Machine(None).watch,
    )


def judged(judge: Judge, request: JudgingRequested) -> tuple[VerdictReached, float]:
    began = time.monotonic()
    attempt = Attempt(request=request, position=POSITION, start=1, executor_id=judge.executor_id)
    return judge.judge(attempt, lambda _: None), time.monotonic() - began


def test_the_same_source_again_compiles_nothing_and_is_judged_alike(judge: Judge) -> None:
    request = job([case(judge.blobs, "1", b"1 2\n", b"3\n")], source=SUM)
    first, first_s = judged(judge, request)
    again, again_s = judged(judge, request)
    assert (first.verdict, again.verdict) == (Verdict.AC, Verdict.AC)
    assert first.cases[0].output_sha256 == again.cases[0].output_sha256
    assert first.compiler_output == again.compiler_output
    assert again_s < first_s
    print(f"judged in {first_s * 1000:.0f} ms, and from the cache in {again_s * 1000:.0f} ms")


def test_the_same_error_again_is_told_without_a_compiler(judge: Judge) -> None:
    request = job([case(judge.blobs, "1", b"", b"")], source=BROKEN)
    first, first_s = judged(judge, request)
    again, again_s = judged(judge, request)
    assert (first.verdict, again.verdict) == (Verdict.CE, Verdict.CE)
    assert first.compiler_output == again.compiler_output
    assert "error" in (again.compiler_output or "")
    assert again_s * 10 < first_s


def test_a_lost_program_is_compiled_anew(judge: Judge, tmp_path: Path) -> None:
    request = job([case(judge.blobs, "1", b"1 2\n", b"3\n")], source=SUM)
    judged(judge, request)
    for program in (tmp_path / "compiled" / "programs").glob("??/*"):
        program.write_bytes(b"spoilt")
    assert judged(judge, request)[0].verdict is Verdict.AC


def test_the_speed_of_this_machine_can_be_measured(
    sandbox: ContainerSandbox, toolchains: Toolchains, tmp_path: Path
) -> None:
    cache, now = DirectoryCompileCache(tmp_path / "compiled"), datetime.now(UTC)
    found = [measure(sandbox, toolchains[LanguageId("c")], cache, now) for _ in range(3)]
    for calibration in found:
        assert NS_PER_MS < calibration.arithmetic_ns < LIMITS.cpu_time_ms * NS_PER_MS
        assert NS_PER_MS < calibration.memory_access_ns < LIMITS.cpu_time_ms * NS_PER_MS
    quickest, slowest = min(c.arithmetic_ns for c in found), max(c.arithmetic_ns for c in found)
    assert slowest < quickest * 1.5, "arithmetic in CPU time hardly depends on what else goes on"
