"""The container engine goes away in the middle of a run, for a while or for good."""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from executor.attempts import Start
from executor.judge import Judge
from executor.languages.images import runner_images
from executor.languages.loader import load_languages
from executor.runner import Runner
from executor.sandbox.cgroup import accounting
from executor.sandbox.container import KIND, ContainerSandbox
from executor.sandbox.engine import Engine
from executor.sandbox.hardening import Slot
from executor.toolchains import find_toolchains, offered_languages
from schemas.blobs.directory import DirectoryBlobStore
from schemas.eventlog.memory import MemoryEventLog
from schemas.eventlog.port import Record
from schemas.events import VerdictReached
from schemas.ids import ExecutorId, LanguageId
from schemas.topics import DEAD_LETTERS, JUDGINGS, VERDICTS
from schemas.values import Verdict
from tests.integration.executor.relay import Relay
from tests.unit.executor.jobs import NOW, POSITION, case, job, quiet
from tests.unit.executor.memory_compile_cache import MemoryCompileCache

OWNER = "engineaway"
SLOW = b'#include <cstdio>\n#include <unistd.h>\nint main() { sleep(1); puts("3"); }'
DEADLINE_S = 30.0


class Place:
    """A runner whose engine can be cut off, and a straight way to the same engine for looking."""

    def __init__(self, docker_url: str, folder: Path) -> None:
        self.relay = Relay(folder / "s", docker_url.removeprefix("unix://"))
        self.straight = Engine(docker_url)
        self.engine = Engine(self.relay.url)
        info = self.engine.info()
        self.groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=OWNER)
        self.sandbox = ContainerSandbox(
            engine=self.engine,
            accounting=self.groups,
            slot=Slot(number=3, cpu=None),
            owner=OWNER,
            work=folder / "work",
        )
        self.blobs = DirectoryBlobStore(folder / "blobs")
        self.log = MemoryEventLog()
        self.judge = Judge(
            sandbox=self.sandbox,
            sandbox_kind=KIND,
            toolchains=find_toolchains(
                self.sandbox,
                offered_languages(load_languages(), (LanguageId("cpp"),), runner_images(), self.engine.image_id),
                runner_images(),
                self.engine.image_id,
            ),
            blobs=self.blobs,
            executor_id=ExecutorId("x"),
            software_version="0",
            clock=lambda: datetime.now(UTC),
            compile_cache=MemoryCompileCache(),
            calibration=lambda: None,
            watch_strain=quiet,
        )

    def judging(self, *delays_s: float) -> Thread:
        """Judges a program that sleeps a second, in a thread of its own."""
        record = Record(position=POSITION, appended_at=NOW, event=job([case(self.blobs, "1", b"", b"3")], source=SLOW))
        runner = Runner(judge=self.judge, event_log=self.log, progress_log=self.log, retry_delays_s=delays_s)
        numbers = itertools.count(1)

        def count() -> Start:
            return Start(position=POSITION, number=next(numbers))

        thread = Thread(target=runner.bring_to_its_end, args=(record, count(), count))
        thread.start()
        return thread

    def verdicts(self) -> list[Verdict]:
        return [event.verdict for event in self.log.events(VERDICTS) if isinstance(event, VerdictReached)]

    def close(self) -> None:
        self.relay.join()
        for container in self.straight.owned(OWNER):
            self.straight.remove(container)
        self.groups.sweep()
        self.engine.close()
        self.relay.close()
        self.straight.close()


@pytest.fixture
def place(docker_url: str, tmp_path: Path) -> Iterator[Place]:
    made = Place(docker_url, tmp_path)
    yield made
    made.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running_the_case(place: Place) -> bool:
    return bool(place.log.events(JUDGINGS)) and bool(place.straight.owned(OWNER))


def test_an_engine_that_comes_back_costs_an_attempt_and_no_verdict(place: Place) -> None:
    thread = place.judging(0.5, 0.5, 0.5, 0.5, 0.5)
    wait_for(lambda: is_running_the_case(place))
    place.relay.cut()
    wait_for(lambda: len(place.log.events(JUDGINGS)) > 1)  # it has failed and has started again
    place.relay.join()
    thread.join(DEADLINE_S)
    assert place.verdicts() == [Verdict.AC]
    assert place.log.events(DEAD_LETTERS) == []
    assert place.straight.owned(OWNER) == []
    assert place.groups.sweep() == 0


def test_an_engine_that_stays_away_is_our_error_and_never_the_authors(place: Place) -> None:
    thread = place.judging(0.05, 0.05)
    wait_for(lambda: is_running_the_case(place))
    place.relay.cut()
    thread.join(DEADLINE_S)
    assert place.verdicts() == [Verdict.JUDGE_ERROR]
    assert len(place.log.events(DEAD_LETTERS)) == 1
