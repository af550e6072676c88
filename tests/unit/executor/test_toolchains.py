"""Finding out what this executor can judge with, and saying it."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from executor import SOFTWARE_VERSION
from executor.compiler_versions import keep_versions, read_versions
from executor.languages.images import DEFAULT_IMAGES, runner_images
from executor.languages.loader import BadLanguage, load_languages
from executor.reporter import Reporter
from executor.sandbox.errors import ImageMissing
from executor.sandbox.port import Exited
from executor.toolchains import find_toolchains, offered_languages
from schemas.eventlog.memory import MemoryEventLog
from schemas.ids import LanguageId
from tests.unit.executor.jobs import EXECUTOR, NOW
from tests.unit.executor.scripted_sandbox import ScriptedSandbox, outcome

ALL = load_languages()
LANGUAGES = {name: language for name, language in ALL.items() if language.image in DEFAULT_IMAGES}
VERSIONS = {"g++": b"g++ 12.2\nCopyright", "gcc": b"gcc 12.2\n", "javac": b"javac 17\n", "python3": b"Python 3.11\n"}
SANDBOX = ScriptedSandbox(on_run=lambda ran: outcome(output=VERSIONS[ran.command[0]]))
VERSIONED = ScriptedSandbox(on_run=lambda _: outcome(output=b"some version"))


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


def test_what_a_compiler_has_said_is_asked_again_of_default_images_alone(tmp_path: Path) -> None:
    offered = {**LANGUAGES, LanguageId("go"): ALL[LanguageId("go")]}
    path = tmp_path / "cache" / "versions.json"
    versions = read_versions(path)
    first = ScriptedSandbox(on_run=lambda _: outcome(output=b"v1"))
    find_toolchains(first, offered, runner_images(), digest_of, versions)
    keep_versions(path, versions)
    again = ScriptedSandbox(on_run=lambda _: outcome(output=b"v2"))
    found = find_toolchains(again, offered, runner_images(), digest_of, read_versions(path))
    assert {name for name, toolchain in found.items() if toolchain.compiler_version == "v1"} == {"go"}
    assert len(first.ran) == len(again.ran) + 1


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{"])
def test_versions_that_cannot_be_read_are_asked_for(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "versions.json").write_bytes(content)
    assert read_versions(tmp_path / "versions.json") == {}


def test_a_compiler_that_does_not_run_keeps_the_executor_out() -> None:
    with pytest.raises(ImageMissing, match="fails in it"):
        find_toolchains(ScriptedSandbox(on_run=lambda _: outcome(Exited(127))), LANGUAGES, runner_images(), digest_of)


def test_an_image_that_is_not_there_keeps_the_executor_out() -> None:
    def missing(reference: str) -> str:
        raise ImageMissing(reference, "it is not there")

    with pytest.raises(ImageMissing, match=r"judgestream/.*: c needs it.*judgestream languages install c"):
        find_toolchains(SANDBOX, LANGUAGES, runner_images(), missing)


def only(*there: str) -> Callable[[str], str]:
    def digest_of_what_is_there(reference: str) -> str:
        if not any(reference.startswith(f"judgestream/{name}:") for name in there):
            raise ImageMissing(reference, "it is not there")
        return digest_of(reference)

    return digest_of_what_is_there


def test_what_is_installed_is_offered_and_the_default_images_are_always_demanded() -> None:
    offered = offered_languages(ALL, (), runner_images(), only("cpp", "go"))
    assert set(offered) == {*LANGUAGES, LanguageId("go")}
    with pytest.raises(ImageMissing, match=r"java needs it"):
        find_toolchains(VERSIONED, offered, runner_images(), only("cpp", "go"))


def test_only_what_is_asked_for_is_offered_whether_it_is_there_or_not() -> None:
    asked = (LanguageId("ruby"), LanguageId("cpp"))
    offered = offered_languages(ALL, asked, runner_images(), only("cpp"))
    assert set(offered) == set(asked)
    with pytest.raises(ImageMissing, match=r"ruby needs it.*languages install ruby"):
        find_toolchains(VERSIONED, offered, runner_images(), only("cpp"))


def test_a_language_that_is_none_is_named_with_those_that_there_are() -> None:
    with pytest.raises(BadLanguage, match=r"JUDGESTREAM_LANGUAGES: no language klingon; there are: .*cpp.*java"):
        offered_languages(ALL, (LanguageId("klingon"),), runner_images(), digest_of)


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
