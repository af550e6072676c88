"""Docker: the daemon that answers already, or one of our own that lives below `.judgestream/docker`."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from deploy.setup.errors import Missing
from deploy.setup.places import DOCKER, HOME

USUAL_SOCKET: Final = Path("/var/run/docker.sock")
OWN_SOCKET: Final = DOCKER / "docker.sock"
OWN_URL: Final = f"unix://{OWN_SOCKET}"
OWN_DATA: Final = DOCKER / "data"
OWN_EXEC: Final = DOCKER / "exec"
OWN_PID: Final = DOCKER / "docker.pid"
CONTAINERD_PID: Final = OWN_EXEC / "containerd" / "containerd.pid"
LONGEST_SOCKET_PATH: Final = 107
"""sun_path of unix(7) holds 108 bytes, the last of them NUL."""

OWN_MOUNTS: Final = ("unshare", "--mount", "--propagation", "slave")
"""The daemon mounts file systems and network namespaces: seen by it alone, they end with it, even if it is killed."""

USUAL_SIGNALS: Final = ("env", "--default-signal")
"""Whoever starts us may ignore some (a shell's background jobs, nohup), and programs would inherit that from the
daemon."""

TCP_PORT: Final = 2375
ASK_S: Final = 2.0
START_S: Final = 60.0
STOP_S: Final = 20.0
STOP_CONTAINERS_S: Final = 1
"""Whatever still runs in a container when the daemon ends is nobody's any more."""

POLL_S: Final = 0.1


def answering_daemon() -> str | None:
    """The URL of a daemon that answers: DOCKER_HOST's, else the usual one, or ours; None where nobody does."""
    candidates = [os.environ.get("DOCKER_HOST") or f"unix://{USUAL_SOCKET}", OWN_URL]
    return next((url for url in candidates if answers(url)), None)


def answers(url: str) -> bool:
    """Whether a daemon answers a ping there; asked by hand, for there is no client library yet."""
    try:
        with _connection(url) as connection:
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def daemon_url() -> str:
    """The daemon that is used here: the one that answers, else ours, which may have to be started."""
    return answering_daemon() or OWN_URL


def own_daemon_command() -> list[str]:
    """Our own daemon: no bridge and no firewall rules, for no container of ours has a network."""
    if len(str(OWN_SOCKET)) > LONGEST_SOCKET_PATH:
        raise Missing(f"the path {OWN_SOCKET} is too long for a socket: put the checkout nearer to the root")
    binary = shutil.which("dockerd")
    if binary is None or os.geteuid() != 0:
        raise Missing("no Docker daemon answers: start one that you may use, or run as root with docker.io installed")
    return [
        *OWN_MOUNTS,
        *USUAL_SIGNALS,
        binary,
        f"--host={OWN_URL}",
        f"--data-root={OWN_DATA}",
        f"--exec-root={OWN_EXEC}",
        f"--pidfile={OWN_PID}",
        "--log-level=warn",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        f"--shutdown-timeout={STOP_CONTAINERS_S}",
    ]


def own_daemon_runs() -> bool:
    """Whether our own daemon's process is there, answering or not."""
    return _runs(OWN_PID, OWN_DATA)


def forget_the_dead() -> None:
    """Removes process ids that were left by a crash and may be somebody else's now: Docker would wait for those."""
    for pid_file, mark in ((OWN_PID, OWN_DATA), (CONTAINERD_PID, OWN_EXEC)):
        if not _runs(pid_file, mark):
            pid_file.unlink(missing_ok=True)


def _runs(pid_file: Path, mark: Path) -> bool:
    """Whether the process that the file names has our folder in its command."""
    try:
        command = Path("/proc", pid_file.read_text().strip(), "cmdline").read_bytes()
    except OSError:
        return False
    return str(mark).encode() in command


@contextmanager
def daemon() -> Iterator[str]:
    """The URL of a daemon for the length of the block; one that had to be started is stopped at its end."""
    if answering := answering_daemon():
        yield answering
        return
    command = own_daemon_command()
    DOCKER.mkdir(parents=True, exist_ok=True)
    forget_the_dead()
    log = HOME / "log" / "setup-dockerd.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as lines:
        process = subprocess.Popen(
            # Should we be killed, the kernel tells the daemon to end.
            ["setpriv", "--pdeathsig", "TERM", *command],
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )
    try:
        _until_answering(OWN_URL, process, log)
        yield OWN_URL
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_answering(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Missing(f"the Docker daemon does not start; see {log}")
        time.sleep(POLL_S)


@contextmanager
def _connection(url: str) -> Iterator[socket.socket]:
    address = urlsplit(url)
    family = socket.AF_UNIX if address.scheme == "unix" else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(ASK_S)
        connection.connect(address.path if family == socket.AF_UNIX else (address.hostname, address.port or TCP_PORT))
        yield connection
