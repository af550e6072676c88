"""How far the read models are: what read-your-writes waits for."""

from collections.abc import Mapping
from typing import Final

from projections.models.catalog import MODEL_BY_NAME
from projections.models.model import Model
from schemas.cassandra import Cassandra
from schemas.eventlog.murmur2 import partition_of
from schemas.topics import CONTEST_FEED, CONTESTS, REJUDGING_REQUESTS, REJUDGINGS, SUBMISSIONS, VERDICTS, Topic
from schemas.values import Position

READ: Final = (
    "SELECT next_offset, causes FROM projection_checkpoints WHERE projection = ? AND topic = ? AND partition = ?"
)

SOURCES: Final[Mapping[str, frozenset[str]]] = {
    CONTEST_FEED.name: frozenset(topic.name for topic in (CONTESTS, SUBMISSIONS, VERDICTS, REJUDGINGS)),
    REJUDGINGS.name: frozenset((REJUDGING_REQUESTS.name,)),
}
"""Topics whose records follow from those of others; each has the position of its source."""


class UnknownTopic(ValueError):
    """The model does not depend on that topic, so that nothing of it will ever be in it."""


async def applied(cassandra: Cassandra, model: str, topic: str, partition: int) -> int:
    """The first offset that is not in the model; all below it are, and were announced."""
    rows = await cassandra.execute(READ, (MODEL_BY_NAME[model].projection, topic, partition))
    return int(rows[0]["next_offset"]) if rows else 0


async def has_applied(cassandra: Cassandra, model: str, position: Position, *, key: str | None = None) -> bool:
    """Whether the record at that position is in the model; `UnknownTopic` where that can never be.

    Where the model has what follows from it (a copy, a decision about a request), it has it once that, or what follows
    from a later record of its partition, was applied: in the partition of `key`, the contest that is asked about.
    """
    known = MODEL_BY_NAME[model]
    followed = following(known, position.topic)
    if followed is None:
        return position.offset < await applied(cassandra, model, position.topic, position.partition)
    if key is None and followed.partitions > 1:
        raise ValueError(f"{model} has only copies of {position.topic}; of which contest?")
    partition = partition_of((key or "").encode(), followed.partitions)
    rows = await cassandra.execute(READ, (known.projection, followed.name, partition))
    causes = (rows[0]["causes"] or {}) if rows else {}
    return int(causes.get(f"{position.topic}:{position.partition}", -1)) >= position.offset


def following(model: Model, topic: str) -> Topic | None:
    """The topic of the model that follows from that one; None where the model reads that one and nothing follows.

    `UnknownTopic` where the model depends on neither.
    """
    for known in model.topics:
        if topic in SOURCES.get(known.name, ()):
            return known
    if topic in {known.name for known in model.topics}:
        return None
    raise UnknownTopic(f"{model.name} does not depend on {topic}")
