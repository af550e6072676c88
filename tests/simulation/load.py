"""What people do in a run: setters prepare problems and a contest, teams and others submit, and send again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Final

from ingest_api.submission_body import Draft
from ingest_api.submission_ids import draw_submission_id, drawn_by_us
from schemas.events import ContestRevised, ContestThawed, ExecutorReported, ProblemRevised, TeamRegistered
from schemas.golden_records import example
from schemas.ids import (
    ContestId,
    EventId,
    LanguageId,
    ProblemId,
    Sha256,
    SubmissionId,
    TeamId,
    UserId,
    derived_event_id,
)
from schemas.rules.definition import canonical, definition_of, revision_of
from schemas.topics import CONTESTS, PROBLEMS, SUBMISSIONS, Topic
from schemas.values import (
    Comparison,
    ComparisonKind,
    ContestProblem,
    LanguageInfo,
    Limits,
    Position,
    ProblemCase,
    Scoring,
)
from tests.simulation.broker import BEGINNING, hashed_partition
from tests.simulation.executors import Program
from tests.simulation.faults import Fault
from tests.simulation.ingest import BUSY_PARTITIONS, Acknowledged, Answer, Ingest, Refused, Unknown
from tests.simulation.jury import Jury
from tests.simulation.kernel import SECOND, Process, SimQueue
from tests.simulation.surroundings import Surroundings

CONTEST: Final = ContestId("spring")
PROBLEMS_SET: Final = (ProblemId("sum"), ProblemId("walk"))
LANGUAGE: Final = LanguageId("cpp")
TEAMS: Final = ("red", "blue", "green")
USERS: Final = ("ada", "bob", "cyd", "dan")
"""The first three are in the teams, the last is in none and practises."""

PATIENCE_US: Final = 4 * SECOND
"""After so long without an answer a client asks again, perhaps another ingest process."""

LIMITS: Final = Limits(cpu_time_ms=30, memory_bytes=2**26, output_bytes=2**20, wall_time_ms=1000)


@dataclass(eq=False, slots=True)
class Load:
    """What people do, and what they were told."""

    it: Surroundings
    ingests: Callable[[], list[Ingest]]
    submissions: int
    people: Process
    acknowledged: dict[SubmissionId, Position] = field(default_factory=dict)
    left: int = 0
    is_prepared: bool = False
    jury: Jury | None = None

    def start(self) -> None:
        """Everybody begins."""
        self.left = self.submissions
        self.it.kernel.spawn(self.people, "setter", self._set)
        share, more = divmod(self.submissions, len(USERS))
        for number, user in enumerate(USERS):
            self.it.kernel.spawn(self.people, user, self._submitting(user, share + (number < more)))
        self._report_executors()
        if self.jury is not None:
            self.it.kernel.spawn(self.people, "jury", self.jury.body)

    @property
    def is_done(self) -> bool:
        """Whether everybody has what they wanted."""
        return self.is_prepared and self.left == 0 and (self.jury is None or self.jury.is_done)

    def ask(self, topic: Topic, event: object) -> None:
        """Appends by way of an ingest process, until it is acknowledged."""

        def request(ingest: Ingest) -> Answer:
            position = ingest.append(topic, event)  # type: ignore[arg-type]  # an event of that topic
            return Refused("not known") if position is None else Acknowledged(SubmissionId(""), position)

        while not isinstance(self._answered(request), Acknowledged):
            pass

    def _set(self) -> None:
        for problem in PROBLEMS_SET:
            self._revise(problem, ComparisonKind.EXACT)
        self.ask(CONTESTS, contest())
        for number, team in enumerate(TEAMS):
            self.ask(CONTESTS, registered(team, USERS[number]))
        self.is_prepared = True
        self.it.kernel.wake(self)
        self.it.kernel.sleep(int(self.it.kernel.random() * 2 * SECOND))
        self._revise(PROBLEMS_SET[0], ComparisonKind.TOKENS)
        if self.it.kernel.random() < 0.7:
            self.ask(CONTESTS, replace(contest(), event_id=EventId("contest revised"), penalty_minutes=7))
        self.it.kernel.sleep(int(self.it.kernel.random() * 2 * SECOND))
        if self.it.kernel.random() < 0.5:
            self.ask(CONTESTS, thawed())

    def _revise(self, problem: ProblemId, kind: ComparisonKind) -> None:
        event = revised(problem, kind)
        definition = definition_of(event)
        self.it.definitions[event.revision] = definition
        self.it.blobs[Sha256(event.revision)] = canonical(definition)
        self.ask(PROBLEMS, event)

    def _submitting(self, user: str, number: int) -> Callable[[], None]:
        def submit_all() -> None:
            while not self.is_prepared:
                self.it.kernel.wait(self)
            for _ in range(number):
                self.it.kernel.sleep(int(self.it.kernel.random() ** 3 * 2 * SECOND))
                self._submit(UserId(user))
                self.left -= 1

        return submit_all

    def _submit(self, user: UserId) -> None:
        chance, draft = self.it.kernel.chance, self._draft(user)
        if chance.random() < 0.5:
            submission_id = self._own_id()
            self._put(submission_id, draft, user)
            if self.it.faults.strikes(Fault.REPEATS) or chance.random() < 0.1:
                self._put(submission_id, draft, user)
            return
        answer = self._answered(lambda ingest: ingest.post(draft, user), once=True)
        match answer:
            case Acknowledged():
                self.acknowledged[answer.submission_id] = answer.position
            case Unknown():
                self._put(answer.submission_id, draft, user)
            case Refused() | None:
                pass  # who gets no answer does not know its id; it may have been accepted or not

    def _put(self, submission_id: SubmissionId, draft: Draft, user: UserId) -> None:
        while True:
            answer = self._answered(lambda ingest: ingest.put(submission_id, draft, user))
            if isinstance(answer, Acknowledged):
                self.acknowledged[submission_id] = answer.position
                return
            self.it.kernel.sleep(int(self.it.kernel.random() * SECOND))

    def _answered(self, request: Callable[[Ingest], Answer], *, once: bool = False) -> Answer | None:
        """The answer of some ingest process; None where it dies or is silent and one asks but once."""
        while True:
            ingests = self.ingests()
            if ingests:
                answers: SimQueue[Answer] = SimQueue(self.it.kernel)
                chosen = self.it.kernel.chance.choice(ingests)
                chosen.answer(answers, request)
                self.it.kernel.wait(answers, chosen.process, timeout_us=PATIENCE_US)
                if len(answers):
                    return answers.get_nowait()
                if once:
                    return None
            else:
                self.it.kernel.sleep(SECOND // 10)

    def _draft(self, user: UserId) -> Draft:
        chance = self.it.kernel.chance
        programs = [Program.RIGHT, Program.RIGHT, Program.WRONG, Program.SPACED, Program.SLOW, Program.BROKEN]
        program = chance.choice(programs)
        if self.it.faults.strikes(Fault.POISON):
            program = Program.POISON
        elif self.it.faults.strikes(Fault.STUCK):
            program = Program.STUCK
        return Draft(
            problem_id=chance.choice(PROBLEMS_SET),
            language=LANGUAGE,
            contest_id=CONTEST if user != USERS[-1] and chance.random() < 0.8 else None,
            entry_point=None,
            source=program.value,
            files=(),
        )

    def _own_id(self) -> SubmissionId:
        while True:
            drawn = draw_submission_id(self.it.now(), self.it.kernel.chance.getrandbits(42))
            own = SubmissionId(f"{drawn[:-1]}{int(drawn[-1], 16) ^ 1:x}")
            if not drawn_by_us(own) and hashed_partition(own.encode(), SUBMISSIONS.partitions) in BUSY_PARTITIONS:
                return own

    def _report_executors(self) -> None:
        """One report that stays fresh: what executors say of themselves is not what is simulated here."""
        report = example(ExecutorReported)
        info = LanguageInfo(language=LANGUAGE, name="C++", compiler_version="1", suffixes=(".cpp",), starter="")
        self.it.broker.report(replace(report, languages=(info,), slots=2, why_aside=None))


def revised(problem: ProblemId, kind: ComparisonKind) -> ProblemRevised:
    """A revision of a problem."""
    return _revised(problem, kind)


@cache
def _revised(problem: ProblemId, kind: ComparisonKind) -> ProblemRevised:
    event: ProblemRevised = example(ProblemRevised)
    case: ProblemCase = event.cases[0]
    event = replace(
        event,
        event_id=derived_event_id("ProblemRevised", f"{problem} {kind}"),
        problem_id=problem,
        limits=LIMITS,
        comparison=Comparison(kind=kind),
        cases=(replace(case, name="1"), replace(case, name="2")),
        all_cases=False,
        stubs=(),
    )
    return replace(event, revision=revision_of(canonical(definition_of(event))))


@cache
def contest() -> ContestRevised:
    """The contest, which is long enough for any run and frozen after a moment of it."""
    event: ContestRevised = example(ContestRevised)
    return replace(
        event,
        event_id=EventId("contest"),
        caused_by=None,
        contest_id=CONTEST,
        starts_at=BEGINNING - timedelta(hours=1),
        duration_s=48 * 3600,
        freeze_s=47 * 3600 - 2,
        scoring=Scoring.ICPC,
        problems=tuple(
            ContestProblem(problem_id=problem, label=label) for problem, label in zip(PROBLEMS_SET, "AB", strict=True)
        ),
    )


@cache
def registered(team: str, user: str) -> TeamRegistered:
    """A team of one."""
    event: TeamRegistered = example(TeamRegistered)
    return replace(
        event,
        event_id=EventId(f"team {team}"),
        caused_by=None,
        contest_id=CONTEST,
        team_id=TeamId(team),
        name=team,
        members=(UserId(user),),
    )


@cache
def thawed() -> ContestThawed:
    """The end of the freeze."""
    event: ContestThawed = example(ContestThawed)
    return replace(event, event_id=EventId("thawed"), caused_by=None, contest_id=CONTEST)
