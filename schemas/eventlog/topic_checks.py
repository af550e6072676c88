"""What every adapter of the event log refuses before anything is sent: mistakes of ours, not outages."""

from collections.abc import Mapping
from typing import Final

from schemas.eventlog.port import Committed, Partition
from schemas.events import Event
from schemas.topics import TOPIC_BY_NAME, Topic

METADATA_BYTES: Final = 4095
"""What Kafka takes as the note of a commit: fewer than 4,096, as was measured."""

MESSAGE_BYTES: Final = 8 * 1024 * 1024
"""The longest record; the topics allow as much. A problem of some thousand cases is the longest that there is."""


def check_belongs(topic: Topic, event: Event) -> None:
    """A topic holds the events that the topic table says and no others."""
    if not isinstance(event, topic.events):
        raise ValueError(f"{topic.name} does not hold {type(event).__name__}")


def check_there(at: Partition) -> None:
    """A partition is one of a topic of ours."""
    topic = TOPIC_BY_NAME.get(at.topic)
    if topic is None or at.number < 0 or (at.number >= topic.partitions and not topic.partitions_may_grow):
        raise ValueError(f"there is no partition {at.topic}:{at.number}")


def check_notes(offsets: Mapping[Partition, Committed]) -> None:
    """The notes of a commit fit."""
    for at, committed in offsets.items():
        if len(committed.metadata.encode()) > METADATA_BYTES:
            raise ValueError(f"the note for {at.topic}:{at.number} is longer than {METADATA_BYTES} bytes")
