"""Runs in the guest, as root and with the guest's own Python: every suite, one after the other.

`python3 -m tests.cgroup2.inside FOLDER`: the folder is laid out as `layout.py` says.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from deploy.setup import apparmor
from deploy.setup.docker import USUAL_SOCKET, answers
from deploy.setup.guest.make import RUNNER
from executor.languages.images import runner_images
from executor.languages.loader import load_languages
from executor.sandbox.cgroup_files import FAMILY
from schemas.ids import LanguageId
from tests.cgroup2.layout import Layout
from tests.cgroup2.suites import SLOWNESS, Driver, Suite, wanted_suites

DAEMON_CONFIGURATION: Final = Path("/etc/docker/daemon.json")
DRIVER_OPTION: Final = "native.cgroupdriver={}"
START_PATIENCE_S: Final = 60
SIDE_BY_SIDE: Final = 2


def main(folder: Path) -> None:
    """Leaves one JUnit file per suite, and `machine.json` at the end."""
    layout = Layout(folder)
    layout.results.mkdir()
    began, took = time.monotonic(), {"boot": _uptime_s()}
    apparmor.load_profile()
    _make_runner_image()
    took["image"] = time.monotonic() - began
    for driver in Driver:
        if driver is not Driver.SYSTEMD:
            _restart_docker(driver)
        with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as lanes:
            suites = [suite for suite in wanted_suites() if suite.driver is driver]
            times = list(lanes.map(lambda suite: _run(suite, layout), suites))
        took |= {suite.name: took_s for suite, took_s in zip(suites, times, strict=True)}
    facts = {"mounts": Path("/proc/mounts").read_text().splitlines(), "left": _left(), "took_s": took}
    layout.machine.write_text(json.dumps(facts))


def _left() -> list[str]:
    """Containers and groups of ours that still stand; only the empty group above all owners' may."""
    containers = subprocess.run(["docker", "ps", "--all", "--quiet"], check=True, capture_output=True, text=True).stdout
    groups = Path("/sys/fs/cgroup").glob(f"{FAMILY}*/**/*/")
    return [*containers.split(), *map(str, groups)]


def _uptime_s() -> float:
    return float(Path("/proc/uptime").read_text().split()[0])


def _make_runner_image() -> None:
    """The files of a Debian, under the name of the image in which C and C++ programs run."""
    languages = load_languages()
    names = {languages[LanguageId(language)].image for language in ("c", "cpp")}
    for image in runner_images():
        if image.name in names:
            subprocess.run(["docker", "import", f"/{RUNNER}", image.reference], check=True, stdout=subprocess.DEVNULL)


def _restart_docker(driver: Driver) -> None:
    configuration = json.loads(DAEMON_CONFIGURATION.read_text())
    configuration["exec-opts"] = [DRIVER_OPTION.format(driver)]
    DAEMON_CONFIGURATION.write_text(json.dumps(configuration))
    subprocess.run(["systemctl", "restart", "docker.service"], check=True, timeout=START_PATIENCE_S)
    deadline = time.monotonic() + START_PATIENCE_S
    while not answers(f"unix://{USUAL_SOCKET}"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Docker does not start with the driver {driver}")
        time.sleep(0.1)


def _run(suite: Suite, layout: Layout) -> float:
    """How long it took. What it finds is in its results; one that leaves none has failed as a whole."""
    began = time.monotonic()
    print(f"## {suite.name}, {_uptime_s():.0f} s after the boot", flush=True)
    environment = {
        **os.environ,
        "JUDGESTREAM_TEST_SLOWNESS": str(SLOWNESS),
        "JUDGESTREAM_TEST_PROGRAMS": str(layout.programs),
        "PYTHONPATH": f"{layout.packages}:{layout.checkout}",
    }
    places = {"results": layout.results_of(suite.name), "programs": layout.programs}
    command = [sys.executable, *(argument.format(**places) for argument in suite.arguments)]
    with layout.log_of(suite.name).open("wb") as log:
        try:
            subprocess.run(
                command,
                cwd=layout.checkout,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=suite.patience_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            log.write(f"not through after {suite.patience_s} s".encode())
    print(f"## {suite.name} ended, {_uptime_s():.0f} s after the boot", flush=True)
    return time.monotonic() - began


if __name__ == "__main__":
    main(Path(sys.argv[1]))
