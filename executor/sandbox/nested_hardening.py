"""The outer wall of the nested adapter: a slot's long-lived container, as arguments for Docker.

Process 1 is root there with two capabilities, to give runs users of their own; it builds the inner walls in a user
namespace that it makes itself. For that the container's /proc is not masked (the kernel lets nobody mount a new one
beside a masked one), which only the supervisor sees, and the system call filter is ours: it allows namespaces and
mounts, which Docker's forbids, and forbids much that Docker's allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from docker.types import Mount, Ulimit

from executor.sandbox.hardening import LABEL, OWNER_LABEL, Slot

INSIDE: Final = "/judgestream"
"""The folder in the container that is ours: supervisor, socket, control groups. Runs do not see it."""

SUPERVISOR: Final = f"{INSIDE}/supervisor"
SOCKET_FOLDER: Final = f"{INSIDE}/socket"
SOCKET_NAME: Final = "supervisor"
CGROUP_FOLDER: Final = f"{INSIDE}/cgroup"

SECCOMP: Final = Path(__file__).parent / "seccomp-nested.json"
APPARMOR_PROFILE: Final = "judgestream-nested"
"""Loaded by set-up, from `apparmor.profile`, where the machine has AppArmor: Docker's own forbids mounts."""

FIRST_USER: Final = 0x7000_0000
USERS_PER_SLOT: Final = 0x1_0000
"""Ids that no distribution gives to anybody; each run of a slot gets the next one."""

MEBIBYTE: Final = 1024 * 1024
OWN_MEMORY_BYTES: Final = 512 * MEBIBYTE
"""What the container may use beside its run: a box's files, output that is kept, and the image's pages."""

OWN_PROCESSES: Final = 8
OPEN_FILES: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The largest run that a container is made for."""

    memory_bytes: int
    processes: int

    def holds(self, other: "Size") -> bool:
        """Whether a run of that size fits."""
        return self.memory_bytes >= other.memory_bytes and self.processes >= other.processes

    def widened_to(self, other: "Size") -> "Size":
        """A size that both fit in."""
        return Size(
            memory_bytes=max(self.memory_bytes, other.memory_bytes), processes=max(self.processes, other.processes)
        )


USUAL_SIZE: Final = Size(memory_bytes=2048 * MEBIBYTE, processes=256)


def command(slot: Slot) -> list[str]:
    """What process 1 is."""
    return [SUPERVISOR, str(FIRST_USER + slot.number * USERS_PER_SLOT)]


def host_config(
    *,
    slot: Slot,
    supervisor: Path,
    socket_folder: Path,
    cgroup_parent: str,
    cgroups: Mapping[str, Path],
    size: Size,
    apparmor: bool,
) -> dict[str, Any]:
    """Arguments of Docker's host configuration; `cgroups` are bound by their names below `CGROUP_FOLDER`."""
    memory_bytes = size.memory_bytes + OWN_MEMORY_BYTES
    return {
        "network_mode": "none",
        "ipc_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "cap_add": ["SETUID", "SETGID"],
        "security_opt": [
            "no-new-privileges:true",
            f"seccomp={SECCOMP.read_text()}",
            *([f"apparmor={APPARMOR_PROFILE}"] if apparmor else []),
        ],
        "log_config": {"Type": "none"},
        "cgroup_parent": cgroup_parent,
        "pids_limit": size.processes + OWN_PROCESSES,
        "mem_limit": memory_bytes,
        "memswap_limit": memory_bytes,
        "ulimits": [
            Ulimit(name="core", soft=1, hard=1),
            Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            Ulimit(name="stack", soft=8 * MEBIBYTE, hard=-1),
        ],
        "mounts": [
            Mount(target=SUPERVISOR, source=str(supervisor), type="bind", read_only=True),
            Mount(target=SOCKET_FOLDER, source=str(socket_folder), type="bind", read_only=True),
            *(
                Mount(target=f"{CGROUP_FOLDER}{name}", source=str(folder), type="bind")
                for name, folder in cgroups.items()
            ),
        ],
        **({"nano_cpus": 1_000_000_000} if slot.cpu is None else {"cpuset_cpus": str(slot.cpu)}),
    }


def container_config(*, owner: str) -> dict[str, Any]:
    """The rest."""
    return {
        "user": "0:0",
        "entrypoint": [],
        "environment": {},
        "labels": {LABEL: "1", OWNER_LABEL: owner},
        "hostname": "box",
        "network_disabled": True,
    }
