"""The Java that the engines run on: exactly 17, the newest that Cassandra 5.0 knows."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.setup.commands import output
from deploy.setup.errors import Missing

JAVA: Final = 17
INSTALLED: Final = Path("/usr/lib/jvm")


def find_java() -> Path | None:
    """A `java` of the right version: JAVA_HOME's, the one on PATH, or one that stands beside it."""
    return next((java for java in _candidates() if major(output([java, "--version"])) == JAVA), None)


def require_java() -> Path:
    """The same, where it must be there."""
    java = find_java()
    if java is None:
        raise Missing(f"there is no Java {JAVA}: run `make setup`, or name its folder in JAVA_HOME")
    return java


def major(version: str) -> int:
    """The first number of what a program says about its version; 0 where there is none."""
    found = re.search(r"\d+", version)
    return int(found[0]) if found else 0


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path)
    yield from sorted(INSTALLED.glob(f"*{JAVA}*/bin/java"))
