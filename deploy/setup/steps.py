"""A step of the set-up, done at most once for the same input; steps that do not need one another are done side by side.

A step leaves a stamp that names the digest of all that it was made from. The stamp is written last, so an interrupted
step is done again, and a change of its input makes it anew. Each step is a process of its own: asked to stop, it
undoes what it has mounted, started or half written, while the others do the same.
"""

import hashlib
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Final

from deploy.setup.errors import SetupError, StepFailed
from deploy.setup.places import STAMPS

INTERRUPTED: Final = 130
FORK: Final = get_context("fork")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`made_from` are texts and files whose change makes the step due again; `makes` must be there afterwards.

    `after` names the steps that have to be done before, as far as they are due.
    """

    name: str
    title: str
    do: Callable[[], None]
    made_from: tuple[str | Path, ...] = ()
    makes: tuple[Path, ...] = ()
    after: tuple[str, ...] = ()

    def due(self) -> bool:
        """Whether it has to be done."""
        stamp = STAMPS / self.name
        stamped = stamp.is_file() and stamp.read_text() == self.digest()
        return not stamped or not all(path.exists() for path in self.makes)

    def digest(self) -> str:
        """The sha256 over everything that it is made from."""
        whole = hashlib.sha256()
        for part in self.made_from:
            content = part.encode() if isinstance(part, str) else part.read_bytes()
            whole.update(len(content).to_bytes(8, "big") + content)
        return whole.hexdigest()

    def run(self) -> None:
        """Does it and leaves the stamp."""
        self.do()
        STAMPS.mkdir(parents=True, exist_ok=True)
        unfinished = STAMPS / f".{self.name}"
        unfinished.write_text(self.digest())
        unfinished.replace(STAMPS / self.name)


def run_due(steps: Sequence[Step]) -> int:
    """Runs what is due, telling which of how many and how long it took; answers how many were due.

    `StepFailed` after the first failure, when every other step has come to its end.
    """
    due = [step for step in steps if step.due()]
    waiting, running = list(due), dict[ForkProcess, tuple[Step, float]]()
    try:
        while waiting or running:
            unfinished = {step.name for step in waiting} | {step.name for step, _ in running.values()}
            for step in [step for step in waiting if not unfinished.intersection(step.after)]:
                waiting.remove(step)
                _tell(f"{_number(step, due)} {step.title} …")
                running[_started(step)] = (step, time.monotonic())
            for process in _ended(running):
                step, began = running.pop(process)
                _check(process, step)
                _tell(f"{_number(step, due)} {step.title}: {time.monotonic() - began:.1f} s")
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.join()
    return len(due)


def _started(step: Step) -> ForkProcess:
    process = FORK.Process(target=_run, args=(step,))
    process.start()
    return process


def _run(step: Step) -> None:
    """In the step's own process, which SIGTERM ends also where a shell has us ignore it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        step.run()
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _ended(running: dict[ForkProcess, tuple[Step, float]]) -> list[ForkProcess]:
    """Waits for one of them, or more."""
    ended = connection.wait([process.sentinel for process in running])
    return [process for process in running if process.sentinel in ended]


def _check(process: ForkProcess, step: Step) -> None:
    process.join()
    if process.exitcode == INTERRUPTED:
        raise KeyboardInterrupt
    if process.exitcode != 0:
        raise StepFailed(step.title)


def _number(step: Step, due: Sequence[Step]) -> str:
    return f"[{due.index(step) + 1}/{len(due)}]"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
