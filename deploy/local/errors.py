"""Errors of the local stack.

LocalError
├── AlreadyRunning  this state is somebody's already
├── NotReady        started, but not ready in time
└── Unfit           the machine cannot run it now: a port, memory, disk or Docker
"""

from collections.abc import Sequence
from pathlib import Path


class LocalError(Exception):
    """What keeps the system from running here; the message is for whoever typed the command."""


class AlreadyRunning(LocalError):
    """Another process holds the state folder."""

    def __init__(self, state: Path) -> None:
        super().__init__(f"it runs already on {state}: stop that one with Ctrl-C, or set JUDGESTREAM_STATE")


class NotReady(LocalError):
    """Programs that were not ready in time."""

    def __init__(self, names: Sequence[str], logs: Path) -> None:
        super().__init__(f"not ready in time: {', '.join(names)}; their logs are in {logs}")
        self.names = tuple(names)


class Unfit(LocalError):
    """Everything that is wrong with the machine, a line each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)
