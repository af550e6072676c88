"""`python3 -m deploy.setup [check|run|test]`: installs what is missing; nothing the second time.

`run` is for the whole system, `check` for what `make check` needs, `test` for everything with a browser besides, and
the emulated machine with cgroup v2 where this one has v1.
`python3 -m deploy.setup languages NAME…` builds the images of further languages, `all` those of every one.
"""

import fcntl
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from deploy.setup import apparmor, docker, images, jars, packages
from deploy.setup.commands import run
from deploy.setup.errors import Missing, SetupError
from deploy.setup.guest import make as guest
from deploy.setup.languages import UnknownName, images_of
from deploy.setup.packages import Scope
from deploy.setup.places import (
    CASSANDRA_JARS,
    CLASS_ARCHIVES,
    HOME,
    KAFKA_JARS,
    LOCK,
    ODD_CHARACTERS,
    PAGE,
    PYTHON,
    REGISTRY_JARS,
    ROOT,
    STAMPS,
    SUPERVISOR,
    VENV,
)
from deploy.setup.steps import Step, run_due
from deploy.setup.supervisor import COMMAND, build_supervisor, sources
from executor.languages.images import RunnerImage, default_images, runner_images
from executor.languages.loader import BadLanguage, load_languages

PACKAGES = "packages"
LANGUAGES = "languages"
PYTHON_VERSION = (3, 11)


def main(arguments: list[str]) -> int:
    """Runs what is due; 0 when the machine is ready, else 1 with what is missing and how to get it."""
    began, asked = time.monotonic(), arguments or ["run"]
    try:
        asked_for = _asked_for(asked)
    except (UnknownName, BadLanguage) as error:
        print(error, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as an exception, so that nothing is left behind
    try:
        _check_place(ROOT)
        with _alone():
            done = run_due(asked_for())
    except SetupError as error:
        print(f"\nset-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted; the next one goes on here", file=sys.stderr)
        return 130
    if done:
        print(f"set up in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


def _asked_for(asked: list[str]) -> Callable[[], list[Step]]:
    """The steps that the arguments ask for, to be looked up when it is our turn; `UnknownName` for what is none."""
    if asked[0] == LANGUAGES:
        return partial(language_steps, images_of(asked[1:], load_languages(), runner_images()))
    if asked[0].upper() not in Scope.__members__:
        raise UnknownName("scope", asked[0], ("check", "run", "test", f"{LANGUAGES} NAME…"))
    return partial(steps, Scope[asked[0].upper()])


def steps(scope: Scope) -> list[Step]:
    """All steps; each comes after the Debian packages, and after those that it names besides."""
    if scope < Scope.RUN:
        return [*_packages(scope), _venv_step()]
    sandbox = [_supervisor_step(), *_image_steps(), *_apparmor_steps()]
    running = [*_packages(scope), _venv_step(), *_jar_steps(), _classes_step(), _page_step(), *sandbox]
    return [*running, *_guest_steps()] if scope >= Scope.TEST else running


def _packages(scope: Scope) -> list[Step]:
    """Due whenever something is missing, whatever was stamped: packages come and go without us."""
    missing = packages.missing_packages(scope)
    title = f"Debian packages: {', '.join(missing)}"
    install = partial(packages.install_packages, scope)
    return [Step(name=PACKAGES, title=title, do=install, made_from=(str(time.time_ns()),))] if missing else []


def _venv_step() -> Step:
    def make() -> None:
        run([sys.executable, "-m", "venv", "--clear", VENV], log="venv")
        # What is never imported need not be compiled.
        options = ["--quiet", "--no-compile", "--require-hashes", "--no-deps"]
        run([PYTHON, "-m", "pip", "install", *options, "-r", LOCK], log="venv")

    return Step(name="venv", title="Python packages", do=make, made_from=(LOCK,), makes=(PYTHON,), after=(PACKAGES,))


def _supervisor_step() -> Step:
    return Step(
        name="supervisor",
        title="supervisor of the sandbox",
        do=build_supervisor,
        made_from=(*COMMAND, *sources()),
        makes=(SUPERVISOR,),
        after=(PACKAGES,),
    )


def _jar_steps() -> list[Step]:
    """One after another, for Maven's own store bears one writer."""

    def step(name: str, title: str, do: Callable[[], None], of: str | Path, into: Path, after: str) -> Step:
        return Step(name=name, title=title, do=do, made_from=(of,), makes=(into,), after=(PACKAGES, after))

    return [
        step("kafka", "Kafka", jars.kafka_jars, jars.KAFKA_POM, KAFKA_JARS, PACKAGES),
        step("cassandra", "Cassandra", jars.cassandra_jars, jars.CASSANDRA_POM, CASSANDRA_JARS, "kafka"),
        step("registry", "schema registry", jars.registry_jars, jars.REGISTRY, REGISTRY_JARS, "cassandra"),
    ]


def _classes_step() -> Step:
    """An archive fits the jars, and the options, with which it was made."""

    def make() -> None:
        run([PYTHON, "-m", "deploy.local.class_archives"], log="classes", cwd=ROOT)

    options = ROOT / "deploy" / "local"
    return Step(
        name="classes",
        title="archives of the engines' classes",
        do=make,
        made_from=(*jars.VERSIONS, options / "programs.py", options / "engines" / "cassandra.options"),
        makes=(CLASS_ARCHIVES,),
        after=(PACKAGES, "venv", "kafka", "cassandra", "registry"),
    )


def _page_step() -> Step:
    source = ROOT / "projections" / "page" / "vendor"

    def make() -> None:
        run(["sh", source / "install.sh", PAGE], log="page", cwd=ROOT)

    return Step(
        name="page",
        title="editor of the page",
        do=make,
        made_from=tuple(sorted(path for path in source.iterdir() if path.is_file())),
        makes=(PAGE / "vendor",),
        after=(PACKAGES, "venv"),
    )


def _image_steps() -> list[Step]:
    """Images are the daemon's: another daemon, or one that has lost them, makes the steps due again."""
    runners = default_images()
    if images.images_gone(runners):
        for stamp in ("base", "images"):
            (STAMPS / stamp).unlink(missing_ok=True)
    url = docker.daemon_url()
    return [
        _base_step(),
        Step(
            name="images",
            title="runner images " + ", ".join(image.name for image in runners),
            do=partial(images.build_images, runners),
            made_from=(url, *(image.reference for image in runners)),
            makes=_own_data(url),
            after=(PACKAGES, "base"),
        ),
    ]


def language_steps(wanted: Sequence[RunnerImage]) -> list[Step]:
    """The images that are not there yet, one after the other: a toolchain is a big download."""
    missing = images.images_to_build(wanted)
    previous = ["base", *(f"image-{image.name}" for image in missing)]
    building = [
        Step(
            name=f"image-{image.name}",
            title=f"runner image {image.name}",
            do=partial(images.build_images, (image,)),
            made_from=(str(time.time_ns()),),
            after=(PACKAGES, before),
        )
        for before, image in zip(previous, missing, strict=False)
    ]
    return [*_packages(Scope.RUN), _base_step(), *building] if building else []


def _base_step() -> Step:
    url = docker.daemon_url()
    return Step(
        name="base",
        title=f"base image {images.BASE}",
        do=images.base_image,
        made_from=(url, images.BASE),
        makes=_own_data(url),
        after=(PACKAGES,),
    )


def _own_data(url: str) -> tuple[Path, ...]:
    return (docker.OWN_DATA,) if url == docker.OWN_URL else ()


def _apparmor_steps() -> list[Step]:
    """Due after every boot, and on machines with AppArmor alone."""
    if not apparmor.is_on():
        return []
    if not apparmor.is_loaded():
        (STAMPS / "apparmor").unlink(missing_ok=True)
    title = f"AppArmor profile {apparmor.NAME}"
    made_from = (apparmor.PROFILE,)
    return [Step(name="apparmor", title=title, do=apparmor.load_profile, made_from=made_from, after=(PACKAGES,))]


def _guest_steps() -> list[Step]:
    """Where this machine can make none, the tests that need it say why they are skipped."""
    if not guest.is_needed() or guest.lack():
        return []
    return [
        Step(
            name="guest",
            title="guest machine with cgroup v2",
            do=guest.make_guest,
            made_from=guest.made_from(),
            makes=guest.MADE,
            after=(PACKAGES,),
        )
    ]


def _check_place(root: Path) -> None:
    if sys.version_info[:2] != PYTHON_VERSION:
        raise Missing(f"Python 3.11 is needed, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11")
    if odd := sorted(ODD_CHARACTERS & set(str(root))):
        raise Missing(f"the path {root} holds {odd}, which some engine cannot read: put the checkout elsewhere")


@contextmanager
def _alone() -> Iterator[None]:
    """Two set-ups of one checkout would undo each other's work: the second one waits."""
    HOME.mkdir(exist_ok=True)
    with (HOME / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another set-up of this checkout runs: waiting for it", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
