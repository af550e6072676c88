"""Makes the hostile C programs into static files, once, on a machine with a compiler; they run on any other then."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Final

from deploy.setup.places import HOME

SOURCES: Final = Path(__file__).parent / "programs"
HEADER: Final = SOURCES / "report.h"
KEPT: Final = HOME / "test" / "hostile"
"""Where tests have them, so that they are compiled once."""
COMPILER: Final = (
    "gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-static", "-pthread", "-Wall", "-Wextra", "-Werror"
)  # fmt: skip


def build(folder: Path) -> dict[str, Path]:
    """The programs by name, as files in `folder`; one that is there already is not compiled again."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(SOURCES.glob("*.c"))
    with ThreadPoolExecutor(max_workers=2) as workers:
        built = list(workers.map(lambda source: _built(source, folder), sources))
    return {source.stem: path for source, path in zip(sources, built, strict=True)}


def built(folder: Path) -> dict[str, Path]:
    """The programs of a folder that `build` filled elsewhere; a `FileNotFoundError` names what is missing."""
    paths = {source.stem: folder / _name(source) for source in sorted(SOURCES.glob("*.c"))}
    for path in paths.values():
        path.stat()
    return paths


def _built(source: Path, folder: Path) -> Path:
    path = folder / _name(source)
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        subprocess.run([*COMPILER, str(source), "-o", str(unfinished)], check=True)
        unfinished.rename(path)
    return path


def _name(source: Path) -> str:
    """Tells what it was made from, so that an old file is never taken for a new one."""
    digest = sha256(b"\0".join([source.read_bytes(), HEADER.read_bytes(), " ".join(COMPILER).encode()]))
    return f"{source.stem}-{digest.hexdigest()[:12]}"
