"""The Python packages that the suites import, with all that those need, picked out of this environment."""

import shutil
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

NEEDED: Final = ("cryptography", "docker", "prometheus-client", "pytest", "pytest-asyncio", "supervisor")


def bring_packages(into: Path) -> None:
    """Copies them, with the metadata by which pytest finds its plugins, into the new folder `into`."""
    for found in _closure(list(NEEDED)):
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = into / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(found.locate_file(file)), target)


def _closure(names: list[str]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    while names:
        name = names.pop()
        if name not in found:
            found[name] = distribution(name)
            needs = [Requirement(need) for need in found[name].requires or ()]
            names += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return list(found.values())
