"""The engines' jars, by Maven: versions stand in the two pom files and here."""

import shutil
import tarfile
from pathlib import Path
from typing import Final

from deploy.setup.commands import run
from deploy.setup.places import CASSANDRA_JARS, JARS, KAFKA_JARS, REGISTRY_JARS, ROOT

POMS: Final = ROOT / "deploy" / "setup" / "maven"
KAFKA_POM: Final = POMS / "kafka.xml"
CASSANDRA_POM: Final = POMS / "cassandra.xml"

COPY_ALL: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
COPY_ONE: Final = "org.apache.maven.plugins:maven-dependency-plugin:2.10:copy"
"""The old plugin's `copy` fetches a file without its descriptor, whose parent is not to be had everywhere."""

REGISTRY_VERSION: Final = "3.0.9"
"""The last one that runs on Java 17."""

REGISTRY: Final = f"io.apicurio:apicurio-registry-app:{REGISTRY_VERSION}:tar.gz:all"

VERSIONS: Final[tuple[str | Path, ...]] = (KAFKA_POM, CASSANDRA_POM, REGISTRY)
"""What names everything that is fetched."""


def kafka_jars() -> None:
    """Kafka and its logging."""
    _copy_all(KAFKA_POM, KAFKA_JARS)


def cassandra_jars() -> None:
    """Cassandra."""
    _copy_all(CASSANDRA_POM, CASSANDRA_JARS)


def registry_jars() -> None:
    """Apicurio Registry, unpacked."""
    unpacked = _fresh(REGISTRY_JARS)
    run(["mvn", "-q", "-B", COPY_ONE, f"-Dartifact={REGISTRY}", f"-DoutputDirectory={unpacked}"], log="jars", cwd=JARS)
    (archive,) = unpacked.glob("*.tar.gz")
    with tarfile.open(archive) as members:
        members.extractall(unpacked, filter="data")
    archive.unlink()
    _put(unpacked, REGISTRY_JARS)


def fetch_jars(pom: Path, folder: Path) -> None:
    """What this pom depends on, into a folder that is made for it."""
    JARS.mkdir(parents=True, exist_ok=True)
    run(["mvn", "-q", "-B", "-f", pom, f"-DoutputDirectory={folder}", COPY_ALL], log="jars", cwd=JARS)


def _copy_all(pom: Path, target: Path) -> None:
    folder = _fresh(target)
    fetch_jars(pom, folder)
    _put(folder, target)


def _fresh(target: Path) -> Path:
    folder = target.with_name(f".{target.name}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _put(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
