"""Logging: one line per event, `TIME LEVEL SERVICE EVENT key=value …`, on standard error."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

FIELDS: Final = "judgestream_fields"

CHATTY: Final = ("cassandra", "uvicorn.access", "httpx", "httpcore", "docker", "urllib3", "faust", "mode", "aiokafka")
"""Libraries that tell more than anyone reads; their warnings still come through."""


PREPARED_USE: Final = "cassandra.protocol"
"""Passes on the server's warning about prepared statements after USE, at every preparation; ours never change it."""

CONNECTING: Final = ("cassandra.cluster", "cassandra.pool", "cassandra.connection")
"""Log a traceback at every failed try to connect; whoever connects tells that it waits, in one line."""


class EventLogger:
    """Writes named events with their ids; `log = EventLogger(__name__)`, then `log.info("blob_kept", sha256=…)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        """For whoever looks for a fault."""
        self._logger.debug(event, extra={FIELDS: fields})

    def info(self, event: str, **fields: object) -> None:
        """Something that happens rarely and is as it should be."""
        self._logger.info(event, extra={FIELDS: fields})

    def warning(self, event: str, **fields: object) -> None:
        """Something that we get over by ourselves."""
        self._logger.warning(event, extra={FIELDS: fields})

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """Something that a person must look at; with `error` its traceback follows."""
        self._logger.error(event, extra={FIELDS: fields}, exc_info=error)


class OneLine(logging.Formatter):
    """`TIME LEVEL SERVICE EVENT key=value …`; values with spaces are quoted as JSON strings."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = getattr(record, FIELDS, {"logger": record.name})
        told = "".join(f" {name}={_shown(value)}" for name, value in fields.items())
        line = f"{moment} {record.levelname} {self._service} {_event(record)}{told}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logging(service: str, level: int = logging.INFO) -> None:
    """Sends everything that is logged in this process to standard error in one form. Called once, by `__main__`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(service))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(PREPARED_USE).setLevel(logging.ERROR)
    for name in CONNECTING:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _event(record: logging.LogRecord) -> str:
    return record.getMessage().replace("\n", "\\n")


def _shown(value: object) -> str:
    text = str(value)
    plain = text and not any(character.isspace() or character in '"=' for character in text)
    return text if plain else json.dumps(text, ensure_ascii=False)
