"""A log in memory, jobs by name, and executors that live, die as after SIGKILL and are started again."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from executor.leaving_group import Groups
from executor.runner import Runner
from executor.sandbox.errors import Stopped
from executor.sandbox.port import RunOutcome
from executor.worker import Worker
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.memory_readers import MemoryGroupReader
from schemas.eventlog.port import Assigned, Committed, Revoked
from schemas.events import DeadLettered, JudgingStarted, VerdictReached
from schemas.ids import SubmissionId
from schemas.topics import DEAD_LETTERS, JOBS, JUDGINGS, VERDICTS, Topic, executor_group
from schemas.values import Lane, Verdict
from tests.unit.executor.jobs import case, job, judge_with
from tests.unit.executor.scripted_sandbox import Ran, ScriptedSandbox, outcome

POOL = "default"
DEADLINE_S = 20.0
PRACTICE = JOBS[Lane.PRACTICE]


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


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

    def __init__(self, house: "House", slots: int, groups: Groups) -> None:
        self.house = house
        self.dead = Flag()
        self.stop = Flag()
        self.sandboxes = [ScriptedSandbox(on_run=self._on_run) for _ in range(slots)]
        judges = [judge_with(sandbox, house.blobs) for sandbox in self.sandboxes]
        runners = [
            Runner(judge=judge, event_log=house.log, progress_log=house.log, retry_delays_s=()) for judge in judges
        ]
        self.worker = Worker(event_log=groups, pool=POOL, runners=runners, drain_patience_s=0.2)
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
        self.house.begun.append(name)
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
        self.begun: list[str] = []
        self.company: list[list[str]] = []
        self.released = Flag()
        self.names: dict[SubmissionId, str] = {}
        self.lives: list[Life] = []

    def put(self, name: str, partition: int = 0, lane: Lane = Lane.PRACTICE) -> None:
        submission = SubmissionId(f"01936d5e-0000-7000-8000-{len(self.names):012d}")
        self.names[submission] = name
        request = job([case(self.blobs, "1", name.encode(), b"ok")], submission=submission, lane=lane)
        self.log.append(JOBS[lane], request, partition=partition).result()

    def start(self, slots: int = 2, groups: Groups | None = None) -> Life:
        self.lives.append(Life(self, slots, groups or self.log))
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
