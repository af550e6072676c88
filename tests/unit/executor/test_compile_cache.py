"""Compile once: what a cache promises, what may be kept, and that what is lost or spoilt costs a compile only."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from executor.compile import Compiled, CompileFailed, CompileTask, compile_task
from executor.compile_cache import (
    SWEEP_EVERY,
    CompileCache,
    DirectoryCompileCache,
    compile_once,
    pack,
    task_digest,
)
from executor.languages.loader import load_languages
from executor.sandbox.archive import read_archive
from executor.sandbox.errors import Disturbed
from executor.sandbox.port import BoxFile, Exited, Halted, Limit, RunOutcome, Signalled
from schemas.ids import LanguageId, Sha256
from schemas.values import SourceFile, Stub
from tests.unit.executor.memory_compile_cache import MemoryCompileCache
from tests.unit.executor.scripted_sandbox import PROGRAM, Ran, ScriptedSandbox, outcome

LANGUAGES = load_languages()
KEY = Sha256(sha256(b"task").hexdigest())
OTHER = Sha256(sha256(b"other").hexdigest())
FILES = (
    BoxFile(name="a/B.class", content=b"\x00\xff"),
    BoxFile(name="empty", content=b""),
    BoxFile(name="main", content=b"\x7fELF" * 1000, executable=True),
    BoxFile(name="ü" * 100, content=b"long"),
)
COMPILED = Compiled(files=FILES, entry_point="Main", compiler_output="a warning ü\n")


def task(source: bytes = b"x", language: str = "cpp", stub: Stub | None = None, name: str = "main.cpp") -> CompileTask:
    files = [SourceFile(name=name, content=source)]
    return compile_task("sha256:1", LANGUAGES[LanguageId(language)], files, stub=stub, entry_point=None)


@pytest.fixture(params=["directory", "memory"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> CompileCache:
    return DirectoryCompileCache(tmp_path) if request.param == "directory" else MemoryCompileCache()


@pytest.fixture
def directory(tmp_path: Path) -> DirectoryCompileCache:
    return DirectoryCompileCache(tmp_path)


def entry_of(root: Path, key: Sha256) -> Path:
    return root / "index" / key[:2] / key


def the_program(root: Path) -> Path:
    (found,) = [path for path in (root / "programs").rglob("*") if path.is_file()]
    return found


@pytest.mark.parametrize("found", [COMPILED, CompileFailed(compiler_output="error: ü\n")])
def test_gives_back_what_was_kept_and_nothing_else(cache: CompileCache, found: Compiled | CompileFailed) -> None:
    assert cache.find(KEY) is None
    cache.keep(KEY, found)
    cache.keep(KEY, found)
    assert cache.find(KEY) == found
    assert cache.find(OTHER) is None


def test_the_same_task_is_compiled_once(cache: CompileCache) -> None:
    sandbox = ScriptedSandbox(on_compile=lambda _: outcome(collected=PROGRAM, stderr=b"a warning"))
    first, second = (compile_once(cache, sandbox, task()) for _ in range(2))
    assert first == second == Compiled(files=PROGRAM, entry_point="", compiler_output="a warning")
    assert len(sandbox.ran) == 1
    compile_once(cache, sandbox, task(b"y"))
    assert len(sandbox.ran) == 2


@pytest.mark.parametrize(
    ("facts", "compiles"),
    [
        (outcome(Exited(1), stderr=b"error"), 1),
        (outcome(), 1),
        (outcome(Signalled(9), out_of_memory=True), 1),
        (outcome(Halted(Limit.OUTPUT)), 1),
        (outcome(Halted(Limit.CPU)), 2),
        (outcome(Halted(Limit.WALL)), 2),
        (outcome(Signalled(9)), 2),
    ],
)
def test_a_failure_is_kept_unless_time_or_nobody_knows_what_decided(
    cache: CompileCache, facts: RunOutcome, compiles: int
) -> None:
    sandbox = ScriptedSandbox(on_compile=lambda _: facts)
    found = [compile_once(cache, sandbox, task()) for _ in range(2)]
    assert found[0] == found[1]
    assert isinstance(found[0], CompileFailed)
    assert len(sandbox.ran) == compiles


def test_a_fault_of_ours_is_never_kept(cache: CompileCache) -> None:
    def disturbed(_: Ran) -> RunOutcome:
        raise Disturbed("the engine went down")

    with pytest.raises(Disturbed):
        compile_once(cache, ScriptedSandbox(on_compile=disturbed), task())
    assert isinstance(compile_once(cache, ScriptedSandbox(), task()), Compiled)


CHANGES: list[tuple[str, Callable[[CompileTask], CompileTask]]] = [
    ("image", lambda it: replace(it, image="sha256:2")),
    ("source", lambda it: replace(it, sources=(replace(it.sources[0], content=b"z"),))),
    ("name", lambda it: replace(it, sources=(replace(it.sources[0], name="z"),))),
    ("a second source", lambda it: replace(it, sources=it.sources * 2)),
    ("flags", lambda it: replace(it, command=(*it.command, "-O3"))),
    ("a flag torn in two", lambda it: replace(it, command=(*it.command[:-1], *it.command[-1]))),
    ("limits", lambda it: replace(it, limits=replace(it.limits, memory_bytes=1))),
    ("entry point", lambda it: replace(it, entry_point="z")),
]


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=[name for name, _ in CHANGES])
def test_whatever_a_compile_depends_on_is_in_the_digest(change: Callable[[CompileTask], CompileTask]) -> None:
    assert task_digest(change(task())) != task_digest(task())
    assert task_digest(change(task())) == task_digest(change(task()))


def test_a_stub_and_a_language_are_in_the_digest_by_what_they_do() -> None:
    stub = Stub(language=LanguageId("cpp"), before="b", starter="never seen", after="a")
    assert task_digest(task(stub=stub)) == task_digest(task(b"bxa"))
    assert task_digest(task(language="cpp20")) != task_digest(task())


def test_an_archive_is_the_same_for_the_same_files_in_any_order() -> None:
    assert pack(FILES) == pack(FILES[::-1])
    assert read_archive(pack(FILES)) == FILES


def test_a_name_that_would_come_back_as_another_is_not_kept(directory: DirectoryCompileCache) -> None:
    directory.keep(KEY, replace(COMPILED, files=(BoxFile(name="a//b", content=b""),)))
    assert directory.find(KEY) is None


def spoil_entry(root: Path) -> None:
    entry_of(root, KEY).write_bytes(entry_of(root, KEY).read_bytes()[:-10])


def alter_entry(root: Path) -> None:
    entry = json.loads(entry_of(root, KEY).read_text())
    entry["body"]["entry_point"] = "Other"
    entry_of(root, KEY).write_text(json.dumps(entry))


def odd_entry(root: Path) -> None:
    entry_of(root, KEY).write_text('["body"]')


def swap_entries(root: Path) -> None:
    DirectoryCompileCache(root).keep(OTHER, CompileFailed(compiler_output="another's"))
    os.replace(entry_of(root, OTHER), entry_of(root, KEY))


def lose_entry(root: Path) -> None:
    entry_of(root, KEY).unlink()


def spoil_program(root: Path) -> None:
    the_program(root).write_bytes(b"\x00" * 512)


def lose_program(root: Path) -> None:
    the_program(root).unlink()


@pytest.mark.parametrize(
    "harm", [spoil_entry, alter_entry, odd_entry, swap_entries, lose_entry, spoil_program, lose_program]
)
def test_what_is_lost_or_spoilt_is_compiled_anew_and_whole_again(
    directory: DirectoryCompileCache, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    directory.keep(KEY, COMPILED)
    harm(tmp_path)
    assert directory.find(KEY) is None
    directory.keep(KEY, COMPILED)
    assert directory.find(KEY) == COMPILED


def test_a_program_that_was_found_once_is_read_no_more(directory: DirectoryCompileCache, tmp_path: Path) -> None:
    directory.keep(KEY, COMPILED)
    assert directory.find(KEY) == COMPILED
    spoil_program(tmp_path)
    assert directory.find(KEY) == COMPILED


def test_a_folder_that_takes_nothing_costs_a_compile_each_time(
    directory: DirectoryCompileCache, tmp_path: Path
) -> None:
    (tmp_path / "index").write_text("in the way")
    directory.keep(KEY, COMPILED)
    assert directory.find(KEY) is None


def test_another_executor_of_the_machine_finds_it_too(directory: DirectoryCompileCache, tmp_path: Path) -> None:
    directory.keep(KEY, COMPILED)
    assert DirectoryCompileCache(tmp_path).find(KEY) == COMPILED


def test_the_oldest_go_first_and_the_folder_stays_within_its_bound(tmp_path: Path) -> None:
    bound = 400_000
    cache = DirectoryCompileCache(tmp_path, max_bytes=bound)
    keys = [Sha256(sha256(b"%d" % number).hexdigest()) for number in range(SWEEP_EVERY)]
    for number, key in enumerate(keys):
        content = b"%d" % number * 10_000
        cache.keep(key, replace(COMPILED, files=(BoxFile(name="main", content=content),)))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= bound
    assert cache.find(keys[0]) is None
    assert cache.find(keys[-1]) is not None


def test_what_is_too_much_at_the_start_goes(directory: DirectoryCompileCache, tmp_path: Path) -> None:
    directory.keep(KEY, COMPILED)
    assert DirectoryCompileCache(tmp_path, max_bytes=100).find(KEY) is None
