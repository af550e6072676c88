"""Debian's packages without installing them: fetched by the ordinary apt client into a folder of ours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.setup.commands import output, run
from deploy.setup.errors import Missing

APT_SOURCES: Final = Path("/etc/apt")


def debian_mirror() -> str | None:
    """The first mirror in apt's own sources that serves Debian's main suite; None where there is none."""
    return next((uri for uri in _apt_uris() if uri.rstrip("/").endswith("/debian")), None)


def _apt_uris() -> Iterator[str]:
    for path in sorted([*APT_SOURCES.glob("sources.list"), *APT_SOURCES.glob("sources.list.d/*")]):
        text = path.read_text(errors="replace")
        yield from re.findall(r"^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)", text, re.MULTILINE)
        for line in re.findall(r"^\s*URIs:\s*(.+)$", text, re.MULTILINE):
            yield from line.split()


@dataclass(frozen=True, slots=True)
class PrivateApt:
    """Apt with the machine's sources, and with lists and archives in `folder`; output goes to `log`."""

    folder: Path
    log: str

    def update(self) -> None:
        """Reads the lists anew; comes before everything else."""
        for name in ("lists", "archives"):
            (self.folder / name / "partial").mkdir(parents=True, exist_ok=True)
        run([*self._command("apt-get"), "update"], log=self.log)

    def fetch(self, package: str) -> list[Path]:
        """The archives of a package and of all that it needs and this machine lacks."""
        install = ["install", "--yes", "--no-install-recommends", "--download-only", package]
        run([*self._command("apt-get"), *install], log=self.log)
        return sorted((self.folder / "archives").glob("*.deb"))

    def fetch_alone(self, package: str) -> Path:
        """The archive of one package."""
        run([*self._command("apt-get"), "download", package], log=self.log, cwd=self.folder)
        (archive,) = self.folder.glob(f"{package}_*.deb")
        return archive

    def first_dependency(self, package: str) -> str:
        """What a package that is only a name for the newest of something stands for."""
        told = output([*self._command("apt-cache"), "depends", package])
        if (found := re.search(r"^\s*Depends: (\S+)$", told, re.MULTILINE)) is None:
            raise Missing(f"apt knows no package {package}")
        return found[1]

    def _command(self, program: str) -> list[str]:
        options = {
            "Dir::State::Lists": self.folder / "lists",
            "Dir::Cache::archives": self.folder / "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Acquire::Languages": "none",
            "APT::Keep-Downloaded-Packages": "true",
            "APT::Sandbox::User": "root",  # the folder is ours alone
        }
        return [program, "--quiet", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]


def unpack(archive: Path, into: Path, *, log: str) -> None:
    """Lays a package's files below `into`; none of its scripts runs."""
    run(["dpkg-deb", "--extract", archive, into], log=log)
