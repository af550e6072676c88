"""Errors of the event log.

LogError
├── LogUnavailable      the broker or registry does not answer; wait and try again
├── AppendRefused       the event is certainly not in the log
│   └── AppendRejected  and never will be, however often it is tried: the log takes no such record
├── AppendUncertain     whether the event is in the log cannot be known now
└── LogMisconfigured    topics, partitions or schema ids contradict the topic table; a person must look
"""


class LogError(Exception):
    """Anything that went wrong with the log; always ours, never a client's or an author's fault."""


class LogUnavailable(LogError):
    """The broker or the registry does not answer."""


class AppendRefused(LogError):
    """The event is certainly not in the log."""


class AppendRejected(AppendRefused):
    """The event is not in the log and never will be: it is too long, or not what the topic takes."""


class AppendUncertain(LogError):
    """Whether the event is in the log cannot be known; appending it again under the same id is harmless."""


class LogMisconfigured(LogError):
    """What stands in the broker or the registry contradicts the topic table or the schemas."""
