"""Errors of the client.

JudgestreamError
├── Refused        the service answered and said no; the problem document says why
├── Unreachable    nobody answered, or only with "try again", until patience ran out
└── NoVerdict      the submission was accepted, but no verdict came in the time allowed
"""

from dataclasses import dataclass


class JudgestreamError(Exception):
    """Anything that a call can fail with."""


@dataclass
class Refused(JudgestreamError):
    """An RFC 9457 problem document: `type` is stable, `detail` is for people."""

    status: int
    type: str
    title: str
    detail: str

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}" if self.detail else self.title


@dataclass
class Unreachable(JudgestreamError):
    """Nobody answered at `url`."""

    url: str
    why: str

    def __str__(self) -> str:
        return f"{self.url} does not answer: {self.why}"


@dataclass
class NoVerdict(JudgestreamError):
    """The submission is kept and will be judged; only this waiting has ended."""

    submission_id: str
    waited_s: float

    def __str__(self) -> str:
        return f"no verdict for {self.submission_id} after {self.waited_s:.0f} s; it stays queued and will be judged"
