"""Every sandbox adapter, on a real container engine with the real runner images."""

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.setup.places import SUPERVISOR
from executor.compile import Compiled, CompileFailed, compile_program
from executor.languages.images import runner_images
from executor.languages.language import Language
from executor.languages.loader import load_languages
from executor.sandbox import container, nested
from executor.sandbox.cgroup import Accounting, accounting
from executor.sandbox.container import ContainerSandbox
from executor.sandbox.engine import Engine
from executor.sandbox.hardening import Slot
from executor.sandbox.leftovers import owner_name, sweep
from executor.sandbox.nested import NestedSandbox
from executor.sandbox.port import BoxFile, RunLimits, RunOutcome, Sandbox
from executor.sandbox.waiting import until
from schemas.ids import LanguageId
from schemas.values import SourceFile
from tests import machine
from tests.contract.sandbox.programs import PROGRAMS

MEBIBYTE = 1024 * 1024

LIMITS = RunLimits(
    cpu_time_ms=5_000 * machine.SLOWNESS,
    wall_time_ms=30_000 * machine.SLOWNESS,
    memory_bytes=256 * MEBIBYTE,
    output_bytes=16 * MEBIBYTE,
    processes=64,
)

OWN_PROCESSES = 3
"""Of a container that stays: the supervisor, its spawner, and the init of a box that waits for its run."""


class Bench:
    """A sandbox with what a test needs around it: programs compiled once, and a look at what is left behind."""

    def __init__(self, sandbox: Sandbox, looking: Engine, owner: str, work: Path) -> None:
        self.sandbox = sandbox
        self.languages = load_languages()
        self._looking = looking
        self._owner = owner
        self._work = work
        self._compiled: dict[tuple[str, str], Compiled | CompileFailed] = {}

    def language(self, language: str) -> Language:
        return self.languages[LanguageId(language)]

    def image(self, language: str) -> str:
        """The digest of its image; a test of a language that this machine lacks is skipped."""
        if machine.PROGRAMS is not None and not (machine.PROGRAMS / language).is_dir():
            pytest.skip(f"no {language} on this machine")
        name = self.language(language).image
        return next(self._looking.image_id(image.reference) for image in runner_images() if image.name == name)

    def compile(self, language: str, program: str) -> Compiled | CompileFailed:
        """The program of that name in `programs.py`, compiled once per session."""
        key = (language, program)
        if machine.PROGRAMS is not None:
            return _brought(machine.PROGRAMS / language / program)
        if key not in self._compiled:
            files = [SourceFile(name="source", content=PROGRAMS[language][program].encode())]
            self._compiled[key] = compile_program(
                self.sandbox, self.image(language), self.language(language), files, stub=None, entry_point=None
            )
        return self._compiled[key]

    def run(self, language: str, program: str, stdin: bytes = b"", limits: RunLimits = LIMITS) -> RunOutcome:
        compiled = self.compile(language, program)
        assert isinstance(compiled, Compiled), compiled.compiler_output
        command = self.language(language).run_arguments(
            entry_point=compiled.entry_point, memory_bytes=limits.memory_bytes
        )
        with self.sandbox.box(self.image(language), compiled.files) as box:
            return box.run(command, stdin, limits)

    @property
    def start_bytes(self) -> int:
        """What of a container's own start is in a peak: before Linux 6.12 a group of cgroup v2 cannot begin it anew."""
        is_old = tuple(int(part) for part in platform.release().split(".")[:2]) < (6, 12)
        is_unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
        return 16 * MEBIBYTE if is_old and is_unified and isinstance(self.sandbox, ContainerSandbox) else 0

    def kill_all_runs(self) -> None:
        """As the engine does when it goes down."""
        for found in self._looking.owned(self._owner):
            self._looking.kill(found)

    def left_behind(self) -> list[str]:
        """Containers, groups, mounts and files that are ours and should be gone, and processes in what may stay."""
        staying = self.sandbox.containers if isinstance(self.sandbox, NestedSandbox) else {}
        containers = [found for found in self._looking.owned(self._owner) if found not in staying]
        groups = [group for group in self._groups() if not any(name in group.name for name in staying.values())]
        mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(self._work) in line]
        files = list(self._work.iterdir()) if self._work.exists() else []
        busy = [] if until(lambda: self._processes() <= OWN_PROCESSES * len(staying), patience_s=5) else ["processes"]
        return [*containers, *map(str, groups), *mounts, *map(str, files), *busy]

    def _groups(self) -> list[Path]:
        owned = (f"judgestream/{self._owner}", f"judgestream.slice/judgestream-{self._owner}.slice")
        places = [Path("/sys/fs/cgroup"), *Path("/sys/fs/cgroup").glob("*/")]
        return [group for place in places for folder in owned for group in (place / folder).glob("*/")]

    def _processes(self) -> int:
        """How many processes are in our groups; groups of runs come and go while we look."""
        folders = [folder for group in self._groups() for folder, _, _ in os.walk(group)]
        return len({line for folder in folders for line in _lines(Path(folder, "cgroup.procs"))})


def _lines(file: Path) -> list[str]:
    """Of a file of a group that may go away while we look."""
    try:
        return file.read_text().splitlines()
    except OSError:
        return []


def _brought(program: Path) -> Compiled:
    """A program that was compiled on another machine: C and C++ alone, which need nothing around them."""
    if not program.is_file():
        pytest.skip(f"nobody can compile {program.name} on this machine")
    main = BoxFile(name="main", content=program.read_bytes(), executable=True)
    return Compiled(files=(main,), entry_point="", compiler_output="")


def make_sandbox(
    kind: str, engine: Engine, groups: Accounting, owner: str, work: Path, slot: int = 0
) -> ContainerSandbox | NestedSandbox:
    place = Slot(number=slot, cpu=slot)
    if kind == container.KIND:
        return ContainerSandbox(engine=engine, accounting=groups, slot=place, owner=owner, work=work)
    return NestedSandbox(
        engine=engine,
        accounting=groups,
        slot=place,
        owner=owner,
        work=work,
        supervisor=SUPERVISOR,
        apparmor=engine.info().apparmor,
    )


@pytest.fixture(scope="session", params=[container.KIND, nested.KIND])
def kind(request: pytest.FixtureRequest) -> str:
    """Which adapter."""
    return str(request.param)


@pytest.fixture(scope="session")
def bench(kind: str, docker_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The adapter."""
    work = tmp_path_factory.mktemp("work")
    owner = owner_name("contract", work)
    engine = Engine(docker_url)
    info = engine.info()
    groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)
    sandbox = make_sandbox(kind, engine, groups, owner, work)
    looking = Engine(docker_url)
    yield Bench(sandbox, looking, owner, work)
    sandbox.close()
    sweep(engine, groups, owner, work)
    looking.close()
    engine.close()


@pytest.fixture(autouse=True)
def _nothing_left(bench: Bench) -> Iterator[None]:
    yield
    assert bench.left_behind() == []


@dataclass
class Another:
    """A sandbox that a test may close, and a look at whether a container of it is there."""

    sandbox: Sandbox
    has_container: Callable[[], bool]


@pytest.fixture
def another(kind: str, docker_url: str, tmp_path: Path) -> Iterator[Another]:
    engine, looking = Engine(docker_url), Engine(docker_url)
    info = engine.info()
    owner = owner_name("another", tmp_path)
    groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)
    yield Another(make_sandbox(kind, engine, groups, owner, tmp_path, slot=1), lambda: bool(looking.owned(owner)))
    assert looking.owned(owner) == []
    assert groups.sweep() == 0
    looking.close()
    engine.close()
