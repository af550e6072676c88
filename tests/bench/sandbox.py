"""What a run costs in the sandbox: in the supervisor alone, through the port, and many at once, beside a bare spawn of
the same program, the plain container adapter and `docker run`."""

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.setup.docker import daemon
from deploy.setup.places import HOME, SUPERVISOR
from executor.checkers.compare import matches
from executor.cores import plan_cores
from executor.languages.images import runner_images
from executor.sandbox.cgroup import Accounting, accounting
from executor.sandbox.container import ContainerSandbox
from executor.sandbox.engine import Engine
from executor.sandbox.hardening import Slot
from executor.sandbox.leftovers import owner_name, sweep
from executor.sandbox.nested import NestedSandbox
from executor.sandbox.nested_container import NestedContainer, Place
from executor.sandbox.nested_hardening import USUAL_SIZE
from executor.sandbox.nested_protocol import archive_of, run_packet
from executor.sandbox.port import Box, BoxFile, Exited, RunLimits, Sandbox
from schemas.values import Comparison, ComparisonKind
from tests.bench.measurement import Measurement

SLOTS: Final = 2
ROUNDS: Final = 5
RUNS: Final = 200
"""Of each kind in a round; kinds take turns, so that what else the machine does meets all of them."""

CONTAINER_RUNS: Final = 6
WARM_UP_RUNS: Final = 50

LIMITS: Final = RunLimits(
    cpu_time_ms=5_000, wall_time_ms=16_000, memory_bytes=256 * 1024 * 1024, output_bytes=1024 * 1024, processes=32
)
NOTHING: Final = BoxFile(name="nothing.c", content=b"int main() { return 0; }\n")
SUM: Final = BoxFile(
    name="sum.c",
    content=b'#include <stdio.h>\nint main() { long a, b; scanf("%ld %ld", &a, &b); printf("%ld\\n", a + b); }\n',
)
INPUT: Final = b"1 2\n"
ANSWER: Final = b"3\n"
TOKENS: Final = Comparison(kind=ComparisonKind.TOKENS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where everything is measured; `nothing` and `sum` are static programs, `bare` is the first one on the host."""

    engines: tuple[Engine, ...]
    accounting: Accounting
    slots: tuple[Slot, ...]
    owner: str
    work: Path
    apparmor: bool
    image: str
    nothing: BoxFile
    sum: BoxFile
    bare: Path

    def nested(self, slot: int) -> NestedSandbox:
        """The nested adapter."""
        return NestedSandbox(
            engine=self.engines[slot],
            accounting=self.accounting,
            slot=self.slots[slot],
            owner=self.owner,
            work=self.work,
            supervisor=SUPERVISOR,
            apparmor=self.apparmor,
        )

    def container(self, slot: int) -> ContainerSandbox:
        """The plain one."""
        return ContainerSandbox(
            engine=self.engines[slot],
            accounting=self.accounting,
            slot=self.slots[slot],
            owner=self.owner,
            work=self.work,
        )


def run() -> list[Measurement]:
    """Measures both adapters on the machine's engine."""
    with daemon() as url, _bench(url) as bench:
        return [*_single(bench), *_throughput(bench, url), _idle_memory(bench), _compile(bench)]


@contextmanager
def _bench(url: str) -> Iterator[Bench]:
    work = HOME / "bench" / "sandbox"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    owner = owner_name("bench", work)
    with ExitStack() as held:
        engines = tuple(held.enter_context(closing(Engine(url))) for _ in range(SLOTS))
        info = engines[0].info()
        groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)
        held.callback(sweep, engines[0], groups, owner, work)
        nothing, adder = (_static(work, source) for source in (NOTHING, SUM))
        yield Bench(
            engines=engines,
            accounting=groups,
            slots=plan_cores(sorted(os.sched_getaffinity(0)), SLOTS).slots,
            owner=owner,
            work=work / "boxes",
            apparmor=info.apparmor,
            image=next(engines[0].image_id(image.reference) for image in runner_images() if image.name == "cpp"),
            nothing=BoxFile(name="main", content=nothing.read_bytes(), executable=True),
            sum=BoxFile(name="main", content=adder.read_bytes(), executable=True),
            bare=nothing,
        )


def _static(work: Path, source: BoxFile) -> Path:
    """The program on the host: it is our own source, compiled by our own compiler."""
    path = work / source.name
    path.write_bytes(source.content)
    program = path.with_suffix("")
    subprocess.run(["gcc", "-O2", "-static", "-o", program, path], check=True)
    return program


def _single(bench: Bench) -> list[Measurement]:
    """The first two rows: one run at a time."""
    with ExitStack() as held:
        straight = held.enter_context(_straight(bench))
        sandbox = held.enter_context(closing(bench.nested(1)))
        box = held.enter_context(sandbox.box(bench.image, [bench.sum]))
        bare_ms, straight_ms, port_ms = _taking_turns(lambda: _spawn(bench.bare), straight, lambda: _judge(box))
    return [
        Measurement(
            name="sandbox: a run of a static `return 0` in the supervisor, added to posix_spawn of the same, p50",
            value=straight_ms - bare_ms,
            unit="ms",
            baseline=bare_ms,
            ratio=straight_ms / bare_ms,
            repetitions=ROUNDS * RUNS,
            note="at most 0.8 ms added",
        ),
        Measurement(
            name="sandbox: a run through the port, with input, output and comparison, p50",
            value=port_ms,
            unit="ms",
            baseline=bare_ms,
            ratio=port_ms / bare_ms,
            repetitions=ROUNDS * RUNS,
            note="at most 2.0 ms",
        ),
    ]


@contextmanager
def _straight(bench: Bench) -> Iterator[Callable[[], object]]:
    """Runs `return 0` in a supervisor with hardly any Python around it."""
    place = Place(
        engine=bench.engines[0],
        accounting=bench.accounting,
        slot=bench.slots[0],
        owner=bench.owner,
        work=bench.work,
        supervisor=SUPERVISOR,
        apparmor=bench.apparmor,
    )
    container = NestedContainer(place, bench.image, USUAL_SIZE)
    packet = run_packet(["/box/main"], LIMITS, cpu_halt_ms=LIMITS.cpu_time_ms, collecting=False)
    with _memfd(archive_of([bench.nothing])) as archive, _memfd(b"") as stdin:
        try:
            container.start(lambda: None)
            container.put_box(archive, container)
            yield lambda: container.run(packet, stdin, LIMITS.wall_time_ms)
        finally:
            container.end()


def _throughput(bench: Bench, url: str) -> list[Measurement]:
    """The next rows: two slots at once."""
    one, two = (_rate(bench, slots, RUNS * ROUNDS, bench.nested) for slots in (1, SLOTS))
    contained = _rate(bench, SLOTS, CONTAINER_RUNS, bench.container)
    docked = _parallel([lambda: _docker_run(bench, url)] * SLOTS, CONTAINER_RUNS)
    return [
        Measurement(
            name=f"sandbox: runs in a second, {SLOTS} slots on as many cores, over one slot",
            value=two,
            unit="runs/s",
            baseline=one,
            ratio=two / one,
            repetitions=RUNS * ROUNDS * SLOTS,
            note="at least 1000",
        ),
        Measurement(
            name=f"sandbox: runs in a second, {SLOTS} slots, over `docker run` for each",
            value=two,
            unit="runs/s",
            baseline=docked,
            ratio=two / docked,
            repetitions=CONTAINER_RUNS * SLOTS,
            note="at least 100 times",
        ),
        Measurement(
            name=f"sandbox: runs in a second, {SLOTS} slots, over the container adapter",
            value=two,
            unit="runs/s",
            baseline=contained,
            ratio=two / contained,
            repetitions=CONTAINER_RUNS * SLOTS,
            note="at least 20 times",
        ),
    ]


def own_rate(runs: int) -> float:
    """Runs in a second of the nested sandbox by itself, all slots at once, each of them doing so many."""
    with daemon() as url, _bench(url) as bench:
        return _rate(bench, SLOTS, runs, bench.nested)


def _rate(bench: Bench, slots: int, runs: int, make: Callable[[int], NestedSandbox | ContainerSandbox]) -> float:
    with ExitStack() as held:
        sandboxes: list[Sandbox] = [held.enter_context(closing(make(slot))) for slot in range(slots)]
        boxes = [held.enter_context(sandbox.box(bench.image, [bench.sum])) for sandbox in sandboxes]
        _parallel([lambda box=box: _judge(box) for box in boxes], min(runs, WARM_UP_RUNS))  # type: ignore[misc]
        return _parallel([lambda box=box: _judge(box) for box in boxes], runs)  # type: ignore[misc]


def _parallel(each: Sequence[Callable[[], object]], times: int) -> float:
    """How often in a second all of them together are done, each in a thread of its own as an executor's slots are."""
    with ThreadPoolExecutor(len(each)) as threads:
        began = time.perf_counter()
        for done in [threads.submit(_repeat, do, times) for do in each]:
            done.result()
        return len(each) * times / (time.perf_counter() - began)


def _repeat(do: Callable[[], object], times: int) -> None:
    for _ in range(times):
        do()


def _idle_memory(bench: Bench) -> Measurement:
    """What an idle slot holds that could not be dropped: processes and the kernel's own for them, not the image."""
    with _straight(bench) as straight:
        _repeat(straight, WARM_UP_RUNS)
        held = _held_bytes(bench.owner)
    return Measurement(
        name="sandbox: memory of an idle slot, beside the container's own",
        value=held / 1024 / 1024,
        unit="MiB",
        repetitions=1,
        note="at most 16 MiB",
    )


def _held_bytes(owner: str) -> int:
    root = Path("/sys/fs/cgroup")
    if (root / "memory").is_dir():
        (group,) = (root / "memory" / "judgestream" / owner).glob("*/")
        figures = _figures(group / "memory.stat")
        used = int((group / "memory.usage_in_bytes").read_text())
        return used - figures["total_cache"] + figures["total_shmem"]
    slices = f"judgestream.slice/judgestream-{owner}.slice"
    (group,) = [*root.glob(f"judgestream/{owner}/*/"), *root.glob(f"{slices}/*/")]
    figures = _figures(group / "memory.stat")
    return int((group / "memory.current").read_text()) - figures["file"] + figures["shmem"]


def _figures(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in (line.split() for line in file.read_text().splitlines())}


def _compile(bench: Bench) -> Measurement:
    with closing(bench.nested(0)) as sandbox, sandbox.box(bench.image, [NOTHING]) as box:
        (compile_ms,) = _taking_turns(
            lambda: box.run_and_collect(["gcc", "-O2", "-static", "-o", "/out/main", "nothing.c"], LIMITS),
            runs=CONTAINER_RUNS,
        )
    return Measurement(
        name="sandbox: a compile of a C `return 0`, collected, p50",
        value=compile_ms,
        unit="ms",
        repetitions=ROUNDS * CONTAINER_RUNS,
    )


def _taking_turns(*kinds: Callable[[], object], runs: int = RUNS) -> list[float]:
    """The median of each kind in milliseconds, after one round that warms up."""
    taken: list[list[float]] = [[] for _ in kinds]
    for number in range(ROUNDS + 1):
        for do, times in zip(kinds, taken, strict=True):
            round_ms = [_ms(do) for _ in range(runs)]
            times.extend(round_ms if number else [])
    return [statistics.median(times) for times in taken]


def _ms(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def _spawn(program: Path) -> None:
    os.waitpid(os.posix_spawn(program, [program.name], {}), 0)


def _judge(box: Box) -> None:
    outcome = box.run(["/box/main"], INPUT, LIMITS)
    if outcome.ending != Exited(0) or not matches(TOKENS, outcome.output, ANSWER):
        raise RuntimeError(f"the sandbox cannot add: {outcome}")


def _docker_run(bench: Bench, url: str) -> None:
    command = ["docker", f"--host={url}", "run", "--rm", "--network=none", bench.image, "/bin/true"]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def _memfd(content: bytes) -> Iterator[int]:
    with open(os.memfd_create("bench"), "r+b", buffering=0) as file:
        file.write(content)
        yield file.fileno()
