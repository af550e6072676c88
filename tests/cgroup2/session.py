"""One session of the guest: what goes in, and what came out."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from deploy.setup.guest.boot import PROGRAM, Guest
from deploy.setup.places import GUEST, ROOT, SUPERVISOR
from tests.cgroup2.layout import Layout
from tests.cgroup2.packages import bring_packages
from tests.cgroup2.programs import bring_programs
from tests.cgroup2.suites import EXTENT, Extent, extent
from tests.hostile.building import KEPT, build

CHECKOUT: Final = (
    *(ROOT / name for name in ("deploy", "executor", "schemas", "tests", "pyproject.toml")),
    SUPERVISOR,
)
DEADLINE_S: Final = 900
LONG_DEADLINE_S: Final = 3600
"""Several times what it takes; a guest that hangs is killed then."""

SCRIPT: Final = """\
export {extent}
cd {checkout} && PYTHONPATH={packages}:{checkout} exec python3 -m tests.cgroup2.inside {folder}
"""
INSIDE: Final = Layout(Path("/session"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one test in the guest; `said` is why it failed or was skipped, and empty where it passed."""

    name: str
    outcome: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the guest left; a suite that came to no end has no results."""

    results: dict[str, list[Result]]
    logs: dict[str, str]
    mounts: list[str]
    left: list[str]
    took_s: dict[str, float]


def run_session(docker_url: str) -> Report:
    """Compiles here, runs there; `SessionFailed` where the guest did not come to its end."""
    came_back = GUEST / "session"
    deadline_s = LONG_DEADLINE_S if extent() is Extent.EVERYTHING else DEADLINE_S
    with tempfile.TemporaryDirectory(dir=GUEST, prefix="session-") as folder:
        _fill(Layout(Path(folder)), docker_url)
        Guest(GUEST / "run").run(Path(folder), came_back, deadline_s=deadline_s)
    return _report(Layout(came_back))


def _fill(layout: Layout, docker_url: str) -> None:
    for path in CHECKOUT:
        _copy(path, layout.checkout / path.relative_to(ROOT))
    bring_packages(layout.packages)
    _compile(layout.checkout, layout.packages)
    bring_programs(docker_url, layout.programs / "cpp")
    for program in build(KEPT).values():
        _copy(program, layout.programs / "hostile" / program.name)
    script = SCRIPT.format(
        extent=f"{EXTENT}={extent()}", checkout=INSIDE.checkout, packages=INSIDE.packages, folder=INSIDE.folder
    )
    (layout.folder / PROGRAM).write_text(script)


def _compile(*folders: Path) -> None:
    """For the guest's Python, which has the same byte code and takes long; beside the sources, where it looks."""
    options = ["-q", "-q", "-j", "2", "--invalidation-mode", "unchecked-hash"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    command = [sys.executable, "-m", "compileall", *options, *map(str, folders)]
    subprocess.run(command, env=environment, check=False)  # what cannot be compiled is a template of some package


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _report(layout: Layout) -> Report:
    """A session that was cut short has left suites, but nothing about the machine."""
    found = {path.stem: _pytest_results(path) for path in sorted(layout.results.glob("*.xml"))}
    found |= {path.stem: _hostile_results(path) for path in sorted(layout.results.glob("*.jsonl"))}
    logs = {path.stem: path.read_text(errors="replace") for path in sorted(layout.results.glob("*.log"))}
    if not layout.machine.exists():
        left = ["the session did not come to its end"]
        return Report(results=found, logs=logs, mounts=[], left=left, took_s={})
    return Report(results=found, logs=logs, **json.loads(layout.machine.read_text()))


def _hostile_results(path: Path) -> list[Result]:
    return [_attack(json.loads(line)) for line in path.read_text().splitlines()]


def _attack(told: dict[str, Any]) -> Result:
    said = "; ".join([*told["wrong"], *(f"left behind: {what}" for what in told["left"])])
    name = f"{told['id']} {told['name']}: {told['verdict']}"
    return Result(name=name, outcome="failure" if said else "passed", said=said)


def _pytest_results(path: Path) -> list[Result]:
    return [_result(case) for case in ElementTree.parse(path).iter("testcase")]


def _result(case: ElementTree.Element) -> Result:
    name = f"{case.get('classname', '').rpartition('.')[2]}: {case.get('name')}"
    for outcome in ("failure", "error", "skipped"):
        if (found := case.find(outcome)) is not None:
            return Result(name=name, outcome=outcome, said=found.text or found.get("message") or "")
    return Result(name=name, outcome="passed", said="")
