"""`python -m deploy.local.dockerd`: becomes this checkout's own Docker daemon, once no other one answers in its place.

Two systems of one checkout (`make run` and the tests) share the daemon and its images. It belongs to whoever came
first; the other one waits here, and takes over when the first one stops.
"""

import os
import time

from deploy.setup.docker import OWN_URL, answers, forget_the_dead, own_daemon_command, own_daemon_runs
from deploy.setup.places import DOCKER

ASK_AGAIN_S = 0.5


def main() -> None:
    """Does not return: this process becomes the daemon."""
    command = own_daemon_command()
    DOCKER.mkdir(parents=True, exist_ok=True)
    while answers(OWN_URL) or own_daemon_runs():
        time.sleep(ASK_AGAIN_S)
    forget_the_dead()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
