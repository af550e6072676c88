"""What a compile and a run cost in the sandbox, beside a bare spawn of the same program."""

import os
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.setup.docker import daemon
from deploy.setup.places import HOME
from executor.languages.images import runner_images
from executor.sandbox.cgroup import accounting
from executor.sandbox.container import ContainerSandbox
from executor.sandbox.engine import Engine
from executor.sandbox.hardening import Slot
from executor.sandbox.leftovers import owner_name, sweep
from executor.sandbox.port import Box, BoxFile, RunLimits, Sandbox
from tests.bench.measurement import Measurement

REPETITIONS: Final = 20
SPAWNS: Final = 200
LIMITS: Final = RunLimits(
    cpu_time_ms=20_000,
    wall_time_ms=60_000,
    memory_bytes=512 * 1024 * 1024,
    output_bytes=1024 * 1024,
    processes=32,
)
SOURCE: Final = BoxFile(name="main.cpp", content=b"int main() { return 0; }\n")
COMPILE: Final = ["g++", "-O2", "-static", "-o", "/out/main", "main.cpp"]


def run() -> list[Measurement]:
    """Measures the plain container adapter on the machine's engine."""
    work = HOME / "bench" / "sandbox"
    shutil.rmtree(work, ignore_errors=True)
    owner = owner_name("bench", work)
    with daemon() as url:
        engine = Engine(url)
        info = engine.info()
        groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)
        sandbox = ContainerSandbox(
            engine=engine, accounting=groups, slot=Slot(number=0, cpu=None), owner=owner, work=work / "boxes"
        )
        try:
            references = {image.name: image.reference for image in runner_images()}
            return _measured(sandbox, references["cpp"], work)
        finally:
            sweep(engine, groups, owner, work)
            engine.close()


def _measured(sandbox: Sandbox, image: str, work: Path) -> list[Measurement]:
    with sandbox.box(image, [SOURCE]) as box:
        program = box.run_and_collect(COMPILE, LIMITS).collected
        compile_ms = _p50_ms(lambda: box.run_and_collect(COMPILE, LIMITS), REPETITIONS)
    with sandbox.box(image, program) as box:
        run_ms = _p50_ms(lambda: _run(box), REPETITIONS)
    bare_ms = _bare_ms(program[0].content, work)
    return [
        Measurement(
            name="sandbox: a run of a static `return 0` in a container, over posix_spawn, p50",
            value=run_ms,
            unit="ms",
            baseline=bare_ms,
            ratio=run_ms / bare_ms,
            repetitions=REPETITIONS,
        ),
        Measurement(
            name="sandbox: its compile by g++ in a container, p50", value=compile_ms, unit="ms", repetitions=REPETITIONS
        ),
    ]


def _run(box: Box) -> None:
    box.run(["/box/main"], b"", LIMITS)


def _bare_ms(content: bytes, work: Path) -> float:
    """The same program, spawned on the host: it is our own source, compiled by our own compiler."""
    program = work / "bare"
    program.write_bytes(content)
    program.chmod(0o755)
    return _p50_ms(lambda: os.waitpid(os.posix_spawn(program, ["bare"], {}), 0), SPAWNS)


def _p50_ms(do: Callable[[], object], repetitions: int) -> float:
    taken_s: list[float] = []
    for _ in range(repetitions):
        began = time.perf_counter()
        do()
        taken_s.append(time.perf_counter() - began)
    return statistics.median(taken_s) * 1000
