"""Every language does the same six things; what is special about one stands in its TOML and its samples alone."""

from dataclasses import replace
from random import Random

import pytest

from executor.compile import Compiled, CompileFailed, compile_program
from executor.languages.images import DEFAULT_IMAGES
from executor.languages.language import Language
from executor.languages.loader import FOLDER, load_languages
from executor.policy import case_verdict
from executor.sandbox.errors import ImageMissing
from executor.sandbox.port import RunLimits
from schemas.values import SourceFile, Verdict
from tests import machine
from tests.contract.sandbox.conftest import LIMITS, MEBIBYTE, Bench

SAMPLES = FOLDER / "samples"
SHORT = replace(LIMITS, cpu_time_ms=LIMITS.cpu_time_ms // 5)
LINE_CHARACTERS = 1000


def text(size_bytes: int) -> bytes:
    """Lines of printable text, always the same."""
    random = Random(size_bytes)
    letters = "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size_bytes))
    lines = [letters[start : start + LINE_CHARACTERS - 1] + "\n" for start in range(0, size_bytes, LINE_CHARACTERS)]
    return "".join(lines).encode()


MEGABYTE = text(1_000_000)


def languages() -> list[object]:
    """All; those whose image is not built by default are tested by `make test-languages`."""
    return [
        pytest.param(language, id=language.id, marks=() if language.image in DEFAULT_IMAGES else pytest.mark.languages)
        for language in load_languages().values()
    ]


def compiled(bench: Bench, language: Language, source: bytes) -> Compiled | CompileFailed:
    if machine.PROGRAMS is not None:
        pytest.skip("this machine has no compilers")
    try:
        image = bench.image(language.id)
    except ImageMissing:
        pytest.skip(f"the image of {language.id} is not installed")
    files = [SourceFile(name="source", content=source)]
    return compile_program(bench.sandbox, image, language, files, stub=None, entry_point=None)


def sample(language: Language, name: str) -> bytes:
    (path,) = (SAMPLES / language.id).glob(f"{name}.*")
    return path.read_bytes()


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("name", "stdin", "answer", "limits", "expected"),
    [
        pytest.param("starter", b"1 2\n", b"3\n", LIMITS, Verdict.AC, id="starter"),
        pytest.param("sum", b"40 2\n", b"42\n", LIMITS, Verdict.AC, id="sum"),
        pytest.param("echo", MEGABYTE, MEGABYTE, LIMITS, Verdict.AC, id="echo"),
        pytest.param("tle", b"", b"", SHORT, Verdict.TLE, id="tle"),
        pytest.param("rte", b"", b"", LIMITS, Verdict.RTE, id="rte"),
        pytest.param("mle", b"", b"", LIMITS, Verdict.MLE, id="mle"),
    ],
)
def test_a_sample_gets_its_verdict(
    bench: Bench, language: Language, name: str, stdin: bytes, answer: bytes, limits: RunLimits, expected: Verdict
) -> None:
    program = compiled(bench, language, language.starter.encode() if name == "starter" else sample(language, name))
    assert isinstance(program, Compiled), program.compiler_output
    command = language.run_arguments(entry_point=program.entry_point, memory_bytes=limits.memory_bytes)
    limits = replace(limits, processes=language.processes)
    with bench.sandbox.box(bench.image(language.id), program.files) as box:
        outcome = box.run(command, stdin, limits)
    seen = f"{outcome.ending} {outcome.cpu_time_ns / 1e6:.0f} ms {outcome.memory_bytes / MEBIBYTE:.0f} MiB"
    verdict = case_verdict(outcome, limits, lambda output: output == answer)
    assert verdict is expected, f"{seen}\n{outcome.output[:300]!r}\n{outcome.stderr.decode(errors='replace')[:2000]}"


@pytest.mark.parametrize("language", languages())
def test_a_sample_that_does_not_compile_is_told_why(bench: Bench, language: Language) -> None:
    failed = compiled(bench, language, sample(language, "ce"))
    assert isinstance(failed, CompileFailed)
    assert failed.compiler_output.strip()
    assert "/box" not in failed.compiler_output
    assert "\x1b" not in failed.compiler_output
