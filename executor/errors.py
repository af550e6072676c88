"""Our own failures while judging; the sandbox's are in `executor/sandbox/errors.py`, the blob store's in its port.

Whatever ends an attempt as an exception is ours. It is tried again with patience, except where that cannot help:

HopelessJob
├── UnknownLanguage       this executor has no such language
├── UnknownImage          a job names an image that this executor's engine does not have, or that is no good for it
└── UnknownComparison     a problem asks for a comparison that this software does not know

Two more are no failures of an attempt:

JobLost                   the job's partition is another executor's now, which will judge it
ExecutorDied              executors died of the job, so that it is not run again
"""

from dataclasses import dataclass


class HopelessJob(Exception):
    """A job that this software will never be able to judge."""


@dataclass
class UnknownLanguage(HopelessJob):
    """No language of that id."""

    language: str

    def __str__(self) -> str:
        return f"language {self.language} is not known here"


@dataclass
class UnknownImage(HopelessJob):
    """No such image, or one without the language's compiler."""

    image: str
    why: str

    def __str__(self) -> str:
        return f"image {self.image} cannot be judged with: {self.why}"


@dataclass
class UnknownComparison(HopelessJob):
    """No comparison of that kind."""

    kind: str

    def __str__(self) -> str:
        return f"comparison {self.kind} is not known here"


@dataclass
class JobLost(Exception):
    """The job at `position` is not ours any more."""

    position: str

    def __str__(self) -> str:
        return f"{self.position} is another executor's now"


@dataclass
class ExecutorDied(Exception):
    """The executor died in each of so many starts in which nothing ran beside the job."""

    deaths: int

    def __str__(self) -> str:
        return f"its executor died {self.deaths} times while it ran alone"
