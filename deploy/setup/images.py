"""Images: a base from a registry where one can be reached, else from debootstrap; runners from Dockerfiles."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.setup.apt import APT_SOURCES, debian_mirror
from deploy.setup.commands import output, run
from deploy.setup.docker import answering_daemon, daemon
from deploy.setup.errors import Missing
from deploy.setup.jars import fetch_jars
from deploy.setup.places import HOME
from executor.languages.images import RunnerImage

BASE: Final = "debian:bookworm-slim"
SUITE: Final = "bookworm"
PULL_S: Final = 120
DPKG_CONFIGURATION: Final = Path(__file__).with_name("dpkg.cfg")
"""For the base and all that is built on it; one from a registry has the same."""

ALONE: Final = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
"""debootstrap mounts /proc in the new tree and starts programs in it: however it ends, both end with it."""

TREE: Final = "base-"


def base_image() -> None:
    """Makes `debian:bookworm-slim` exist."""
    with daemon() as url:
        if not _has_image(url, BASE) and not _pull(url):
            _bootstrap(url)


def build_images(images: Sequence[RunnerImage]) -> None:
    """Builds those of the runner images that have not been built yet."""
    with daemon() as url:
        for image in images:
            if not _has_image(url, image.reference):
                _build(url, image)


def images_gone(images: Sequence[RunnerImage]) -> bool:
    """Whether a daemon that answers lacks one of them; False where none answers, for that cannot be known."""
    return answering_daemon() is not None and bool(images_to_build(images))


def images_to_build(images: Sequence[RunnerImage]) -> list[RunnerImage]:
    """Those that have not been built; all where no daemon answers, for it cannot be known."""
    url = answering_daemon()
    return [image for image in images if url is None or not _has_image(url, image.reference)]


def _build(url: str, image: RunnerImage) -> None:
    """The host's network, for our own daemon has no other; the classic builder, for buildx is not everywhere."""
    HOME.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME, prefix="context-") as context:
        shutil.copy(image.dockerfile, Path(context, "Dockerfile"))
        if image.pom:
            fetch_jars(image.pom, Path(context, "jars"))
        command = ["docker", "build", "--network=host", "--tag", image.reference, context]
        run(command, log=f"image-{image.name}", env={"DOCKER_HOST": url, "DOCKER_BUILDKIT": "0"})


def _has_image(url: str, reference: str) -> bool:
    listed = output(["docker", "image", "inspect", reference], env={"DOCKER_HOST": url})
    return bool(listed) and bool(json.loads(listed))


def _pull(url: str) -> bool:
    try:
        pulled = subprocess.run(
            ["docker", "pull", "--quiet", BASE],
            env={**os.environ, "DOCKER_HOST": url},
            capture_output=True,
            timeout=PULL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return pulled.returncode == 0


def _bootstrap(url: str) -> None:
    """The base from Debian's packages, from the mirror that this machine's apt uses."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise Missing(f"{BASE} cannot be pulled; as root with debootstrap installed it would be made from packages")
    if (mirror := debian_mirror()) is None:
        raise Missing(f"no Debian mirror in {APT_SOURCES}: on another system let Docker pull {BASE}")
    for abandoned in HOME.glob(f"{TREE}*"):
        shutil.rmtree(abandoned) if abandoned.is_dir() else abandoned.unlink()
    with tempfile.TemporaryDirectory(dir=HOME, prefix=TREE) as folder:
        configuration = Path(folder, "etc/dpkg/dpkg.cfg.d")
        configuration.mkdir(parents=True)
        shutil.copy(DPKG_CONFIGURATION, configuration / "judgestream")
        run([*ALONE, "debootstrap", "--variant=minbase", SUITE, folder, mirror], log="base")
        archive = Path(folder).with_suffix(".tar")
        try:
            run(["tar", "-C", folder, "-cf", archive, "."], log="base")
            run(["docker", "import", archive, BASE], log="base", env={"DOCKER_HOST": url})
        finally:
            archive.unlink(missing_ok=True)
