"""How far the read models are: what read-your-writes waits for."""

from collections.abc import Mapping
from typing import Final

from projections.models.catalog import MODEL_BY_NAME
from projections.models.model import Model
from schemas.cassandra import Cassandra
from schemas.eventlog.murmur2 import partition_of
from schemas.topics import CONTEST_FEED, CONTESTS, SUBMISSIONS, VERDICTS, Topic
from schemas.values import Position

READ: Final = (
    "SELECT next_offset, causes FROM projection_checkpoints WHERE projection = ? AND topic = ? AND partition = ?"
)

SOURCES: Final[Mapping[str, frozenset[str]]] = {
    CONTEST_FEED.name: frozenset(topic.name for topic in (CONTESTS, SUBMISSIONS, VERDICTS))
}
"""Topics whose records are copies, and of what; each copy has the position of its source."""


class UnknownTopic(ValueError):
    """The model does not depend on that topic, so that nothing of it will ever be in it."""


async def applied(cassandra: Cassandra, model: str, topic: str, partition: int) -> int:
    """The first offset that is not in the model; all below it are, and were announced."""
    rows = await cassandra.execute(READ, (MODEL_BY_NAME[model].projection, topic, partition))
    return int(rows[0]["next_offset"]) if rows else 0


async def has_applied(cassandra: Cassandra, model: str, position: Position, *, key: str | None = None) -> bool:
    """Whether the record at that position is in the model; `UnknownTopic` where that can never be.

    A model of copies has it once a copy of it, or of a later record of its partition, was applied in the partition of
    `key`: the contest that is asked about.
    """
    known = MODEL_BY_NAME[model]
    if position.topic in {topic.name for topic in known.topics}:
        return position.offset < await applied(cassandra, model, position.topic, position.partition)
    copies = _copies_of(known, position.topic)
    if key is None:
        raise ValueError(f"{model} has only copies of {position.topic}; of which contest?")
    feed_partition = partition_of(key.encode(), copies.partitions)
    rows = await cassandra.execute(READ, (known.projection, copies.name, feed_partition))
    causes = (rows[0]["causes"] or {}) if rows else {}
    return int(causes.get(f"{position.topic}:{position.partition}", -1)) >= position.offset


def _copies_of(model: Model, topic: str) -> Topic:
    for copies in model.topics:
        if topic in SOURCES.get(copies.name, ()):
            return copies
    raise UnknownTopic(f"{model.name} does not depend on {topic}")
