"""`python -m tests.cgroup2`: the suites of the sandbox on cgroup v2, on this machine or else in a guest."""

import os
import sys

from deploy.setup.guest import make
from tests.cgroup2.suites import EXTENT, Extent

DIRECTLY = ("tests/contract/sandbox", "tests/hostile")


def main() -> None:
    """Becomes pytest."""
    paths = ("tests/cgroup2",) if make.is_needed() else DIRECTLY
    os.environ.setdefault(EXTENT, Extent.USUAL)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "--durations=5", *paths, *sys.argv[1:]])


if __name__ == "__main__":
    main()
