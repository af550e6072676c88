"""The programs of the sandbox's tests, compiled on this machine for one that has no compiler; each only once."""

import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

from deploy.setup.places import GUEST
from executor.languages.images import runner_images
from tests.contract.sandbox.programs import CPP

FOR_COMPILERS: Final = frozenset({"broken", "secret", "endless_include", "huge"})
"""Not programs but attacks on a compiler."""

COMPILED: Final = GUEST / "programs"
COMPILE_EACH: Final = (
    "ls /source | xargs -P 2 -I NAME g++ -x c++ -std=gnu++17 -O2 -static -o /out/NAME /source/NAME -lm -lpthread"
)


def bring_programs(docker_url: str, into: Path) -> None:
    """Lays the compiled programs into the new folder `into`, by name."""
    image = next(image.reference for image in runner_images() if image.name == "cpp")
    kept = {name: _kept(source, image) for name, source in CPP.items() if name not in FOR_COMPILERS}
    missing = [name for name, path in kept.items() if not path.exists()]
    if missing:
        with tempfile.TemporaryDirectory(dir=GUEST, prefix="compiling-") as work:
            _compile({name: CPP[name] for name in missing}, docker_url, image, Path(work))
            COMPILED.mkdir(exist_ok=True)
            for name in missing:
                shutil.move(Path(work, "out", name), kept[name])
    into.mkdir(parents=True)
    for name, path in kept.items():
        shutil.copy(path, into / name)


def _kept(source: str, image: str) -> Path:
    return COMPILED / sha256(f"{image} {COMPILE_EACH} {source}".encode()).hexdigest()


def _compile(sources: dict[str, str], docker_url: str, image: str, work: Path) -> None:
    (work / "source").mkdir()
    (work / "out").mkdir()
    for name, source in sources.items():
        (work / "source" / name).write_text(source)
    volumes = ["--volume", f"{work / 'source'}:/source:ro", "--volume", f"{work / 'out'}:/out"]
    subprocess.run(
        ["docker", "run", "--rm", "--network=none", *volumes, image, "sh", "-c", COMPILE_EACH],
        env={**os.environ, "DOCKER_HOST": docker_url},
        check=True,
    )
