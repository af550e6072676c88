"""Trying again what passes by itself, for a bounded time: whoever called then begins anew with the same record."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from schemas.blobs.port import BlobError, BlobStore
from schemas.eventlog.errors import AppendRefused, AppendRejected, AppendUncertain, LogUnavailable
from schemas.eventlog.port import EventLog
from schemas.events import Event
from schemas.ids import Sha256
from schemas.log import EventLogger
from schemas.topics import Topic
from schemas.values import Position
from stream_processors.rejudging import metrics

T = TypeVar("T")

PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
ACKNOWLEDGED_S: Final = 60.0
"""Longer than the log itself tries; then it is a fault of ours that no waiting cures."""

log: Final = EventLogger(__name__)


def append(event_log: EventLog, topic: Topic, event: Event, partition: int | None = None) -> Position:
    """Appends until it is acknowledged; an uncertain append is repeated, since its id is the same.

    `AppendRejected` where no trying will help, `LogUnavailable` where the log stays away.
    """
    for pause_s in (*PAUSES_S, None):
        try:
            return event_log.append(topic, event, partition=partition).result(ACKNOWLEDGED_S)
        except AppendRejected:
            raise
        except (AppendRefused, AppendUncertain, LogUnavailable) as error:
            if pause_s is None:
                raise LogUnavailable(f"{topic.name} takes no {type(event).__name__}: {error}") from error
            metrics.RETRIES.labels("append").inc()
            log.warning("append_repeated", topic=topic.name, event_id=event.event_id, why=error)
            time.sleep(pause_s)
    raise AssertionError("the last try answers")


class PatientBlobs:
    """A blob store that is asked again for a while; what it met last is raised then."""

    def __init__(self, blobs: BlobStore, *, pauses_s: tuple[float, ...] = PAUSES_S) -> None:
        self._blobs = blobs
        self._pauses_s = pauses_s

    def get(self, name: Sha256) -> bytes:
        """The content of that name."""
        return self._answer(lambda: self._blobs.get(name))

    def put(self, content: bytes) -> Sha256:
        """Keeps the content."""
        return self._answer(lambda: self._blobs.put(content))

    def _answer(self, act: Callable[[], T]) -> T:
        for pause_s in (*self._pauses_s, None):
            try:
                return act()
            except (BlobError, OSError) as error:
                if pause_s is None:
                    raise
                metrics.RETRIES.labels("blob").inc()
                log.warning("blob_tried_again", why=error)
                time.sleep(pause_s)
        raise AssertionError("the last try answers")
