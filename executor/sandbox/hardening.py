"""What a container of ours may and may not do: the outer wall, as arguments for Docker."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from docker.types import Mount, Ulimit

from executor.sandbox.port import BOX, COLLECTED_MAX_BYTES, COLLECTED_MAX_FILES, OUT, RunLimits

LABEL: Final = "judgestream"
"""On every container of ours, so that leftovers can be told from other people's containers."""
OWNER_LABEL: Final = "judgestream.executor"

FIRST_USER: Final = 60_000
"""Slot n runs as this user id plus n: never root, no account of the host, and no two slots the same."""

SECCOMP: Final = Path(__file__).parent / "seccomp-container.json"
"""Ours in place of Docker's, which by its version allows io_uring, vsock and the calls of 32 bits."""

RUNTIME_MEMORY_BYTES: Final = 64 * 1024 * 1024
"""What the container runtime may use beside the program while it starts; the run's own limit is its group's."""

MEBIBYTE: Final = 1024 * 1024
COMPILE_SCRATCH: Final = f"rw,nosuid,nodev,noexec,mode=1777,size={256 * MEBIBYTE},nr_inodes=4096"
COLLECTED: Final = f"rw,nosuid,nodev,mode=1777,size={COLLECTED_MAX_BYTES},nr_inodes={COLLECTED_MAX_FILES}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in which one program runs at a time; `cpu` is the core that it has for itself, if there is one."""

    number: int
    cpu: int | None


def host_config(*, slot: Slot, folder: Path, cgroup_parent: str, limits: RunLimits, collecting: bool) -> dict[str, Any]:
    """Arguments of Docker's host configuration for one run."""
    return {
        "network_mode": "none",
        "ipc_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true", f"seccomp={SECCOMP.read_text()}"],
        "log_config": {"Type": "none"},
        "cgroup_parent": cgroup_parent,
        "pids_limit": limits.processes + 1,  # the gate's shell is one
        "mem_limit": limits.memory_bytes + RUNTIME_MEMORY_BYTES,
        "memswap_limit": limits.memory_bytes + RUNTIME_MEMORY_BYTES,
        "oom_score_adj": 1000,  # where the host itself runs short, a run dies before any service
        "ulimits": [
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="nofile", soft=limits.open_files, hard=limits.open_files),
            Ulimit(name="fsize", soft=limits.file_bytes, hard=limits.file_bytes),
            Ulimit(name="stack", soft=-1, hard=-1),  # as deep as the memory limit allows
        ],
        "mounts": [Mount(target=BOX, source=str(folder), type="bind", read_only=True)],
        "tmpfs": {"/tmp": COMPILE_SCRATCH, OUT: COLLECTED} if collecting else {"/tmp": _scratch(limits)},
        **({"nano_cpus": 1_000_000_000} if slot.cpu is None else {"cpuset_cpus": str(slot.cpu)}),
    }


def _scratch(limits: RunLimits) -> str:
    size, inodes = limits.scratch_bytes, limits.scratch_files
    return f"rw,nosuid,nodev,noexec,mode=1777,size={size},nr_inodes={inodes}"


def container_config(*, slot: Slot, owner: str, collecting: bool) -> dict[str, Any]:
    """The rest: who the program is, where it stands and what it sees of the environment."""
    user = FIRST_USER + slot.number
    return {
        "user": f"{user}:{user}",
        "working_dir": BOX if collecting else "/tmp",
        "environment": {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"},
        "labels": {LABEL: "1", OWNER_LABEL: owner},
        "hostname": "box",
        "network_disabled": True,
        "stdin_open": True,
    }
