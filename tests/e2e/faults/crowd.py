"""Contestants who submit while something dies, and what must be true when the dust has settled."""

import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Final

import httpx

from deploy.local.stack import Stack
from executor.sandbox.engine import Engine
from executor.sandbox.leftovers import owner_name
from judgestream import Client, Refused
from schemas.ids import ExecutorId
from tests.invariants.raw_log import read_log
from tests.invariants.rejudged import manifests_in
from tests.invariants.rules import violations
from tests.invariants.served import served_violations

ANSWER: Final = b"import sys\nprint(sum(map(int, sys.stdin.read().split()[1:])))\n"
WRONG: Final = b"print(42)\n"
SETTLE_S: Final = 120.0
RECOVERY_S: Final = 15.0
"""Invariant 6: work goes on within this time after the kill of any one process."""

JUDGING_S: Final = 15.0
"""What a judging of three containers may take on a busy machine of 2 cores, beside the recovery itself."""


class Crowd:
    """Submits in a contest, remembers every receipt."""

    def __init__(
        self, stack: Stack, contest_id: str, contestants: list[Client], jury: Client, threads: Executor
    ) -> None:
        self.stack: Final = stack
        self.contest_id: Final = contest_id
        self.contestants: Final = contestants
        self.jury: Final = jury
        self._threads = threads
        self._receipts: list[Future[str]] = []

    def submit(self, each: int) -> None:
        """Every contestant begins to submit `each` programs, right and wrong in turn; does not wait."""
        for number in range(each):
            for client in self.contestants:
                source = ANSWER if number % 2 else WRONG
                self._receipts.append(self._threads.submit(self._submit_one, client, source))

    def accepted(self) -> list[str]:
        """The ids of all that was accepted, once every answer is there."""
        return [receipt.result(timeout=SETTLE_S) for receipt in self._receipts]

    def await_verdict(self, submission_id: str, within_s: float) -> str:
        """The verdict of one, or an assertion that tells how long it did not come."""
        deadline = time.monotonic() + within_s
        while (left_s := deadline - time.monotonic()) > 0:
            verdict = self._verdict(submission_id, wait_s=min(left_s, 5))
            if verdict is not None:
                return verdict
        raise AssertionError(f"{submission_id} had no verdict after {within_s} s")

    def goes_on(self) -> None:
        """A submission made now is judged within the time of recovery."""
        submission_id = self._submit_one(self.contestants[0], WRONG)
        assert self.await_verdict(submission_id, RECOVERY_S + JUDGING_S) == "WA"

    @contextmanager
    def without(self, name: str, *, for_s: float) -> Iterator[None]:
        """A process is down while the block runs, and at least for so long: the fault itself, not a wait."""
        ends = time.monotonic() + for_s
        self.stack.stop_process(name)
        try:
            yield
            Event().wait(max(0.0, ends - time.monotonic()))
        finally:
            self.stack.start_process(name)
            self.stack.await_ready(name)

    def settle(self) -> None:
        """All is judged, no invariant is broken in log, read models and board, nothing is left behind."""
        for submission_id in self.accepted():
            self.await_verdict(submission_id, SETTLE_S)
        settings = self.stack.environment()
        found = self._until_quiet(settings["JUDGESTREAM_KAFKA"], settings["JUDGESTREAM_REGISTRY_URL"])
        assert found == []
        with self.without("executor", for_s=0):
            assert self.leftovers() == []

    def begun(self) -> bool:
        """Whether an executor has begun with any of what was accepted so far."""
        done = [receipt.result() for receipt in self._receipts if receipt.done()]
        return any(self._state(submission_id) not in (None, "queued") for submission_id in done)

    def leftovers(self) -> list[str]:
        """Containers of this system's executor, which keeps some while it lives and takes them along."""
        settings = self.stack.environment()
        owner = owner_name(ExecutorId(settings["JUDGESTREAM_EXECUTOR_ID"]), Path(settings["JUDGESTREAM_WORK"]))
        with closing(Engine(settings["JUDGESTREAM_DOCKER"])) as engine:
            return list(engine.owned(owner))

    def _until_quiet(self, kafka: str, registry_url: str) -> list[str]:
        """Violations once feed, boards and commits had time to catch up: they follow a verdict by a moment."""
        deadline = time.monotonic() + SETTLE_S
        manifests = manifests_in(Path(self.stack.environment()["JUDGESTREAM_BLOBS"]))
        while True:
            log = read_log(kafka, registry_url)
            served = served_violations(log, self.stack.url, self.jury.token or "", manifests)
            found = violations(log) + list(served)
            if not found or time.monotonic() > deadline:
                return found

    def _verdict(self, submission_id: str, *, wait_s: float) -> str | None:
        return self._shown(submission_id, wait_s=wait_s).get("verdict")

    def _state(self, submission_id: str) -> str | None:
        return self._shown(submission_id, wait_s=0).get("state")

    def _shown(self, submission_id: str, *, wait_s: float) -> dict[str, Any]:
        """Nothing while the read side has not come so far as to know the submission."""
        try:
            return self.jury.submission(submission_id, wait_s=wait_s)
        except Refused as refusal:
            if refusal.status != httpx.codes.NOT_FOUND:
                raise
            return {}

    def _submit_one(self, client: Client, source: bytes) -> str:
        receipt = client.submit(
            problem_id="sum", language="python3", files={"a.py": source}, contest_id=self.contest_id
        )
        return receipt.submission_id


def until_running(crowd: Crowd) -> None:
    """Waits until an executor is working on one of the crowd's submissions."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        if crowd.begun():
            return
    raise AssertionError("no executor began to work")
