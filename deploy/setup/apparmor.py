"""The profile of the sandbox's containers, where this machine has AppArmor: the kernel forgets it at every boot."""

import os
from pathlib import Path
from typing import Final

from deploy.setup.commands import run
from deploy.setup.errors import Missing
from deploy.setup.places import ROOT

PROFILE: Final = ROOT / "executor" / "sandbox" / "apparmor.profile"
NAME: Final = "judgestream-nested"

ENABLED: Final = Path("/sys/module/apparmor/parameters/enabled")
LOADED: Final = Path("/sys/kernel/security/apparmor/profiles")


def is_on() -> bool:
    """Whether containers of this machine are confined by AppArmor; Docker tells it in the same way."""
    return LOADED.parent.is_dir() and ENABLED.exists() and ENABLED.read_text().strip() == "Y"


def is_loaded() -> bool:
    """Whether the kernel has a profile of that name; only root is told."""
    try:
        return any(line.split(" ")[0] == NAME for line in LOADED.read_text().splitlines())
    except OSError:
        return False


def load_profile() -> None:
    """Gives the profile to the kernel, in place of one of the same name."""
    command = ["apparmor_parser", "--replace", "--skip-cache", str(PROFILE)]
    if os.geteuid() != 0:
        raise Missing(f"not root, so please run: sudo {' '.join(command)}")
    run(command, log="apparmor")
