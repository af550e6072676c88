"""The runner images: which there are, and how each is tagged.

An image is named by its Dockerfile's content, so a changed Dockerfile is another image and an executor can never run
an old one by accident. Standard library only: set-up reads this before anything is installed.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

DOCKERFILES: Final = Path(__file__).parent / "images"
SUFFIX: Final = ".Dockerfile"
TAG_LENGTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerImage:
    """An image to build: `docker build --tag REFERENCE - < DOCKERFILE`; it needs no build context."""

    name: str
    tag: str
    dockerfile: Path

    @property
    def reference(self) -> str:
        """What `docker run` calls it."""
        return f"judgestream/{self.name}:{self.tag}"


def runner_image(dockerfile: Path) -> RunnerImage:
    """The image that this Dockerfile makes."""
    return RunnerImage(
        name=dockerfile.name.removesuffix(SUFFIX),
        tag=sha256(dockerfile.read_bytes()).hexdigest()[:TAG_LENGTH],
        dockerfile=dockerfile,
    )


def runner_images(folder: Path = DOCKERFILES) -> tuple[RunnerImage, ...]:
    """Every runner image, by name."""
    return tuple(runner_image(path) for path in sorted(folder.glob(f"*{SUFFIX}")))
