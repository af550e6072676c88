"""What comes from the distribution: looked for on the machine first, installed where it is Debian and we are root."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Final

from deploy.setup import apparmor
from deploy.setup.commands import output, run
from deploy.setup.docker import answering_daemon
from deploy.setup.errors import Missing
from deploy.setup.guest import make as guest
from deploy.setup.java import find_java, major

NODE: Final = 18
POLICY: Final = Path("/usr/sbin/policy-rc.d")


class Scope(IntEnum):
    """What the machine is set up for; each needs all that the one before it needs."""

    CHECK = 1
    RUN = 2
    TEST = 3


def missing_packages(scope: Scope) -> list[str]:
    """The names of Debian's packages that the machine lacks."""
    there = {
        "python3-venv": importlib.util.find_spec("ensurepip") is not None,
        "nodejs": major(output(["node", "--version"])) >= NODE,
    }
    if scope >= Scope.RUN:
        there |= {
            "openjdk-17-jre-headless": find_java() is not None,
            "maven": _on_path("mvn"),
            "nginx": _on_path("nginx"),
            "npm": _on_path("npm"),
            "docker.io": _on_path("docker") and (_on_path("dockerd") or answering_daemon() is not None),
            "debootstrap": _on_path("debootstrap"),
            "apparmor": not apparmor.is_on() or _on_path("apparmor_parser"),
            "gcc": _on_path("gcc"),
            "libc6-dev": Path("/usr/include/stdlib.h").is_file(),
        }
    if scope >= Scope.TEST:
        there |= {
            "chromium": _on_path("chromium"),
            "fonts-dejavu-core": Path("/usr/share/fonts/truetype/dejavu").is_dir(),
        }
    if scope >= Scope.TEST:
        there["e2fsprogs"] = not guest.is_needed() or (_on_path("mke2fs") and _on_path("debugfs"))
    return sorted(name for name, found in there.items() if not found)


def install_packages(scope: Scope) -> None:
    """Installs what is missing; without root or on another system it says what to do instead."""
    names = missing_packages(scope)
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *names]
    if shutil.which("apt-get") is None:
        raise Missing(f"please install what Debian calls {', '.join(names)} with your system's package manager")
    if os.geteuid() != 0:
        raise Missing(f"not root, so please run: sudo apt-get update && sudo {' '.join(command)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], log="apt", env=quiet)
    with _no_services_started():
        run(command, log="apt", env=quiet)
    if still := missing_packages(scope):
        raise Missing(f"installed, but not found on PATH: {', '.join(still)}")


def _on_path(program: str) -> bool:
    return shutil.which(program) is not None


@contextmanager
def _no_services_started() -> Iterator[None]:
    """Keeps packages from starting their services: we run our own, under our own process manager and ports."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
