"""Where attacks are let loose: an adapter, the programs, the bait, and the looks at the machine before and after."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

from executor.compile import Compiled, CompileFailed, compile_program
from executor.languages.entry_point import arrange
from executor.languages.images import runner_images
from executor.languages.language import Language, ProgramSource
from executor.languages.loader import load_languages
from executor.policy import case_verdict
from executor.sandbox.container import KIND as CONTAINER
from executor.sandbox.errors import SandboxFault
from executor.sandbox.port import COLLECTED_MAX_BYTES, BoxFile, Exited, RunOutcome, Sandbox
from schemas.values import SourceFile, Verdict
from tests.hostile.adapters import Adapter, adapter
from tests.hostile.attack import CONTAINED, MEBIBYTE, SMALL, Attack
from tests.hostile.bait import VARIABLE, Bait, bait
from tests.hostile.compilations import BOMB_LIMITS, EITHER, Collection, Compilation
from tests.hostile.machine import LOG_LINES, KernelLog, Machine, State
from tests.hostile.scripts import BY_LANGUAGE
from tests.machine import SLOWNESS

SUM_LIMITS: Final = replace(SMALL, cpu_time_ms=SMALL.cpu_time_ms * SLOWNESS, wall_time_ms=SMALL.wall_time_ms * SLOWNESS)
HONEST_CPU_MS: Final = 50 * SLOWNESS
HONEST_EVERY: Final = 8
HONEST_MEMORY_BYTES: Final = 4 * MEBIBYTE
"""What adding two numbers may use; a slot that an attack has spoilt shows here first."""


Run = Callable[[], tuple[Verdict, list[str]]]
"""The attack itself; answers its verdict and what was wrong."""


About = tuple[str, str, str, frozenset[Verdict]]
"""An attack's number, name, language, and what it may get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an attack got and what it left. `wrong` says what is not as it must be; empty where all is well."""

    id: str
    name: str
    language: str
    kind: str
    verdict: str
    expected: str
    wrong: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    cpu_time_ms: float = 0.0
    wall_time_ms: float = 0.0
    memory_bytes: int = 0


@dataclass
class Arena:
    """Lets attacks loose in one adapter's first slot; the second slot is the neighbour's."""

    adapter: Adapter
    machine: Machine
    bait: Bait
    log: KernelLog
    programs: dict[str, Path]
    languages: dict[str, Language]
    _java: dict[str, Compiled] = field(default_factory=dict)
    _images: dict[str, str] = field(default_factory=dict)
    _idle: State = field(default_factory=State)
    _idle_after: tuple[str, bool] = ("", False)
    _attacks: int = 0

    @property
    def kind(self) -> str:
        """The adapter's."""
        return self.adapter.kind

    @property
    def sandbox(self) -> Sandbox:
        """The slot under attack."""
        return self.adapter.sandboxes[0]

    def image(self, language: str) -> str:
        """The digest of the language's image; an `ImageMissing` where this machine has none."""
        if language not in self._images:
            name = self.languages[language].image
            reference = next(image.reference for image in runner_images() if image.name == name)
            self._images[language] = self.adapter.engine.image_id(reference)
        return self._images[language]

    def attack(self, attack: Attack) -> Result:
        """Runs it as often as it wants to be run, in one box."""
        image = self.image(attack.language)
        files, command = self._program(attack.language, attack.program)
        if attack.after:
            first = BoxFile(name="first", content=self.programs[attack.after[0]].read_bytes(), executable=True)
            files = [*files, first]
        command = [
            *command,
            *(self.bait.fill(word) for word in (*((self.kind,) if attack.language == "c" else ()), *attack.mode)),
        ]
        limits = attack.allowance()
        given = self.bait.fill(attack.stdin.decode()).encode() if b"{" in attack.stdin else attack.stdin
        facts = (*attack.facts, *(attack.exact if self.kind != CONTAINER else ()))
        outcomes: list[RunOutcome] = []

        def run() -> tuple[Verdict, list[str]]:
            secret = BoxFile(name="secret", content=self.bait.words["secret"].encode())
            wrong, verdict = [], Verdict.UNKNOWN
            with self.adapter.sandboxes[1].box(image, [secret]), self.sandbox.box(image, files) as box:
                self.log.new_lines()
                for _ in range(attack.runs):
                    if attack.after:
                        box.run(["/box/first", self.kind, *attack.after[1:]], b"", limits)
                    outcomes.append(box.run(command, given, limits))
                    verdict = case_verdict(outcomes[-1], limits, lambda output: output == attack.answer)
                    wrong += [said for fact in facts if (said := fact(outcomes[-1]))]
                    if verdict not in attack.expected:
                        wrong.append(_said(verdict, outcomes[-1]))
                        break
            if attack.quiet and (lines := self.log.new_lines()) > LOG_LINES:
                wrong.append(f"{lines} lines in the kernel's log")
            return verdict, wrong

        about = (attack.id, attack.name, attack.language, attack.expected)
        result = self._watched(image, about, run, collecting=False)
        return _with_figures(result, outcomes)

    def compilation(self, attack: Compilation) -> Result:
        """Compiles it, and runs it if it could be compiled."""
        image, language = self.image(attack.language), self.languages[attack.language]
        files = [SourceFile(name=name, content=self._filled(text)) for name, text in attack.files.items()]

        def run() -> tuple[Verdict, list[str]]:
            compiled = self._compile(language, image, files, bomb=attack.bomb)
            wrong = _leaks(compiled.compiler_output.encode(), self.bait.words["secret"])
            if isinstance(compiled, CompileFailed):
                return Verdict.CE, wrong + ([] if Verdict.CE in attack.expected else [compiled.compiler_output[:200]])
            limits = replace(BOMB_LIMITS, cpu_time_ms=4_000 * SLOWNESS, wall_time_ms=12_000 * SLOWNESS)
            command = language.run_arguments(entry_point=compiled.entry_point, memory_bytes=limits.memory_bytes)
            with self.sandbox.box(image, compiled.files) as box:
                outcome = box.run(command, b"", limits)
            verdict = case_verdict(outcome, limits, lambda output: output == CONTAINED)
            return verdict, wrong + ([] if verdict in attack.expected else [_said(verdict, outcome)])

        about = (attack.id, attack.name, attack.language, attack.expected)
        return self._watched(image, about, run, collecting=True)

    def collection(self, attack: Collection) -> Result:
        """Lets the program leave what it wants, and looks at what is collected: nothing, or plain files of its own."""
        image = self.image("c")
        files, command = self._program("c", "collect")

        def run() -> tuple[Verdict, list[str]]:
            with self.sandbox.box(image, files) as box:
                outcome = box.run_and_collect([*command, self.kind, attack.mode], BOMB_LIMITS)
            names = {file.name for file in outcome.collected}
            wrong = [f"collected {sorted(names)}"] if not names <= attack.kept else []
            for file in outcome.collected:
                wrong += _leaks(file.content, self.bait.words["secret"])
            total = sum(len(file.content) for file in outcome.collected)
            wrong += [f"{total} bytes of it"] if total > COLLECTED_MAX_BYTES else []
            return Verdict.AC if outcome.ending == Exited(0) and names else Verdict.CE, wrong

        return self._watched(image, (attack.id, attack.name, "c", EITHER), run, collecting=True)

    def _watched(self, image: str, about: About, run: Run, *, collecting: bool) -> Result:
        before = self._idle_state(image, collecting=collecting)
        try:
            verdict, wrong = run()
            told = verdict.value
        except SandboxFault as fault:
            told, wrong = "fault", [f"{type(fault).__name__}: {fault}"]
        left = self.machine.left_since(before)
        if left:
            self._idle_after = ("", False)
        wrong += [*self.bait.taken(), *self._wrong_afterwards(image)]
        number, name, language, expected = about
        return Result(
            id=number,
            name=name,
            language=language,
            kind=self.kind,
            verdict=told,
            expected="/".join(sorted(expected)),
            wrong=tuple(wrong),
            left=tuple(left),
        )

    def _idle_state(self, image: str, *, collecting: bool) -> State:
        """What stands there between two runs of that kind, an honest one being the last; both slots were in use."""
        if self._idle_after != (image, collecting):
            with self.adapter.sandboxes[1].box(image, []):
                self._wrong_with_honest(image, collecting=collecting)
            self._idle = self.machine.settled()
            self._idle_after = (image, collecting)
        return self._idle

    def _wrong_afterwards(self, image: str) -> list[str]:
        """Where nothing stays between runs, now and then is often enough to look for what stayed nevertheless."""
        self._attacks += 1
        if self.kind == CONTAINER and self._attacks % HONEST_EVERY:
            return []
        return self._wrong_with_honest(image)

    def _wrong_with_honest(self, image: str, *, collecting: bool = False) -> list[str]:
        """What is wrong with an honest run in the slot, if anything is."""
        files, command = self._program("c", "honest")
        try:
            with self.sandbox.box(image, files) as box:
                if collecting:
                    box.run_and_collect([*command, self.kind, "nothing"], BOMB_LIMITS)
                    return []
                run = box.run([*command, self.kind, "sum"], b"1 2\n", SUM_LIMITS)
        except SandboxFault as fault:
            return [f"an honest run: {type(fault).__name__}: {fault}"]
        verdict = case_verdict(run, SUM_LIMITS, lambda output: output == b"3\n")
        if verdict is not Verdict.AC:
            return [f"an honest run: {_said(verdict, run)}"]
        if run.cpu_time_ns > HONEST_CPU_MS * 1_000_000 or run.memory_bytes > HONEST_MEMORY_BYTES:
            return [f"an honest run: {run.cpu_time_ns / 1e6:.1f} ms and {run.memory_bytes} bytes"]
        return []

    def _program(self, language: str, name: str) -> tuple[Sequence[BoxFile], list[str]]:
        if language == "c":
            return [BoxFile(name="main", content=self.programs[name].read_bytes(), executable=True)], ["/box/main"]
        texts = BY_LANGUAGE[language][name]
        sources = [SourceFile(name=file, content=text.encode()) for file, text in texts.items()]
        known = self.languages[language]
        if language == "java" and name not in self._java:
            compiled = self._compile(known, self.image(language), sources, bomb=False)
            assert isinstance(compiled, Compiled), compiled.compiler_output
            extra = [
                BoxFile(name=file.name, content=file.content) for file in sources if not known.is_source(file.name)
            ]
            self._java[name] = replace(compiled, files=(*compiled.files, *extra))
        files = self._java[name].files if language == "java" else _as_box_files(sources)
        entry = name if language == "java" else "main.py"
        return files, known.run_arguments(entry_point=entry, memory_bytes=256 * MEBIBYTE)

    def _compile(
        self, language: Language, image: str, files: list[SourceFile], *, bomb: bool
    ) -> Compiled | CompileFailed:
        if not bomb:
            return compile_program(self.sandbox, image, language, files, stub=None, entry_point=None)
        arranged = arrange(language, files, None)
        sources = _as_box_files(arranged.files)
        command = language.compile_arguments([file.name for file in sources if language.is_source(file.name)])
        with self.sandbox.box(image, sources) as box:
            outcome = box.run_and_collect(command, BOMB_LIMITS)
        said = outcome.stderr.decode(errors="replace")
        if outcome.ending != Exited(0) or outcome.out_of_memory:
            return CompileFailed(compiler_output=said)
        program = outcome.collected if language.program is ProgramSource.COLLECTED else tuple(sources)
        return Compiled(files=program, entry_point=arranged.entry_point, compiler_output=said)

    def _filled(self, text: bytes) -> bytes:
        return text.replace(b"{place}", self.bait.words["place"].encode())

    def run_in(self, slot: int, attack: Attack) -> RunOutcome:
        """A C program in that slot, and nothing looked at."""
        files, command = self._program("c", attack.program)
        with self.adapter.sandboxes[slot].box(self.image("c"), files) as box:
            return box.run([*command, self.kind, *attack.mode], attack.stdin, attack.allowance())

    def two_at_once(self, sending: Attack, listening: Attack) -> Result:
        """Two C programs in the two slots, the one that listens in the first."""
        image = self.image("c")

        def run() -> tuple[Verdict, list[str]]:
            with ThreadPoolExecutor(max_workers=1) as other:
                sent = other.submit(self.run_in, 1, sending)
                heard = self.run_in(0, listening)
                wrong = [] if sent.result().ending == Exited(0) else [f"the sender ended by {sent.result().ending}"]
            verdict = case_verdict(heard, listening.allowance(), lambda output: output == CONTAINED)
            return verdict, wrong + ([] if verdict is Verdict.AC else [_said(verdict, heard)])

        self.run_in(1, replace(sending, program="honest", mode=("nothing",)))  # its slot is made ready, too
        self._idle_after = ("", False)
        return self._watched(image, (listening.id, listening.name, "c", listening.expected), run, collecting=False)


@contextmanager
def arena(kind: str, docker_url: str, folder: Path, programs: dict[str, Path]) -> Iterator[Arena]:
    """An arena whose files are below `folder`, which must be there."""
    owner = sha256(f"hostile {kind} {uuid4()}".encode()).hexdigest()[:12]
    work = folder / f"work-{owner}"
    log = KernelLog()
    with adapter(kind, docker_url, owner, work) as made, bait(folder) as laid:
        machine = Machine(engine=made.engine, owner=owner, work=work, users=made.users)
        languages = {str(known): language for known, language in load_languages().items()}
        try:
            yield Arena(made, machine, laid, log, programs, languages)
        finally:
            log.close()
            shutil.rmtree(work, ignore_errors=True)


def _as_box_files(files: Sequence[SourceFile]) -> list[BoxFile]:
    return [BoxFile(name=file.name, content=file.content) for file in files]


def _said(verdict: Verdict, run: RunOutcome) -> str:
    shown = run.output[:300].decode(errors="replace").strip().replace("\n", "; ")
    return f"{verdict} by {run.ending}, says {shown!r} {run.stderr[-200:].decode(errors='replace').strip()!r}"


def _leaks(text: bytes, secret: str) -> list[str]:
    """Words of the host's in what a compiler said or left."""
    return [f"tells {word!r}" for word in (b"root:", b"hole: ", secret.encode(), VARIABLE.encode()) if word in text]


def _with_figures(result: Result, runs: list[RunOutcome]) -> Result:
    if not runs:
        return result
    return replace(
        result,
        cpu_time_ms=runs[-1].cpu_time_ns / 1e6,
        wall_time_ms=runs[-1].wall_time_ns / 1e6,
        memory_bytes=runs[-1].memory_bytes,
    )
