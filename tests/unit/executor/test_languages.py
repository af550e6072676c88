"""Language files: the ones that are shipped, and how bad ones are refused."""

from pathlib import Path

import pytest

from executor.languages.images import DEFAULT_IMAGES, DOCKERFILES, default_images, runner_image, runner_images
from executor.languages.loader import FOLDER, BadLanguage, load_languages, parse_language
from schemas.ids import LanguageId

GOOD = (FOLDER / "java.toml").read_text()
MEBIBYTE = 1024 * 1024


def test_the_shipped_languages_can_be_loaded_and_have_images() -> None:
    languages = load_languages()
    assert set(languages) >= {"c", "cpp", "cpp20", "java", "python3"}
    images = {image.name for image in runner_images()}
    assert {language.image for language in languages.values()} == images
    assert {image.name for image in default_images()} == set(DEFAULT_IMAGES)


def test_the_main_source_takes_its_place_in_the_compile_command() -> None:
    rust = load_languages()[LanguageId("rust")]
    assert rust.compile_arguments(["b.rs", "main.rs"])[-1] == "main.rs"
    assert rust.compile_arguments(["b.rs", "main.rs"], "b.rs")[-1] == "b.rs"
    assert rust.compile_arguments(["b.rs", "a.rs"])[-1] == "b.rs"


def test_every_language_has_the_six_samples_and_no_other() -> None:
    samples = FOLDER / "samples"
    assert {folder.name for folder in samples.iterdir()} == set(load_languages())
    for language in load_languages().values():
        files = [path.name for path in (samples / language.id).iterdir()]
        assert sorted(name.partition(".")[0] for name in files) == ["ce", "echo", "mle", "rte", "sum", "tle"]
        assert all(language.is_source(name) for name in files)


def test_the_sources_take_their_place_in_the_compile_command() -> None:
    cpp = load_languages()[LanguageId("cpp")]
    command = cpp.compile_arguments(["a b.cpp", "c.cpp"])
    assert command[0] == "g++"
    assert command[-3:] == ["a b.cpp", "c.cpp", "-lm"]


def test_the_entry_point_and_parts_of_the_memory_take_their_places() -> None:
    java = load_languages()[LanguageId("java")]
    command = java.run_arguments(entry_point="org.example.Main", memory_bytes=256 * MEBIBYTE)
    assert command[-1] == "org.example.Main"
    assert "-Xms64m" in command
    assert "GOMEMLIMIT=224MiB" in load_languages()[LanguageId("go")].run_arguments(
        entry_point="", memory_bytes=256 * MEBIBYTE
    )
    typescript = load_languages()[LanguageId("typescript")]
    assert typescript.run_arguments(entry_point="a.b.ts", memory_bytes=1)[-1] == "/box/a.b.js"
    assert not any("{" in argument for argument in command)


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('name = "Java 17"', "", 0, "name"),
        ('name = "Java 17"', "name = 17", 2, "name"),
        ('name = "Java 17"', 'name = "Java 17"\nnmae = "x"', 3, "nmae"),
        ('suffixes = ["java"]', "suffixes = []", 4, "suffixes"),
        ('entry_point = "java_class"', 'entry_point = "guess"', 7, "entry_point"),
        ('program = "collected"', 'program = "elsewhere"', None, "compile.program"),
        ("processes = 64", "processes = 0", None, "run.processes"),
        ("processes = 64", "", None, "run.processes"),
        ("processes = 64", "processes = true", None, "run.processes"),
        ('id = "java"', 'id = "jave"', 1, "id"),
        ('"{sources}"', '"{source}"', None, "compile.command"),
        ('"{entry_point}"', '"{main}"', None, "run.command"),
        ("{memory_mib/4}", "{memory_mb}", None, "run.command"),
    ],
)
def test_a_bad_file_is_refused_with_its_key_and_line(old: str, new: str, line: int | None, key: str) -> None:
    assert old in GOOD
    with pytest.raises(BadLanguage) as refused:
        parse_language("java.toml", GOOD.replace(old, new))
    assert refused.value.key == key
    assert refused.value.line == line if line is not None else refused.value.line > 0
    assert str(refused.value).startswith("java.toml:" if refused.value.line else "java.toml: ")
    assert key in str(refused.value)


def test_a_file_that_is_no_toml_is_refused_with_the_line() -> None:
    with pytest.raises(BadLanguage, match=r"java\.toml: .*line 3"):
        parse_language("java.toml", 'id = "java"\nname = "Java"\nimage = \n')


@pytest.mark.parametrize("language", [LanguageId("cpp"), LanguageId("cpp20"), LanguageId("cpp23")])
def test_the_header_is_compiled_with_the_flags_of_the_compile_command(language: LanguageId) -> None:
    command = load_languages()[language].compile_command
    standard, *flags = command[1 : command.index("-o")]
    dockerfile = " ".join((DOCKERFILES / "cpp.Dockerfile").read_text().replace("\\\n", " ").split())
    number = standard.removeprefix("-std=gnu++")
    assert number in dockerfile.partition("for standard in ")[2].partition(";")[0].split()
    assert f"g++ -std=gnu++$standard {' '.join(flags)} -x c++-header" in dockerfile


def test_an_image_is_tagged_by_its_pom_too(tmp_path: Path) -> None:
    dockerfile = tmp_path / "kotlin.Dockerfile"
    dockerfile.write_text("FROM debian:bookworm-slim\n")
    before = runner_image(dockerfile)
    (tmp_path / "kotlin.pom.xml").write_text("<project/>")
    after = runner_image(dockerfile)
    assert (before.pom, after.pom) == (None, tmp_path / "kotlin.pom.xml")
    assert before.tag != after.tag


def test_an_image_is_tagged_by_its_dockerfile(tmp_path: Path) -> None:
    dockerfile = tmp_path / "cpp.Dockerfile"
    dockerfile.write_text("FROM debian:bookworm-slim\n")
    before = runner_image(dockerfile)
    dockerfile.write_text("FROM debian:bookworm-slim\nRUN true\n")
    assert before.name == "cpp"
    assert before.reference.startswith("judgestream/cpp:")
    assert len(before.tag) == 12
    assert runner_image(dockerfile).tag != before.tag
