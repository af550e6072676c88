"""Errors of the event log.

LogError
├── LogUnavailable      the broker or registry does not answer; wait and try again
├── AppendRefused       the event is certainly not in the log
├── AppendUncertain     whether the event is in the log cannot be known now
└── LogMisconfigured    topics, partitions or schema ids contradict the topic table; a person must look
"""


class LogError(Exception):
    """Anything that went wrong with the log; always ours, never a client's or an author's fault."""


class LogUnavailable(LogError):
    """The broker or the registry does not answer."""


class AppendRefused(LogError):
    """The event is certainly not in the log."""


class AppendUncertain(LogError):
    """Whether the event is in the log cannot be known; appending it again under the same id is harmless."""


class LogMisconfigured(LogError):
    """What stands in the broker or the registry contradicts the topic table or the schemas."""
