"""Containers that an executor could not remove because it was killed while everything was being stopped.

The next executor on this state would remove them; but after a stop there may be none, and another daemon than ours
goes on running them.
"""

from collections.abc import Mapping
from pathlib import Path

from deploy.setup.commands import output
from executor.sandbox.hardening import OWNER_LABEL
from executor.sandbox.leftovers import owner_name
from schemas.ids import ExecutorId


def remove_containers(docker: str, settings: Mapping[str, str]) -> None:
    """Removes every container of the executor that has these settings (JUDGESTREAM_*)."""
    owner = owner_name(ExecutorId(settings["JUDGESTREAM_EXECUTOR_ID"]), Path(settings["JUDGESTREAM_WORK"]))
    env = {"DOCKER_HOST": docker}
    found = output(["docker", "ps", "--all", "--quiet", "--filter", f"label={OWNER_LABEL}={owner}"], env=env).split()
    if found:
        output(["docker", "rm", "--force", "--volumes", *found], env=env)
