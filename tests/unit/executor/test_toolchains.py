"""Finding out what this executor can judge with, and saying it."""

import tomllib
from pathlib import Path

import pytest

from executor import SOFTWARE_VERSION
from executor.languages.images import runner_images
from executor.languages.loader import load_languages
from executor.reporter import Reporter
from executor.sandbox.errors import ImageMissing
from executor.sandbox.port import Exited
from executor.toolchains import find_toolchains
from schemas.eventlog.memory import MemoryEventLog
from schemas.ids import LanguageId
from tests.unit.executor.jobs import EXECUTOR, NOW
from tests.unit.executor.scripted_sandbox import ScriptedSandbox, outcome

LANGUAGES = load_languages()
VERSIONS = {"g++": b"g++ 12.2\nCopyright", "gcc": b"gcc 12.2\n", "javac": b"javac 17\n", "python3": b"Python 3.11\n"}
SANDBOX = ScriptedSandbox(on_run=lambda ran: outcome(output=VERSIONS[ran.command[0]]))


def digest_of(reference: str) -> str:
    return f"sha256:{reference}"


def test_every_language_has_its_images_digest_and_its_compilers_first_line() -> None:
    found = find_toolchains(SANDBOX, LANGUAGES, runner_images(), digest_of)
    assert set(found) == set(LANGUAGES)
    cpp = found[LanguageId("cpp")]
    assert cpp.compiler_version == "g++ 12.2"
    assert cpp.image.startswith("sha256:judgestream/cpp:")


def test_a_version_is_asked_for_once_per_image() -> None:
    sandbox = ScriptedSandbox(on_run=lambda _: outcome(output=b"v"))
    find_toolchains(sandbox, LANGUAGES, runner_images(), digest_of)
    assert len(sandbox.ran) == len({(ran.image, ran.command) for ran in sandbox.ran})


def test_a_compiler_that_does_not_run_keeps_the_executor_out() -> None:
    with pytest.raises(ImageMissing, match="fails in it"):
        find_toolchains(ScriptedSandbox(on_run=lambda _: outcome(Exited(127))), LANGUAGES, runner_images(), digest_of)


def test_an_image_that_is_not_there_keeps_the_executor_out() -> None:
    def missing(reference: str) -> str:
        raise ImageMissing(reference, "it is not there")

    with pytest.raises(ImageMissing, match="judgestream/"):
        find_toolchains(SANDBOX, LANGUAGES, runner_images(), missing)


def test_a_language_without_a_dockerfile_keeps_the_executor_out() -> None:
    with pytest.raises(ImageMissing, match="no Dockerfile"):
        find_toolchains(SANDBOX, LANGUAGES, [], digest_of)


def test_a_report_says_what_is_offered() -> None:
    toolchains = find_toolchains(SANDBOX, LANGUAGES, runner_images(), digest_of)
    report = Reporter(
        event_log=MemoryEventLog(),
        executor_id=EXECUTOR,
        pool="default",
        slots=2,
        sandbox_kind="container",
        software_version=SOFTWARE_VERSION,
        toolchains=toolchains,
        busy=lambda: 1,
        clock=lambda: NOW,
    ).report()
    assert (report.slots, report.busy, report.occurred_at) == (2, 1, NOW)
    offered = {info.language: info for info in report.languages}
    assert offered[LanguageId("java")].suffixes == ("java",)
    assert offered[LanguageId("python3")].compiler_version == "Python 3.11"
    assert "print" in offered[LanguageId("python3")].starter


def test_the_software_version_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == SOFTWARE_VERSION
