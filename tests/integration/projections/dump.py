"""All rows of all read models, for comparison."""

from projections.models import CQL_FOLDER
from schemas.cassandra import Cassandra
from tests.unit.projections.tables import SCHEMAS

CHECKPOINTS = "projection_checkpoints"

Dump = dict[str, list[str]]


async def dump(cassandra: Cassandra) -> Dump:
    """By table its rows in an order of their own; checkpoints are left out, since they say how it came about."""
    assert CQL_FOLDER.is_dir()
    tables = [table for table in SCHEMAS if table != CHECKPOINTS]
    return {table: sorted(map(_told, await cassandra.execute(f"SELECT * FROM {table}"))) for table in tables}


def _told(row: dict[str, object]) -> str:
    return repr(sorted(row.items()))
