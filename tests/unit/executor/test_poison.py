"""A job that kills its executor, on a log in memory: executors die as after SIGKILL and are started again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from executor.attempts import Start
from executor.runner import Runner
from executor.sandbox.errors import Stopped
from executor.sandbox.port import RunOutcome
from executor.slots import CountAgain
from executor.worker import Worker
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_readers import MemoryGroupReader
from schemas.eventlog.port import Assigned, Committed, Partition, Record, Revoked
from schemas.events import DeadLettered, JudgingStarted, VerdictReached
from schemas.ids import SubmissionId
from schemas.topics import DEAD_LETTERS, JOBS, JUDGINGS, VERDICTS, Topic, executor_group
from schemas.values import DeadLetterReason, Lane, Verdict
from tests.unit.executor.jobs import case, job, judge_with
from tests.unit.executor.scripted_sandbox import Ran, ScriptedSandbox, outcome

POOL = "default"
DEADLINE_S = 20.0
PRACTICE = JOBS[Lane.PRACTICE]


class MortalLog(MemoryEventLog):
    """Keeps the readers that it made, so that a test can kill the newest member of the group."""

    def __init__(self) -> None:
        super().__init__()
        self.members: list[MemoryGroupReader] = []

    def group_reader(
        self,
        topics: Sequence[Topic],
        group: str,
        *,
        assigned: Assigned | None = None,
        revoked: Revoked | None = None,
    ) -> MemoryGroupReader:
        self.members.append(super().group_reader(topics, group, assigned=assigned, revoked=revoked))
        return self.members[-1]


class Life:
    """An executor from its start to its death; a run of `poison` kills it."""

    def __init__(self, house: "House", slots: int) -> None:
        self.house = house
        self.dead = Flag()
        self.stop = Flag()
        self.sandboxes = [ScriptedSandbox(on_run=self._on_run) for _ in range(slots)]
        judges = [judge_with(sandbox, house.blobs) for sandbox in self.sandboxes]
        runners = [Runner(judge=judge, event_log=house.log, retry_delays_s=()) for judge in judges]
        self.worker = Worker(event_log=house.log, pool=POOL, runners=runners, drain_patience_s=0.2)
        self.thread = Thread(target=self._live)
        self.thread.start()

    def _live(self) -> None:
        with suppress(Stopped):  # what a dead process would have raised
            self.worker.run(self.stop)

    def die(self) -> None:
        self.house.log.members[-1].die()
        self.dead.set()
        self.stop.set()

    def end(self) -> None:
        self.dead.set()
        self.stop.set()
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()

    def _on_run(self, ran: Ran) -> RunOutcome:
        name = ran.stdin.decode()
        self.house.running.append(name)
        try:
            if name.startswith("poison"):
                self.house.company.append(sorted(self.house.running))
                self.die()
            while name.startswith("hold") and not self._is_over() and not self.house.released.wait(0.005):
                pass
            if self._is_over():
                raise Stopped
            return outcome(output=b"ok")
        finally:
            self.house.running.remove(name)

    def _is_over(self) -> bool:
        return self.dead.is_set() or any(sandbox.closed for sandbox in self.sandboxes)


class House:
    """A log, jobs by name, and a process manager that starts an executor whenever one died."""

    def __init__(self, folder: Path) -> None:
        self.log = MortalLog()
        self.blobs = DirectoryBlobStore(folder)
        self.running: list[str] = []
        self.company: list[list[str]] = []
        self.released = Flag()
        self.names: dict[SubmissionId, str] = {}
        self.lives: list[Life] = []

    def put(self, name: str, partition: int = 0, lane: Lane = Lane.PRACTICE) -> None:
        submission = SubmissionId(f"01936d5e-0000-7000-8000-{len(self.names):012d}")
        self.names[submission] = name
        request = job([case(self.blobs, "1", name.encode(), b"ok")], submission=submission, lane=lane)
        self.log.append(JOBS[lane], request, partition=partition).result()

    def start(self, slots: int = 2) -> Life:
        self.lives.append(Life(self, slots))
        return self.lives[-1]

    def verdicts(self) -> Mapping[str, Verdict]:
        events = [event for event in self.log.events(VERDICTS) if isinstance(event, VerdictReached)]
        return {self.names[event.submission_id]: event.verdict for event in reversed(events)}

    def attempts(self, name: str) -> list[int]:
        events = [event for event in self.log.events(JUDGINGS) if isinstance(event, JudgingStarted)]
        return [event.attempt for event in events if self.names[event.submission_id] == name]

    def letters(self) -> list[DeadLettered]:
        return [event for event in self.log.events(DEAD_LETTERS) if isinstance(event, DeadLettered)]

    def note(self, partition: int = 0) -> Committed | None:
        return self.log.committed(executor_group(POOL), PRACTICE).get(partition)

    def until_judged(self, slots: int) -> None:
        """Starts executors until everything has a verdict."""
        deadline = time.monotonic() + DEADLINE_S
        life = self.start(slots)
        while len(self.verdicts()) < len(self.names):
            assert time.monotonic() < deadline, self.verdicts()
            if life.dead.wait(0.005):
                life.end()
                life = self.start(slots)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.released.set()
    for life in made.lives:
        life.end()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_poison_among_innocents_ends_alone_and_blames_nobody(house: House, slots: int) -> None:
    innocents = [f"go-{number}" for number in range(12)]
    for number, name in enumerate(innocents):
        house.put(name, partition=number % 3)
        if number == 4:
            house.put("poison", partition=1)
    house.until_judged(slots)
    assert house.verdicts() == {"poison": Verdict.JUDGE_ERROR, **dict.fromkeys(innocents, Verdict.AC)}
    (letter,) = house.letters()
    assert letter.reason is DeadLetterReason.ATTEMPTS_EXHAUSTED
    assert "died 3 times while it ran alone" in letter.detail
    assert house.attempts("poison") == [1, 2, 3, 4]
    assert house.company[1:] == [["poison"]] * 3


def test_two_poisons_in_one_partition_both_end(house: House) -> None:
    for name in ("go-1", "poison-1", "go-2", "poison-2", "go-3"):
        house.put(name)
    house.until_judged(2)
    assert {name for name, verdict in house.verdicts().items() if verdict is Verdict.JUDGE_ERROR} == {
        "poison-1",
        "poison-2",
    }
    assert len(house.letters()) == 2


def test_no_run_begins_before_its_start_is_in_the_log(house: House) -> None:
    house.put("hold")
    house.start()
    wait_until(lambda: house.running)
    assert house.note() == Committed(offset=0, metadata="1 0:01r0")


def test_a_drain_takes_back_the_counts_of_what_it_stops(house: House) -> None:
    house.put("hold-1")
    house.put("hold-2")
    life = house.start()
    wait_until(lambda: len(house.running) == 2)
    life.stop.set()
    life.thread.join(DEADLINE_S)
    assert house.note() == Committed(offset=0, metadata="1 0:01f0 1:01f0")
    house.start()
    wait_until(lambda: len(house.running) == 2)
    house.released.set()
    wait_until(lambda: len(house.verdicts()) == 2)
    assert (house.attempts("hold-1"), house.attempts("hold-2")) == ([1, 2], [1, 2])


def test_who_ran_at_a_death_is_judged_in_the_end_and_nobody_is_blamed(house: House) -> None:
    house.put("hold-1")
    house.put("hold-2")
    life = house.start()
    wait_until(lambda: len(house.running) == 2)
    life.die()
    life.end()
    assert house.note() == Committed(offset=0, metadata="1 0:01r0 1:01r0")
    house.put("hold-3", lane=Lane.CONTEST)
    house.put("hold-4", lane=Lane.CONTEST)
    house.start()
    wait_until(lambda: house.running == ["hold-3", "hold-4"] or house.running == ["hold-4", "hold-3"])
    house.released.set()
    wait_until(lambda: len(house.verdicts()) == 4)
    assert set(house.verdicts().values()) == {Verdict.AC}
    assert house.letters() == []


@dataclass
class Breaking:
    """A runner with a fault that nobody had reckoned with."""

    fault: Exception

    def bring_to_its_end(self, record: Record, start: Start, count_again: CountAgain) -> None:  # noqa: ARG002
        raise self.fault

    def stop(self) -> None:
        """There is nothing to end."""


@pytest.mark.parametrize("fault", [ZeroDivisionError(), Stopped("by nobody")], ids=["a slip", "stopped by nobody"])
def test_a_job_that_breaks_a_slot_is_counted_too(house: House, fault: Exception) -> None:
    house.put("go")
    for _ in range(4):
        with pytest.raises(type(fault)):
            Worker(event_log=house.log, pool=POOL, runners=[Breaking(fault)]).run(Flag())
    assert house.note() == Committed(offset=0, metadata="1 0:04a2")
    house.until_judged(1)
    assert house.verdicts() == {"go": Verdict.JUDGE_ERROR}


def test_a_damaged_note_counts_nothing_and_stops_nobody(house: House) -> None:
    house.put("go")
    with_note = house.log.group_reader([PRACTICE], executor_group(POOL))
    with_note.poll(1, 0)
    with_note.commit({Partition(PRACTICE.name, 0): Committed(offset=0, metadata="\u2603 what is this")})
    with_note.close()
    house.until_judged(2)
    assert house.attempts("go") == [1]
