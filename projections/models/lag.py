"""How far each read model is, partition by partition."""

from typing import Final

from projections.models.catalog import MODELS
from schemas.cassandra import Cassandra
from schemas.eventlog.port import Partition

READ: Final = "SELECT topic, partition, next_offset FROM projection_checkpoints WHERE projection = ?"


async def read_positions(cassandra: Cassandra) -> dict[str, dict[Partition, int]]:
    """By model: the first offset of each partition that is not in it; partitions that it has not begun are at 0."""
    known: dict[str, dict[Partition, int]] = {}
    for model in MODELS:
        rows = await cassandra.execute(READ, (model.projection,))
        kept = {Partition(row["topic"], row["partition"]): int(row["next_offset"]) for row in rows}
        partitions = (Partition(topic.name, number) for topic in model.topics for number in range(topic.partitions))
        known[model.name] = {at: kept.get(at, 0) for at in partitions}
    return known
