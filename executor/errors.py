"""Our own failures while judging; the sandbox's are in `executor/sandbox/errors.py`, the blob store's in its port.

Whatever ends an attempt as an exception is ours. It is tried again with patience, except where that cannot help:

HopelessJob
├── UnknownLanguage       this executor has no such language
└── UnknownComparison     a problem asks for a comparison that this software does not know
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
class UnknownComparison(HopelessJob):
    """No comparison of that kind."""

    kind: str

    def __str__(self) -> str:
        return f"comparison {self.kind} is not known here"
