"""Tables by versioned CQL: the files `NNN_name.cql` of a folder, each applied once and in order.

What was applied stands in the keyspace with a digest, and a file that has changed since is refused: tables grow by
one more file. Every statement says IF NOT EXISTS, so that a run that died in the middle, or two at once, do no harm.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.cassandra import Cassandra, CassandraError, CassandraRefused, CassandraUnavailable, connect
from schemas.log import EventLogger
from schemas.settings import Address

log = EventLogger(__name__)

FILE_NAME: Final = re.compile(r"(\d{3})_([a-z0-9_]+)\.cql")
COMMENT: Final = re.compile(r"--[^\n]*")
PAUSE_S: Final = 0.3

CREATE_KEYSPACE: Final = (
    "CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = "
    "{{'class': 'NetworkTopologyStrategy', 'replication_factor': {replicas}}}"
)
CREATE_RECORD: Final = (
    "CREATE TABLE IF NOT EXISTS cql_versions "
    "(area text, number int, name text, digest text, PRIMARY KEY (area, number))"
)
READ_RECORD: Final = "SELECT number, digest FROM cql_versions WHERE area = ?"
WRITE_RECORD: Final = "INSERT INTO cql_versions (area, number, name, digest) VALUES (?, ?, ?, ?)"


class VersionsChanged(CassandraError):
    """A CQL file that was applied has changed since, or is gone; a person must look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One versioned CQL file."""

    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        """The sha256 of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """Its statements, without comments."""
        return [one.strip() for one in COMMENT.sub("", self.text).split(";") if one.strip()]


def read_versions(folder: Path) -> list[Version]:
    """The files of a folder, in their order; a ValueError for a name or a number that does not fit."""
    versions = []
    for path in sorted(folder.glob("*.cql")):
        if not (match := FILE_NAME.fullmatch(path.name)):
            raise ValueError(f"a versioned CQL file is called NNN_name.cql, not {path.name}")
        versions.append(Version(number=int(match[1]), name=match[2], text=path.read_text()))
    if [version.number for version in versions] != list(range(1, len(versions) + 1)):
        raise ValueError(f"the CQL files of {folder.name} should be numbered 001, 002, … without a gap")
    return versions


def outstanding(versions: Sequence[Version], applied: dict[int, str]) -> list[Version]:
    """The versions that are still to be applied; `VersionsChanged` where `applied` (digest by number) contradicts."""
    known = {version.number: version for version in versions}
    for number, digest in applied.items():
        if number not in known:
            raise VersionsChanged(f"version {number} was applied to this keyspace, but there is no such CQL file")
        if known[number].digest != digest:
            raise VersionsChanged(f"{number:03}_{known[number].name}.cql has changed since it was applied; add a file")
    return [version for version in versions if version.number not in applied]


Spread = Callable[[str], Sequence[str]]
"""What a statement of a file stands for in this keyspace."""


async def apply_versions(
    addresses: Sequence[Address],
    keyspace: str,
    folder: Path,
    *,
    area: str,
    replicas: int = 1,
    deadline_s: float = 60.0,
    spread: Callable[[Cassandra], Awaitable[Spread]] | None = None,
) -> int:
    """Makes the keyspace where there is none and applies what is outstanding; answers how many files that were.

    `area` names whose tables these are, since several packages have a folder of their own. `spread` is asked, where
    files were applied before, what the statements of later ones stand for.
    """
    versions = read_versions(folder)
    async with await connect(addresses, None, deadline_s=deadline_s) as cassandra:
        await cassandra.define(CREATE_KEYSPACE.format(keyspace=keyspace, replicas=replicas))
    async with await connect(addresses, keyspace, deadline_s=deadline_s) as cassandra:
        await cassandra.define(CREATE_RECORD)
        applied = await _applied(cassandra, area)
        to_do = outstanding(versions, applied)
        stands_for = await spread(cassandra) if spread and applied and to_do else _itself
        for version in to_do:
            for statement in version.statements:
                for one in stands_for(statement):
                    await cassandra.define(one)
            await cassandra.execute(WRITE_RECORD, (area, version.number, version.name, version.digest))
            log.info("cql_version_applied", area=area, number=version.number, name=version.name)
    return len(to_do)


async def wait_for_versions(cassandra: Cassandra, folder: Path, *, area: str, deadline_s: float = 60.0) -> None:
    """Returns once all versions of the folder are applied; `CassandraUnavailable` after the deadline."""
    versions = read_versions(folder)
    ends, said = time.monotonic() + deadline_s, False
    while True:
        try:
            missing = outstanding(versions, await _applied(cassandra, area))
        except (CassandraUnavailable, CassandraRefused):
            missing = versions  # not even the record is there
        if not missing:
            return
        if time.monotonic() > ends:
            raise CassandraUnavailable(f"the tables of {area} were not made in {deadline_s:g} s")
        if not said:
            log.info("waiting_for_tables", area=area, missing=",".join(version.name for version in missing))
            said = True
        await asyncio.sleep(PAUSE_S)


def _itself(statement: str) -> Sequence[str]:
    return (statement,)


async def _applied(cassandra: Cassandra, area: str) -> dict[int, str]:
    return {row["number"]: row["digest"] for row in await cassandra.execute(READ_RECORD, (area,))}
