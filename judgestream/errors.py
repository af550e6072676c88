"""Errors of the client.

JudgestreamError
├── Refused        the service answered and said no; the problem document says why
├── Unreachable    nobody answered, or only with "try again", until patience ran out
├── Uncertain      a command was on its way when the answer was lost; whether it was carried out is not known
├── NoVerdict      the submission was accepted, but no verdict came in the time allowed
└── NoDecision     what was asked for is in the log, but nothing was decided about it in the time allowed
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
class Uncertain(JudgestreamError):
    """Asking again could do a thing twice, so it is left to whoever can look first."""

    why: str

    def __str__(self) -> str:
        return f"whether it was carried out is not known ({self.why}): look before you ask again"


@dataclass
class NoVerdict(JudgestreamError):
    """The submission is kept and will be judged; only this waiting has ended."""

    submission_id: str
    waited_s: float

    def __str__(self) -> str:
        return f"no verdict for {self.submission_id} after {self.waited_s:.0f} s; it stays queued and will be judged"


@dataclass
class NoDecision(JudgestreamError):
    """What was asked for is kept and will be decided; only this waiting has ended."""

    rejudging_id: str
    waited_s: float

    def __str__(self) -> str:
        return (
            f"nothing was decided about {self.rejudging_id} within {self.waited_s:.0f} s; it will be; see "
            f"judgestream rejudge show {self.rejudging_id}"
        )
