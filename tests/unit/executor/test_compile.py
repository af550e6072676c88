"""Compiling: what goes in, what comes out, and whose fault it is."""

from dataclasses import replace

import pytest

from executor.compile import COMPILER_OUTPUT_BYTES, Compiled, CompileFailed, clean_output, compile_program
from executor.languages.loader import load_languages
from executor.sandbox.port import Exited, Halted, Limit, RunOutcome, Signalled
from schemas.ids import LanguageId
from schemas.values import SourceFile, Stub
from tests.unit.executor.scripted_sandbox import PROGRAM, ScriptedSandbox, outcome

LANGUAGES = load_languages()


def compiled(
    facts: RunOutcome, language: str = "cpp", stub: Stub | None = None, source: bytes = b"x"
) -> tuple[Compiled | CompileFailed, ScriptedSandbox]:
    sandbox = ScriptedSandbox(on_compile=lambda _: facts)
    files = [SourceFile(name="source", content=source)]
    found = compile_program(sandbox, "image", LANGUAGES[LanguageId(language)], files, stub=stub, entry_point=None)
    return found, sandbox


def test_what_the_compiler_left_is_the_program() -> None:
    found, sandbox = compiled(outcome(collected=PROGRAM, stderr=b"a warning\n"))
    assert found == Compiled(files=PROGRAM, entry_point="", compiler_output="a warning\n")
    assert [file.name for file in sandbox.ran[0].files] == ["main.cpp"]
    assert "main.cpp" in sandbox.ran[0].command


def test_a_language_that_only_checks_runs_its_sources() -> None:
    found, _ = compiled(outcome(), "python3", source=b"print(1)")
    assert isinstance(found, Compiled)
    assert [(file.name, file.content) for file in found.files] == [("main.py", b"print(1)")]
    assert found.entry_point == "main.py"


def test_a_stub_stands_around_the_authors_text() -> None:
    stub = Stub(language=LanguageId("cpp"), before="before\n", starter="", after="\nafter")
    _, sandbox = compiled(outcome(collected=PROGRAM), stub=stub, source=b"author")
    assert sandbox.ran[0].files[0].content == b"before\nauthor\nafter"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (outcome(Exited(1), stderr=b"error: no\n"), "error: no\n"),
        (outcome(Signalled(9), out_of_memory=True), "of memory"),
        (outcome(Halted(Limit.CPU)), "of CPU time"),
        (outcome(Halted(Limit.WALL)), "60000 ms"),
        (outcome(Halted(Limit.OUTPUT)), "too big"),
        (outcome(), "made no program"),
    ],
)
def test_what_goes_wrong_in_the_compiler_is_the_authors_fault(facts: RunOutcome, said: str) -> None:
    found, _ = compiled(facts)
    assert isinstance(found, CompileFailed)
    assert said in found.compiler_output


@pytest.mark.parametrize("code", [126, 127])
def test_a_status_that_an_author_can_bring_about_is_never_our_fault(code: int) -> None:
    found, _ = compiled(outcome(Exited(code)))
    assert isinstance(found, CompileFailed)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"/box/main.cpp:1:2: error", "main.cpp:1:2: error"),
        (b"/tmp/ccX.o: in /out/main", "ccX.o: in main"),
        (b"File /tmp/src/main.ml; see /usr/out/x", "File main.ml; see /usr/out/x"),
        (b"\x1b[01;31merror\x1b[m\x1b[K: \x1b]8;;http://x\x07no\x1b]8;;\x07", "error: no"),
        (b"a\x00b\x08c\x7f\r\nd\te", "abc\nd\te"),
        (b"\xff\xfe", "��"),
        (b"", ""),
    ],
)
def test_traces_of_the_box_and_escape_codes_are_removed(raw: bytes, shown: str) -> None:
    assert clean_output(raw) == shown


def test_compiler_output_is_bounded() -> None:
    assert len(clean_output(b"x" * (2 * COMPILER_OUTPUT_BYTES))) == COMPILER_OUTPUT_BYTES


@pytest.mark.parametrize("raw", ["é".encode() * COMPILER_OUTPUT_BYTES, b"x" + "é".encode() * COMPILER_OUTPUT_BYTES])
def test_compiler_output_is_bounded_in_bytes_and_ends_with_a_whole_character(raw: bytes) -> None:
    shown = clean_output(raw)
    assert COMPILER_OUTPUT_BYTES - 2 < len(shown.encode()) <= COMPILER_OUTPUT_BYTES
    assert shown[-1] == "é"


def test_what_is_no_text_is_bounded_as_it_is_shown() -> None:
    assert len(clean_output(b"\xff" * COMPILER_OUTPUT_BYTES).encode()) <= COMPILER_OUTPUT_BYTES


def test_the_authors_entry_point_is_what_the_compiler_begins_with() -> None:
    sandbox = ScriptedSandbox(on_compile=lambda _: outcome(collected=PROGRAM))
    files = [SourceFile(name=name, content=b"") for name in ("main.rs", "b.rs")]
    compile_program(sandbox, "image", LANGUAGES[LanguageId("rust")], files, stub=None, entry_point="b.rs")
    assert sandbox.ran[0].command[-1] == "b.rs"


def test_entry_points_of_java_come_with_the_program() -> None:
    found, _ = compiled(
        outcome(collected=PROGRAM), "java", source=b"class Go { public static void main(String[] a) {} }"
    )
    assert isinstance(found, Compiled)
    assert replace(found, files=()) == Compiled(files=(), entry_point="Go", compiler_output="")


def test_a_file_name_is_never_an_option() -> None:
    sandbox = ScriptedSandbox()
    files = [SourceFile(name=name, content=b"") for name in ("-o.cpp", "@list.cpp", "plain.cpp", "data.txt")]
    compile_program(sandbox, "image", LANGUAGES[LanguageId("cpp")], files, stub=None, entry_point=None)
    command = sandbox.ran[0].command
    assert command[command.index("/out/main") + 1 : -1] == ("./-o.cpp", "./@list.cpp", "plain.cpp")
