"""What would keep the system from running here, found before anything is started: one clear line each."""

import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.local.errors import Unfit
from deploy.local.ports import Ports
from deploy.local.supervision import socket_path
from deploy.setup.docker import LONGEST_SOCKET_PATH, answering_daemon, own_daemon_command
from deploy.setup.errors import Missing
from deploy.setup.places import CASSANDRA_JARS, KAFKA_JARS, ODD_CHARACTERS, REGISTRY_JARS

GIBIBYTE: Final = 2**30
NEEDED_MEMORY_BYTES: Final = 3 * GIBIBYTE
"""2.5 GiB for all services and a little for a program that is judged."""

NEEDED_DISK_BYTES: Final = 4 * GIBIBYTE
ENGINES: Final = (KAFKA_JARS, CASSANDRA_JARS, REGISTRY_JARS)
SOCKET_SUFFIX: Final = ".1234567"
"""supervisord binds its socket under a name that ends in its process id, and renames it."""

MEMINFO: Final = Path("/proc/meminfo")


def check(state: Path, ports: Ports, host: str, *, docker: bool = True) -> None:
    """Raises `Unfit` with everything that is wrong; `docker`: whether a daemon will be needed."""
    available_bytes, free_bytes = _available_bytes(MEMINFO.read_text()), shutil.disk_usage(state).free
    reasons = [
        *ports_in_use(ports, host),
        *too_little("memory", available_bytes, NEEDED_MEMORY_BYTES, "end something, or use a larger machine"),
        *too_little("disk", free_bytes, NEEDED_DISK_BYTES, f"make room, or move {state} with JUDGESTREAM_STATE"),
        *not_set_up(ENGINES),
        *unfit_folder(state),
        *(_no_docker() if docker else ()),
    ]
    if reasons:
        raise Unfit(reasons)


def ports_in_use(ports: Ports, host: str) -> Iterator[str]:
    """A line for each port that somebody else holds, with the setting that moves it."""
    for name, port in ports.all().items():
        if _is_taken(host if name == "gateway" else "127.0.0.1", port):
            setting = "JUDGESTREAM_PORT" if name == "gateway" else "JUDGESTREAM_PORT_BASE"
            yield f"port {port} ({name}) is in use: end who holds it, or choose another with {setting}"


def too_little(what: str, there_bytes: int, needed_bytes: int, advice: str) -> Iterator[str]:
    """A line where there is less than needed."""
    if there_bytes < needed_bytes:
        there, needed = there_bytes / GIBIBYTE, needed_bytes / GIBIBYTE
        yield f"too little {what}: {there:.1f} GiB are free, {needed:.0f} GiB are needed: {advice}"


def not_set_up(folders: Sequence[Path]) -> Iterator[str]:
    """A line where something is missing that set-up makes."""
    if missing := [folder.name for folder in folders if not folder.is_dir()]:
        yield f"not set up: {', '.join(missing)} missing: run `make setup`"


def unfit_folder(state: Path) -> Iterator[str]:
    """A line where the state's path cannot stand in the engines' configuration, or be a socket's."""
    if odd := sorted(ODD_CHARACTERS & set(str(state))):
        yield f"the path {state} holds {odd}, which some engine cannot read: choose another with JUDGESTREAM_STATE"
    if len(f"{socket_path(state)}{SOCKET_SUFFIX}") > LONGEST_SOCKET_PATH:
        yield f"the path {state} is too long for a socket in it: choose another with JUDGESTREAM_STATE"


def _no_docker() -> Iterator[str]:
    try:
        if answering_daemon() is None:
            own_daemon_command()
    except Missing as missing:
        yield str(missing)


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return True
    return False


def _available_bytes(meminfo: str) -> int:
    lines = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    return int(lines["MemAvailable"].split()[0]) * 1024
