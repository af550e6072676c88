"""Our own failures around a sandbox; a program that misbehaves is never one of them.

SandboxFault
├── EngineUnavailable     the container engine does not answer, or broke off in the middle
├── ImageMissing          an image is not there, or is not what it should be
├── SupervisorMissing     the nested sandbox's own program has not been built
├── Disturbed             somebody else ended the run: the engine going down, a person, another program of the host
├── AccountingFault       CPU time or memory of a run cannot be read, so that no verdict could be told from it
└── Stopped               the run was ended because this executor is going down
"""

from dataclasses import dataclass
from pathlib import Path


class SandboxFault(Exception):
    """A run of which nothing may be concluded; doing it again may help."""


@dataclass
class EngineUnavailable(SandboxFault):
    """The container engine failed at `doing`."""

    doing: str
    why: str

    def __str__(self) -> str:
        return f"the container engine failed to {self.doing}: {self.why}"


@dataclass
class ImageMissing(SandboxFault):
    """`image` cannot be used."""

    image: str
    why: str

    def __str__(self) -> str:
        return f"image {self.image} cannot be used: {self.why}"


@dataclass
class SupervisorMissing(SandboxFault):
    """There is no program at `path`."""

    path: Path

    def __str__(self) -> str:
        return (
            f"there is no supervisor at {self.path}: `make setup` builds it, JUDGESTREAM_SANDBOX=container needs none"
        )


@dataclass
class Disturbed(SandboxFault):
    """The run did not end by itself, by a limit or by us."""

    why: str

    def __str__(self) -> str:
        return f"a run was ended from outside: {self.why}"


@dataclass
class AccountingFault(SandboxFault):
    """A figure of a run cannot be had."""

    why: str

    def __str__(self) -> str:
        return f"the usage of a run cannot be told: {self.why}"


class Stopped(SandboxFault):
    """The sandbox was closed while the run was under way."""
