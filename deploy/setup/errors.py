"""Errors of the set-up.

SetupError
├── Missing        something is not there and cannot be installed from here; says how to get it
├── CommandFailed  a command of the set-up failed; says which and shows its last lines
└── StepFailed     a step failed, and has said why itself
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

SHOWN_LINES: Final = 15


class SetupError(Exception):
    """The machine is not ready; the message is for whoever sits before it."""


class Missing(SetupError):
    """Something is not there, and we cannot or must not install it."""


class CommandFailed(SetupError):
    """A command ended with a status other than 0."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        super().__init__(command, log)
        self.command = command
        self.log = log

    def __str__(self) -> str:
        last = self.log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        return "\n".join([f"{' '.join(self.command[:6])} … failed; the end of {self.log}:", *last])


class StepFailed(SetupError):
    """One of the steps, each of which tells its own reason."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title}: failed; the next one goes on here")
        self.title = title
