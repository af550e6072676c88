"""Running commands: their output goes to a log, the screen stays readable."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.setup.errors import CommandFailed
from deploy.setup.places import HOME


def run(
    command: Sequence[str | Path],
    *,
    log: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: Path | None = None,
) -> None:
    """Runs a command to its end; its output is appended to `.judgestream/log/setup-LOG.log`."""
    words = [str(word) for word in command]
    path = HOME / "log" / f"setup-{log}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as output, open(stdin or os.devnull, "rb") as given:
        done = subprocess.run(
            words, cwd=cwd, env={**os.environ, **(env or {})}, stdin=given, stdout=output, stderr=output, check=False
        )
    if done.returncode != 0:
        raise CommandFailed(words, path)


def output(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> str:
    """What a command prints; empty where it fails or is not there."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
