"""A world: the processes, started again when they die, and the run of one seed from its chaos to its calm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from projections.models.boards import BOARDS_MODEL
from projections.models.contests import CONTESTS_MODEL
from projections.models.model import Model
from projections.models.problem_statistics import PROBLEM_STATISTICS_MODEL
from projections.models.problems import PROBLEMS_MODEL
from projections.models.rejudgings import REJUDGINGS_MODEL
from projections.models.submission import SUBMISSION_MODEL
from projections.models.submission_lists import (
    CONTEST_SUBMISSIONS_MODEL,
    PROBLEM_SUBMISSIONS_MODEL,
    USER_SUBMISSIONS_MODEL,
)
from projections.models.user_statistics import USER_STATISTICS_MODEL
from schemas.eventlog.port import Partition, Undecodable
from schemas.ids import Sha256
from schemas.topics import JOBS, REJUDGING_REQUESTS, SUBMISSIONS, VERDICTS
from schemas.values import Lane
from tests.simulation.broker import Broker
from tests.simulation.checks import check_rest
from tests.simulation.executors import Executor
from tests.simulation.faults import Fault, Faults, drawn_rates
from tests.simulation.ingest import Ingest
from tests.simulation.jury import Jury
from tests.simulation.kernel import SECOND, SESSION_US, Kernel, Process, Violation
from tests.simulation.load import CONTEST, PROBLEMS_SET, Load
from tests.simulation.office import office_body, virtual_pauses
from tests.simulation.processors import Router, feeder_body
from tests.simulation.projectors import Projector
from tests.simulation.stalls import stall_watch_body
from tests.simulation.store import Tables
from tests.simulation.surroundings import Surroundings
from tests.simulation.watch import Watch

OTHERS: Final = (PROBLEMS_MODEL, CONTESTS_MODEL, PROBLEM_STATISTICS_MODEL, USER_STATISTICS_MODEL)
LISTS: Final = (USER_SUBMISSIONS_MODEL, PROBLEM_SUBMISSIONS_MODEL, CONTEST_SUBMISSIONS_MODEL)

AFTERWARDS_STEPS: Final = 200
"""Of chaos, once everybody has what they wanted."""

CHAOS_STEPS: Final = 4_000
"""After so many steps it is calm, whether or not everything that people wanted has been asked for."""

MOST_STEPS: Final = 60_000
"""By then a calm world has come to rest, or never will."""

RESTART_US: Final = 2 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is simulated: everything follows from it. At the doomed step the process whose turn it is dies."""

    seed: int
    submissions: int | None = None
    chaos_steps: int = CHAOS_STEPS
    without: frozenset[Fault] = frozenset()
    doomed_step: int = -1


Start = Callable[[Process], None]


@dataclass(slots=True)
class Role:
    """A kind of process, and its present life."""

    name: str
    start: Start
    lives: int = 0
    process: Process | None = None


@dataclass(slots=True)
class World:
    """All of it. `models` are the read models of this run."""

    scenario: Scenario
    kernel: Kernel
    it: Surroundings
    load: Load
    models: Sequence[Model]
    roles: list[Role] = field(default_factory=list)
    ingests: dict[str, Ingest] = field(default_factory=dict)
    executors: dict[str, Executor] = field(default_factory=dict)

    def run(self) -> None:
        """From chaos to rest; raises a `Violation`."""
        with virtual_pauses(self.kernel):
            self._run()
        check_rest(self)

    def _run(self) -> None:
        for role in self.roles:
            self._begin(role)
        self.load.start()
        self.kernel.run(lambda: self.load.is_done, self.scenario.chaos_steps)
        self.kernel.run(lambda: False, AFTERWARDS_STEPS)
        self._calm()
        if not self.kernel.run(lambda: False, MOST_STEPS):
            raise Violation("it comes to no end", f"after {self.kernel.steps} steps")
        if not self.load.is_done:
            raise Violation("it comes to no end", f"{self.load.left} submissions were not accepted")

    def _calm(self) -> None:
        self.kernel.note(None, "CALM")
        self.it.faults.is_calm = self.it.watch.is_calm = True
        self.kernel.strike_rate = 0.0
        self.it.broker.is_down = False
        self.it.broker.wake_all()
        for role in self.roles:
            if role.process is not None:
                self.kernel.resume(role.process)

    def _begin(self, role: Role) -> None:
        role.lives += 1
        process = role.process = Process(role.name, role.lives)
        process.on_death.append(partial(self._died, role, process))
        self.kernel.note(process, "begins")
        role.start(process)

    def _died(self, role: Role, process: Process) -> None:
        """The group hears of it later; a process manager starts it again."""
        kernel = self.kernel
        self.it.watch.disturbed(process)
        self.ingests.pop(role.name, None)
        self.executors.pop(role.name, None)
        kernel.at(kernel.now_us + SESSION_US, lambda: self.it.broker.evict(process))
        kernel.at(kernel.now_us + int(kernel.random() * RESTART_US), lambda: self._begin(role))
        kernel.wake(process)

    def start_ingest(self, process: Process) -> None:
        """An ingest process."""
        ingest = self.ingests[process.name] = Ingest(self.it, process)
        self.kernel.spawn(process, "catalog", ingest.body)

    def start_processors(self, process: Process) -> None:
        """The two agents, and the watch over stalled judgings."""
        router = Router(self.it, process)
        self.kernel.spawn(process, "route", router.body)
        self.kernel.spawn(process, "stalls", stall_watch_body(self.it, process, router.leads))
        self.kernel.spawn(process, "feed", feeder_body(self.it, process))

    def start_executor(self, process: Process) -> None:
        """An executor with one to three slots."""
        executor = self.executors[process.name] = Executor(self.it, process, 1 + int(self.kernel.random() * 3))

        def body() -> None:
            executor.body()
            self.kernel.kill(process)  # it has ended in order

        self.kernel.spawn(process, "worker", body)

    def start_office(self, process: Process) -> None:
        """The office of rejudgings."""
        self.kernel.spawn(process, "office", office_body(self.it, process))

    def start_projector(self, process: Process) -> None:
        """All models."""
        for model in self.models:
            self.kernel.spawn(process, model.name, Projector(self.it, process, model).body)

    def drain(self, process: Process) -> None:
        """SIGTERM, to which executors only have an answer of their own."""
        executor = self.executors.get(process.name)
        if executor is not None and executor.process is process:
            self.it.watch.disturbed(process)
            executor.ask_to_stop()

    def disturb_executors(self) -> None:
        """Who cannot be heard may have to leave what it runs to others."""
        for executor in self.executors.values():
            self.it.watch.disturbed(executor.process)

    def disturb(self, fault: Fault) -> None:
        """Garbage in a topic, or a record once more."""
        topics = (SUBMISSIONS, VERDICTS, JOBS[Lane.CONTEST], JOBS[Lane.PRACTICE])
        topic = self.kernel.chance.choice(topics)
        if fault is Fault.GARBAGE:
            at = Partition(topic.name, int(self.kernel.random() * topic.partitions))
            self.it.broker.add(at, Undecodable(key=None, value=b"garbage", why="no event"))
            return
        records = [record for record in self.it.broker.records(topic) if not isinstance(record.event, Undecodable)]
        if records:
            record = self.kernel.chance.choice(records)
            assert not isinstance(record.event, Undecodable)
            number = record.position.partition if topic.key else int(self.kernel.random() * topic.partitions)
            self.it.broker.add(Partition(topic.name, number), record.event)


def world_of(scenario: Scenario, *, traced: bool = False) -> World:
    """The world of a scenario, before anything has happened."""
    chance = Random(scenario.seed)
    rates = drawn_rates(chance, scenario.without)
    submissions = chance.randint(2, 8) if scenario.submissions is None else scenario.submissions
    others = (REJUDGINGS_MODEL,) if Fault.REJUDGINGS in rates else OTHERS
    models = (SUBMISSION_MODEL, chance.choice(LISTS), BOARDS_MODEL, chance.choice(others))
    copies = {name: chance.randint(1, most) for name, most in COPIES.items()}
    kernel = Kernel(chance, traced=traced)
    kernel.doomed_step = scenario.doomed_step
    faults = Faults(kernel, rates)
    broker = Broker(kernel, faults.append_fate)
    tables = Tables()
    blobs: dict[Sha256, bytes] = {}
    watch = Watch(kernel, broker, tables, blobs, models)
    it = Surroundings(kernel=kernel, broker=broker, tables=tables, faults=faults, watch=watch, blobs=blobs)
    load = Load(it, lambda: list(world.ingests.values()), submissions, Process("people", 1, mortal=False))
    if Fault.REJUDGINGS in rates:
        load.jury = Jury(it, PROBLEMS_SET, CONTEST, lambda event: load.ask(REJUDGING_REQUESTS, event))
    world = World(scenario, kernel, it, load, models)
    starts: dict[str, Start] = {
        "ingest": world.start_ingest,
        "processors": world.start_processors,
        "executor": world.start_executor,
        "projector": world.start_projector,
        "office": world.start_office,
    }
    world.roles = [Role(f"{name}-{number}", starts[name]) for name in COPIES for number in range(copies[name])]
    broker.on_append.append(watch.appended)
    broker.on_commit.append(watch.committed)
    kernel.strike, kernel.strike_rate = faults.strike, faults.step_rate
    kernel.on_silence = broker.evict
    faults.broker, faults.drain, faults.disturb = broker, world.drain, world.disturb
    broker.on_evict = watch.disturbed
    faults.on_outage = world.disturb_executors
    return world


COPIES: Final = {"ingest": 2, "processors": 2, "executor": 3, "projector": 2, "office": 2}
"""The most processes of each kind."""
