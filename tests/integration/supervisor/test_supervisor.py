"""The supervisor's C under sanitizers: its parts, its parsers with anything thrown at them, and as a whole.

Needs what the system itself needs (gcc, an engine), so it is left out of `make check`.
"""

import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from deploy.setup.supervisor import LANGUAGE, SOURCES, WARNINGS, sources
from executor.languages.images import runner_images
from executor.sandbox.cgroup import accounting
from executor.sandbox.engine import Engine
from executor.sandbox.hardening import Slot
from executor.sandbox.leftovers import owner_name, sweep
from executor.sandbox.nested import NestedSandbox
from executor.sandbox.port import BoxFile, Exited, Halted, Limit, RunLimits

HERE: Final = Path(__file__).parent
MEBIBYTE: Final = 1024 * 1024
FUZZ_S: Final = 4
SANITIZERS: Final = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{SOURCES}")
LIMITS: Final = RunLimits(
    cpu_time_ms=2_000, wall_time_ms=60_000, memory_bytes=64 * MEBIBYTE, output_bytes=MEBIBYTE, processes=16
)

pytestmark = pytest.mark.docker


def built(folder: Path, source: Path) -> Path:
    """The program, with every part of the supervisor but its main."""
    program = folder / source.stem
    parts = [part for part in sources() if part.suffix == ".c" and part.name != "main.c"]
    compile_c([*SANITIZERS, source, *parts], program)
    return program


def compile_c(arguments: Sequence[str | Path], program: Path) -> None:
    done = subprocess.run(
        ["gcc", *LANGUAGE, *WARNINGS, *arguments, "-o", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_its_parts_do_what_they_say(tmp_path: Path) -> None:
    done = subprocess.run(
        [built(tmp_path, HERE / "checks.c")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "all well\n"), done.stderr


def test_its_parsers_bear_anything(tmp_path: Path) -> None:
    seed = random.SystemRandom().getrandbits(63)
    done = subprocess.run(
        [built(tmp_path, HERE / "fuzz.c"), str(seed), str(FUZZ_S)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"


def test_as_a_whole_it_does_nothing_undefined(docker_url: str, tmp_path: Path) -> None:
    supervisor = tmp_path / "supervisor"
    undefined = ("-O1", "-static", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
    compile_c([*undefined, *(part for part in sources() if part.suffix == ".c")], supervisor)
    engine, owner = Engine(docker_url), owner_name("sanitized", tmp_path)
    info = engine.info()
    groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)
    sandbox = NestedSandbox(
        engine=engine,
        accounting=groups,
        slot=Slot(number=30, cpu=None),
        owner=owner,
        work=tmp_path / "work",
        supervisor=supervisor,
        apparmor=info.apparmor,
    )
    image = next(engine.image_id(image.reference) for image in runner_images() if image.name == "cpp")
    try:
        with sandbox.box(image, [BoxFile(name="a/b", content=b"x" * MEBIBYTE)]) as box:
            assert box.run(["/bin/cat", "a/b", "/box/a/b"], b"", LIMITS).ending == Exited(1)
            assert box.run(["/bin/cat"], b"y" * 100_000, LIMITS).output == b"y" * 100_000
            assert box.run(["/bin/sh", "-c", "while :; do :; done"], b"", LIMITS).ending == Halted(Limit.CPU)
            assert box.run(["/bin/cat", "/dev/zero"], b"", LIMITS).ending == Halted(Limit.OUTPUT)
            assert box.run(["/bin/none"], b"", LIMITS).ending == Exited(127)
            collected = box.run_and_collect(["/bin/cp", "-r", "/box/a", "/out"], LIMITS).collected
        assert collected == (BoxFile(name="a/b", content=b"x" * MEBIBYTE),)
    finally:
        sandbox.close()
        sweep(engine, groups, owner, tmp_path / "work")
        engine.close()
