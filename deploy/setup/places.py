"""Where things are: everything that is written at run time is below `.judgestream/`."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = ROOT / ".judgestream"
STAMPS: Final = HOME / "stamps"
VENV: Final = HOME / "venv"
PYTHON: Final = VENV / "bin" / "python"
JARS: Final = HOME / "jars"
KAFKA_JARS: Final = JARS / "kafka"
CASSANDRA_JARS: Final = JARS / "cassandra"
REGISTRY_JARS: Final = JARS / "registry"
CLASS_ARCHIVES: Final = JARS / "classes"
PAGE: Final = HOME / "page"
GUEST: Final = HOME / "guest"
DOCKER: Final = HOME / "docker"
SUPERVISOR: Final = HOME / "supervisor" / "supervisor"
LOCK: Final = ROOT / "deploy" / "setup" / "lock.txt"

ODD_CHARACTERS: Final = frozenset(" \t\n\"'\\$%,;:#{}*?")
"""What no path of ours may hold: some configuration file or other would read it as its own."""
