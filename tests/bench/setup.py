"""Set-up: in a fresh clone with nothing below `.judgestream`, and again where there is nothing to do.

Debian's packages are on the machine already, and Maven's and pip's own caches are as they are: what is measured is
what a second checkout on the same machine costs.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from deploy.setup.places import HOME, ROOT
from tests.bench.measurement import Measurement

CLONE: Final = HOME / "bench" / "clone"


def run() -> list[Measurement]:
    """Clones, sets up twice, removes the clone."""
    shutil.rmtree(CLONE, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(CLONE)], check=True)
    try:
        first_s, second_s = _setup_s(CLONE), _setup_s(CLONE)
    finally:
        shutil.rmtree(CLONE)
    return [
        Measurement(name="setup: from a fresh clone", value=first_s, unit="s", repetitions=1),
        Measurement(
            name="setup: nothing to do",
            value=second_s,
            unit="s",
            baseline=first_s,
            ratio=second_s / first_s,
            repetitions=1,
        ),
    ]


def _setup_s(checkout: Path) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "deploy.setup", "run"], cwd=checkout, check=True, capture_output=True)
    return time.monotonic() - began
