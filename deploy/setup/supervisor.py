"""The sandbox's supervisor: a static program, built from our own C with the machine's own compiler."""

from pathlib import Path
from typing import Final

from deploy.setup.commands import run
from deploy.setup.places import ROOT, SUPERVISOR

SOURCES: Final = ROOT / "executor" / "sandbox" / "supervisor"

LANGUAGE: Final = ("-std=c17", "-D_GNU_SOURCE")
WARNINGS: Final = (
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wconversion",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Werror",
)
RELEASE: Final = ("-O2", "-static", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2")
COMMAND: Final = ("gcc", *LANGUAGE, *WARNINGS, *RELEASE)


def sources() -> list[Path]:
    """Everything that it is made from."""
    return sorted(path for path in SOURCES.iterdir() if path.suffix in (".c", ".h"))


def build_supervisor() -> None:
    """Compiles it and puts it in its place, whole or not at all: containers may be running the old one."""
    SUPERVISOR.parent.mkdir(parents=True, exist_ok=True)
    unfinished = SUPERVISOR.with_name(f".{SUPERVISOR.name}")
    run([*COMMAND, "-o", unfinished, *(path for path in sources() if path.suffix == ".c")], log="supervisor")
    unfinished.replace(SUPERVISOR)
