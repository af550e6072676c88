"""The gate: holds a program back until its accounting is armed.

A container's first process is the runtime's: it uses memory, CPU and time that are not the program's. So the first
process of ours is a shell that writes one byte, waits for a line on its stdin, and only then starts the program.
When the byte has arrived the runtime has left the group; then the executor arms the group, takes the time and sends
the line. The shell stays first (a program as process 1 would not see signals' defaults) and answers with the
program's status. Script and command are separate arguments: nothing that an author wrote is ever read as shell.
"""

import signal
from collections.abc import Sequence
from typing import Final

from executor.sandbox.errors import Disturbed
from executor.sandbox.port import OUT, Ending, Exited, Signalled

READY: Final = b"."
GO: Final = b"\n"

KILLED: Final = 137
"""The container's status where its first process, the gate itself, was killed: nothing in the container can do that
(the image's shell cannot be read by its user, so it cannot be traced)."""

PROGRAM_KILLED: Final = 254
"""What the gate ends with in its place when the program was killed."""

_TELL: Final = f"[ $s -ne {KILLED} ] || s={PROGRAM_KILLED}; exit $s"
_DEAF: Final = "trap : INT QUIT TERM HUP; "
"""The shell takes some signals to heart, so that a program could make a failure of its success; it shall mind none.
Trapped signals, unlike ignored ones, have their defaults again in what is started."""

_RUN: Final = f'{_DEAF}printf .; read -r _; "$@"; s=$?; {_TELL}'
_ARCHIVE: Final = f"exec tar --create --directory={OUT} --file=- ."
_COLLECT: Final = f'{_DEAF}printf .; read -r _; "$@" </dev/null >&2; s=$?; [ $s -ne 0 ] || {_ARCHIVE}; {_TELL}'

HIGHEST_SIGNAL: Final = 64


def gated(command: Sequence[str], *, collecting: bool) -> list[str]:
    """The container's command; a collecting one sends an archive of `OUT` on its stdout if all went well."""
    return ["/bin/sh", "-c", _COLLECT if collecting else _RUN, "gate", *command]


def ending(status: int) -> Ending:
    """How the program ended, by the container's status; `Disturbed` where somebody ended the container instead.

    A signal n comes as 128 + n. A program that itself exits with such a code, or with 254, cannot be told apart here.
    """
    if status == KILLED:
        raise Disturbed("somebody killed its container")
    if status == PROGRAM_KILLED:
        return Signalled(signal.SIGKILL)
    number = status - 128
    return Signalled(number) if 0 < number <= HIGHEST_SIGNAL else Exited(status)
