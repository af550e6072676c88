"""The runner images: which there are, and how each is tagged.

An image is named by the content of what it is built from, so a changed Dockerfile is another image and an executor can
never run an old one by accident. Standard library only: set-up reads this before anything is installed.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

DOCKERFILES: Final = Path(__file__).parent / "images"
SUFFIX: Final = ".Dockerfile"
POM_SUFFIX: Final = ".pom.xml"
TAG_LENGTH: Final = 12

DEFAULT_IMAGES: Final = ("cpp", "java", "python")
"""Every executor needs these; the others are built when somebody asks for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerImage:
    """An image to build from its Dockerfile.

    Most need no build context. One with a `pom` beside its Dockerfile finds what Maven fetches for that pom in the
    folder `jars` of its context.
    """

    name: str
    tag: str
    dockerfile: Path
    pom: Path | None = None

    @property
    def reference(self) -> str:
        """What `docker run` calls it."""
        return f"judgestream/{self.name}:{self.tag}"

    @property
    def is_default(self) -> bool:
        """Whether an executor cannot do without it."""
        return self.name in DEFAULT_IMAGES


def runner_image(dockerfile: Path) -> RunnerImage:
    """The image that this Dockerfile makes."""
    name = dockerfile.name.removesuffix(SUFFIX)
    pom = dockerfile.with_name(f"{name}{POM_SUFFIX}")
    content = dockerfile.read_bytes() + (pom.read_bytes() if pom.exists() else b"")
    return RunnerImage(
        name=name,
        tag=sha256(content).hexdigest()[:TAG_LENGTH],
        dockerfile=dockerfile,
        pom=pom if pom.exists() else None,
    )


def runner_images(folder: Path = DOCKERFILES) -> tuple[RunnerImage, ...]:
    """Every runner image, by name."""
    return tuple(runner_image(path) for path in sorted(folder.glob(f"*{SUFFIX}")))


def default_images() -> tuple[RunnerImage, ...]:
    """The images that every executor has."""
    return tuple(image for image in runner_images() if image.is_default)
