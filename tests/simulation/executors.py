"""An executor: the real worker, slots, runner, counts and lanes; what is modelled is the judge's sandbox.

A program's text says what it does (`Program`). Cases take virtual time; a poison takes its executor down, and what the
sandbox is to blame for fails the attempt. Verdicts come from the real rules, by way of the real attempt.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from enum import Enum
from threading import Event as Flag
from typing import TYPE_CHECKING, Final, cast

from executor.attempt import Attempt
from executor.attempts import Start
from executor.errors import JobLost
from executor.judge import Judge
from executor.provenance import cases_digest
from executor.runner import Runner
from executor.sandbox.errors import EngineUnavailable, Stopped
from executor.slots import Report, Runs, Slots, WantsAgain
from executor.worker import POLL_TIMEOUT_S, Worker
from schemas.eventlog.port import Record
from schemas.events import CaseJudged, JudgingRequested, JudgingStarted, VerdictReached
from schemas.ids import ExecutorId
from schemas.rules.verdict import GAVE_UP, NOT_COMPILED, conclude, is_settled
from schemas.topics import EXECUTOR_POOL
from schemas.values import CaseResult, ComparisonKind, Lane, Provenance, Verdict
from tests.simulation.kernel import MILLISECOND, SECOND, Bell, Crashed, Kernel, Process, SimFuture, SimQueue
from tests.simulation.log import LogClient

if TYPE_CHECKING:
    from tests.simulation.surroundings import Surroundings

KIBIBYTE: Final = 1024
NEEDED_MS: Final = 40
"""The CPU time that `SLOW` needs for each case."""

STUCK_MS: Final = 700_000
"""Longer than the watch over judgings is patient, as many times as it asks again."""

LOOK_US: Final = 10 * SECOND

RETRY_DELAYS_S: Final = (0.1, 0.5)
"""After our own failures; real executors are more patient."""


class Program(Enum):
    """What a submission does, by its text."""

    RIGHT = b"right"
    WRONG = b"wrong from the second case on"
    SPACED = b"right, with one space too many"
    SLOW = b"right, but slow"
    BROKEN = b"does not compile"
    STUCK = b"the sandbox stands still"
    POISON = b"takes the executor down"


class SimFlag(Flag):
    """A flag whose `wait` lets others run."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self._kernel = kernel

    def set(self) -> None:
        """See `threading.Event`."""
        super().set()
        self._kernel.wake(self)

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event`."""
        if not self.is_set():
            self._kernel.wait(self, timeout_us=None if timeout is None else int(timeout * SECOND))
        return self.is_set()


class SimSlots(Slots):
    """The real slots, on greenlets."""

    def __init__(self, kernel: Kernel, process: Process, bell: Bell, runners: Sequence[Runs]) -> None:
        self._kernel = kernel
        self._process = process
        self._bell = bell
        self._runners = runners
        self._given = SimQueue(kernel)  # type: ignore[assignment]  # the same queue in virtual time
        self._reports = SimQueue(kernel, bell.ring)  # type: ignore[assignment]  # likewise
        self._at_work: set[int] = set()
        self._ending = False
        self._threads = []
        self._open = 0

    def open(self) -> None:
        """See `Slots.open`."""
        self._open = len(self._runners)
        for number, runner in enumerate(self._runners):
            self._kernel.spawn(self._process, f"slot-{number}", self._body(number, runner))

    def close(self) -> None:
        """See `Slots.close`."""
        self._ending = True
        for _ in range(self._open):
            self._given.put(None)

    def reports(self, within_s: float = 0.0) -> list[Report]:
        """See `Slots.reports`; waits rather longer, since nothing else comes of a worker's looking twenty times."""
        if within_s > 0 and not self.has_reports:
            self._kernel.wait(self._bell, self._reports, timeout_us=LOOK_US if within_s >= POLL_TIMEOUT_S else 0)
        return super().reports()

    @property
    def are_open(self) -> bool:
        """See `Slots.are_open`."""
        return self._open > 0

    @property
    def has_reports(self) -> bool:
        """Whether something waits to be heard."""
        return len(cast("SimQueue[object]", self._reports)) > 0

    def _body(self, number: int, runner: Runs) -> Callable[[], None]:
        def body() -> None:
            self._slot(number, runner)
            self._open -= 1

        return body

    def _counted_again(self, start: Start) -> Start:
        answer: Future[Start | None] = SimFuture(self._kernel)
        self._reports.put(WantsAgain(start, answer))
        following = answer.result()
        if following is None:
            raise JobLost(str(start.position))
        return following


class ModelledSandbox:
    """Does nothing but end what runs."""

    def __init__(self, kernel: Kernel) -> None:
        self.closed = SimFlag(kernel)

    def close(self) -> None:
        """See `Sandbox.close`."""
        self.closed.set()


class ModelledJudge:
    """Takes the place of `Judge`: the same steps with the same events, without compiler, sandbox and blobs."""

    def __init__(self, it: "Surroundings", process: Process) -> None:
        self.sandbox = ModelledSandbox(it.kernel)
        self.executor_id = ExecutorId(str(process))
        self.clock = it.now
        self._it = it
        self._process = process

    def judge(self, attempt: Attempt, progress: Callable[[JudgingStarted | CaseJudged], None]) -> VerdictReached:
        """See `Judge.judge`."""
        request = attempt.request
        if request.give_up is not None:
            return self.give_up(attempt, request.give_up)
        progress(attempt.started(self.clock()))
        program = Program(request.files[0].content)
        self._spend(5)
        cases: list[CaseResult] = []
        if program is not Program.BROKEN:
            for index, _ in enumerate(request.cases):
                self._run(attempt, program, index)
                cases.append(case_result(request, program, index))
                progress(attempt.case_judged(index, cases[-1], self.clock()))
                if is_settled(cases[-1], all_cases=request.all_cases):
                    break
        is_broken = program is Program.BROKEN
        return attempt.verdict_reached(
            NOT_COMPILED
            if is_broken
            else conclude(cases, problem_cases=len(request.cases), all_cases=request.all_cases),
            self.clock(),
            provenance=self._provenance(request),
            cases=tuple(cases),
        )

    def give_up(self, attempt: Attempt, reason: str) -> VerdictReached:
        """See `Judge.give_up`."""
        provenance = self._provenance(attempt.request)
        return attempt.verdict_reached(GAVE_UP, self.clock(), provenance=provenance, reason=reason)

    def _run(self, attempt: Attempt, program: Program, index: int) -> None:
        recorded = attempt.request.recorded
        if recorded is None or index >= len(recorded.cases):
            self._spend(NEEDED_MS if program is Program.SLOW else 10)
        if program is Program.POISON:
            self._it.watch.took_down(attempt)
            self._it.kernel.kill(self._process)
            raise Crashed
        if program is Program.STUCK and index == 0 and attempt.request.rejudging_id is None:
            self._spend(STUCK_MS)
        if self._it.faults.sandbox_fails():
            raise EngineUnavailable("run a program", "it broke off")

    def _spend(self, time_ms: int) -> None:
        if self.sandbox.closed.wait((1 + self._it.kernel.random()) * time_ms * MILLISECOND / SECOND):
            raise Stopped

    def _provenance(self, request: JudgingRequested) -> Provenance:
        return Provenance(
            executor_id=self._process.name,
            sandbox="modelled",
            software_version="1",
            image_digest="sha256:modelled",
            compiler_version="1",
            cases_sha256=cases_digest(request.cases),
            limits=request.limits,
        )


def case_result(request: JudgingRequested, program: Program, index: int) -> CaseResult:
    """What a case comes to, which depends on nothing but the job."""
    verdict = case_verdict(request, program, index)
    return CaseResult(
        case=request.cases[index].name,
        verdict=verdict,
        cpu_time_ms=NEEDED_MS if program is Program.SLOW else 10,
        wall_time_ms=50,
        memory_bytes=KIBIBYTE,
        exit_code=0,
        output_bytes=2,
        from_stored_output=request.recorded is not None and index < len(request.recorded.cases),
    )


def case_verdict(request: JudgingRequested, program: Program, index: int) -> Verdict:
    """The verdict on one case of a job."""
    match program:
        case Program.WRONG if index > 0:
            return Verdict.WA
        case Program.SPACED if request.comparison.kind is ComparisonKind.EXACT:
            return Verdict.WA
        case Program.SLOW if request.limits.cpu_time_ms < NEEDED_MS:
            return Verdict.TLE
        case _:
            return Verdict.AC


def expected_verdict(request: JudgingRequested) -> Verdict:
    """What a job must come to when nothing of ours fails."""
    program = Program(request.files[0].content)
    if program is Program.BROKEN:
        return Verdict.CE
    if request.give_up is not None or program is Program.POISON or not request.cases:
        return Verdict.JUDGE_ERROR
    verdicts = (case_verdict(request, program, index) for index, _ in enumerate(request.cases))
    return next((verdict for verdict in verdicts if verdict is not Verdict.AC), Verdict.AC)


class SeenRunner:
    """The real runner, whose starts and ends are watched."""

    def __init__(self, executor: "Executor", runner: Runner) -> None:
        self._executor = executor
        self._runner = runner

    def bring_to_its_end(self, record: Record, start: Start, count_again: Callable[[], Start]) -> None:
        """See `Runs`."""
        watch, process = self._executor.it.watch, self._executor.process
        watch.given(process, self._executor.worker, record, start)
        try:
            self._runner.bring_to_its_end(record, start, count_again)
        finally:
            if not process.is_dead:
                watch.ended(process, record.position)

    def stop(self) -> None:
        """See `Runs`."""
        self._runner.stop()


class Executor:
    """An executor from its start to its end."""

    def __init__(self, it: "Surroundings", process: Process, slots: int) -> None:
        self.it: Final = it
        self.process: Final = process
        self._asked_to_stop = Flag()
        self._bell = Bell(it.kernel, lambda: self._asked_to_stop.is_set() or self._slots.has_reports)
        self._log = LogClient(it.broker, process, bell=self._bell)
        self._slots: SimSlots
        self.worker: Final = Worker(
            event_log=self._log,
            pool=EXECUTOR_POOL,
            runners=[self._runner() for _ in range(slots)],
            make_slots=self._made_slots,
            clock=lambda: it.kernel.now_us / SECOND,
            pause=lambda seconds: it.kernel.sleep(int(seconds * SECOND)),
        )

    def body(self) -> None:
        """Its main thread."""
        self.worker.run(self._asked_to_stop)

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        self._asked_to_stop.set()
        self._bell.ring()

    def _runner(self) -> Runs:
        kernel = self.it.kernel
        judge = cast(Judge, ModelledJudge(self.it, self.process))
        real = Runner(
            judge=judge,
            event_log=self._log,
            progress_log=self._log,
            retry_delays_s=RETRY_DELAYS_S,
            stopping=SimFlag(kernel),
        )
        return SeenRunner(self, real)

    def _made_slots(self, runners: Sequence[Runs]) -> Slots:
        self._slots = SimSlots(self.it.kernel, self.process, self._bell, runners)
        return self._slots


def waits_in(worker: Worker, lane: Lane) -> bool:
    """Whether jobs of that lane wait at this worker."""
    return worker._waiting._lanes.length(lane) > 0
